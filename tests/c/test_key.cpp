// The key of a store, across the C interface.
#include <filesystem>

#include "tests/c/opened.hpp"

using test::Opened;

namespace {

test::Failed opened_with(const std::string& path, satchel_slice key) {
  satchel_options options = Opened::basic(path);
  options.key = key;
  satchel_store* store = nullptr;
  const test::Failed failed = test::take(satchel_open(&options, &store));
  if (store != nullptr) test::done(satchel_close(store));
  return failed;
}

test::Failed rekeyed(const std::string& path, satchel_slice key, satchel_slice new_key) {
  satchel_options options = Opened::basic(path);
  options.key = key;
  return test::take(satchel_rekey(&options, new_key));
}

}  // namespace

#if SATCHEL_STORES_ENCRYPTED

namespace {
const satchel_slice other_key = {"another key, of thirty-two bytes", 32};
}  // namespace

TEST_CASE("a store opens with its key alone, and a rekey gives it another") {
  const test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  std::string id;
  {
    Opened opened(path);
    id = opened.note({{"title", "Visit"}});
    CHECK(rekeyed(path, test::key, other_key).code == SATCHEL_BUSY);
  }
  for (const satchel_slice wrong : {other_key, satchel_slice{}, satchel_slice{"short", 5}}) {
    const test::Failed failed = opened_with(path, wrong);
    CHECK(failed.code == SATCHEL_INVALID);
    CHECK(failed.place == "key");
  }
  const std::string copy = place.path("copy.db");
  test::done(satchel_copy(Opened(path).store, satchel_text(copy.c_str())));
  CHECK(rekeyed(path, test::key, {}).place == "new_key");
  CHECK(rekeyed(path, test::key, other_key).code == 0);
  CHECK(opened_with(path, test::key).place == "key");
  Opened again(path, [](satchel_options& options) { options.key = other_key; });
  CHECK(again.read(id)["record"]["fields"]["title"] == "Visit");
  CHECK(Opened(copy).read(id)["record"]["fields"]["title"] == "Visit");
}

TEST_CASE("a plain store is encrypted by a rekey from no key") {
  const test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  {
    Opened plain(path, [](satchel_options& options) { options.key = {}; });
    plain.note({{"title", "Visit"}});
  }
  CHECK(opened_with(path, test::key).message.find("rekey") != std::string::npos);
  CHECK(rekeyed(path, {}, test::key).code == 0);
  CHECK(Opened(path).query({{"collection", "note"}, {"count", true}})["count"] == 1);
}

#else

TEST_CASE("a library without SQLCipher refuses a key and makes no file") {
  const test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  CHECK(opened_with(path, test::key).place == "key");
  CHECK_FALSE(std::filesystem::exists(path));
  const std::string id = Opened(path).note({{"title", "Visit"}});
  CHECK(opened_with(path, test::key).code == SATCHEL_INVALID);
  CHECK(rekeyed(path, {}, test::key).place == "key");
  CHECK(Opened(path).read(id)["record"]["fields"]["title"] == "Visit");
}

#endif
