// The device's keystore behind satchel_options.secrets.
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstring>
#include <map>

#include "tests/c/opened.hpp"

using nlohmann::json;
using test::Opened;

namespace {

struct Keystore {
  std::map<std::string, std::string> kept;
  int says = 0;  // instead of doing it
  int destroyed = 0;

  static int get(void* context, satchel_slice name, unsigned char secret[SATCHEL_SECRET_BYTES]) {
    auto& self = *static_cast<Keystore*>(context);
    if (self.says != 0) return self.says;
    const auto found = self.kept.find(std::string(name.data, name.size));
    if (found == self.kept.end()) return SATCHEL_NOT_FOUND;
    std::memcpy(secret, found->second.data(), SATCHEL_SECRET_BYTES);
    return 0;
  }
  static int put(void* context, satchel_slice name, const unsigned char secret[SATCHEL_SECRET_BYTES]) {
    auto& self = *static_cast<Keystore*>(context);
    if (self.says != 0) return self.says;
    self.kept[std::string(name.data, name.size)].assign(reinterpret_cast<const char*>(secret), SATCHEL_SECRET_BYTES);
    return 0;
  }
  static int remove(void* context, satchel_slice name) {
    static_cast<Keystore*>(context)->kept.erase(std::string(name.data, name.size));
    return 0;
  }
  static void destroy(void* context) { ++static_cast<Keystore*>(context)->destroyed; }

  Opened::Adjust given() {
    return [this](satchel_options& options) { options.secrets = {this, get, put, remove, destroy}; };
  }
};

std::string replica(Opened& opened) { return opened.ask(satchel_about)["replica"]; }
json notice(Opened& opened) { return opened.ask(satchel_status)["notice"]; }

}  // namespace

TEST_CASE("with the app's keystore no secret lies beside the store, and the store knows its device again") {
  const satchel::test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  Keystore keystore;
  std::string name;
  {
    Opened opened(path, keystore.given());
    name = replica(opened);
    opened.note({{"title", "here"}});
  }
  CHECK(keystore.destroyed == 1);
  CHECK_FALSE(std::filesystem::exists(path + ".not-for-backup"));
  REQUIRE(keystore.kept.size() == 1);
  CHECK(keystore.kept.begin()->first.size() <= 64);
  {
    Opened opened(path, keystore.given());
    CHECK(replica(opened) == name);
    CHECK(notice(opened).is_null());
  }
  Keystore of_another_device;
  Opened opened(path, of_another_device.given());
  CHECK(replica(opened) != name);
  CHECK(notice(opened).get<std::string>().find("new name") != std::string::npos);
  CHECK(opened.query({{"collection", "note"}, {"count", true}})["count"] == 1);
}

TEST_CASE("without a keystore the secret lies in a file that is named after what must not happen to it") {
  const satchel::test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  std::string name;
  {
    Opened opened(path);
    name = replica(opened);
  }
  REQUIRE(std::filesystem::exists(path + ".not-for-backup"));
  {
    Opened opened(path);
    CHECK(replica(opened) == name);
  }
  std::filesystem::remove(path + ".not-for-backup");
  Opened opened(path);
  CHECK(replica(opened) != name);
  CHECK(notice(opened).is_string());
}

TEST_CASE("a keystore that is locked leaves the store closed and as it was, with its own code") {
  const satchel::test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  Keystore keystore;
  std::string name;
  {
    Opened opened(path, keystore.given());
    name = replica(opened);
  }
  keystore.says = SATCHEL_BUSY;
  satchel_options options = Opened::basic(path);
  keystore.given()(options);
  satchel_store* store = nullptr;
  const test::Failed failed = test::take(satchel_open(&options, &store));
  CHECK(failed.code == SATCHEL_BUSY);
  CHECK(failed.place == "secrets");
  CHECK(failed.retryable);
  CHECK(keystore.destroyed == 2);
  keystore.says = 0;
  Opened opened(path, keystore.given());
  CHECK(replica(opened) == name);
}

TEST_CASE("a keystore that cannot keep makes no store") {
  const satchel::test::TemporaryDirectory place;
  Keystore keystore;
  keystore.says = SATCHEL_IO;
  const std::string path = place.path("a.db");
  satchel_options options = Opened::basic(path);
  keystore.given()(options);
  satchel_store* store = nullptr;
  CHECK(test::take(satchel_open(&options, &store)).code == SATCHEL_IO);
  keystore.says = 0;
  Opened opened(path, keystore.given());
  CHECK(keystore.kept.size() == 1);
}

TEST_CASE("half a keystore is refused, and let go of") {
  const satchel::test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  Keystore keystore;
  satchel_options options = Opened::basic(path);
  keystore.given()(options);
  options.secrets.put = nullptr;
  satchel_store* store = nullptr;
  const test::Failed failed = test::take(satchel_open(&options, &store));
  CHECK(failed.code == SATCHEL_INVALID);
  CHECK(failed.place == "secrets");
  CHECK(keystore.destroyed == 1);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("an app that was built before there were keystores opens its store as before") {
  const satchel::test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  satchel_options options = Opened::basic(path);
  options.size = offsetof(satchel_options, secrets);
  std::memset(reinterpret_cast<char*>(&options) + options.size, 0x5a, sizeof options - options.size);
  satchel_store* store = nullptr;
  test::done(satchel_open(&options, &store));
  test::done(satchel_close(store));
  CHECK(std::filesystem::exists(path + ".not-for-backup"));
}
