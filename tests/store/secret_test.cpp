// The secret of a replica lies outside the store's file: no copy and no backup of the file carries it.
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "tests/store_support/tablet.hpp"
#include "tests/support/memory_secrets.hpp"

using namespace satchel;
using namespace satchel::test;
namespace fs = std::filesystem;

namespace {

std::string stored(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void copy_bare_file(const std::string& from, const std::string& to) {
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(to + suffix);
  for (const char* suffix : {"", "-wal"}) {
    if (fs::exists(from + suffix)) fs::copy_file(from + suffix, to + suffix);
  }
}

}  // namespace

TEST_CASE("the secret lies beside the store in a file of its own that says what it is, and nowhere in the store") {
  World world;
  Tablet& amy = world.tablet("amy");
  world.shared_case({&amy});
  const Bytes secret = amy.store->identity().secret;
  REQUIRE(secret.size() == store::secret_bytes);
  const std::string file = amy.path + ".not-for-backup";
  CHECK(store::secret_file(amy.path) == file);
  CHECK(stored(file).find(to_hex(secret)) != std::string::npos);
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  take(amy.store->flush());
  for (const char* suffix : {"", "-wal"}) {
    CHECK(stored(amy.path + suffix).find(secret) == std::string::npos);
    CHECK(stored(amy.path + suffix).find(to_hex(secret)) == std::string::npos);
  }
  const store::Identity before = amy.store->identity();
  amy.close();
  amy.open();
  CHECK(amy.store->identity().replica == before.replica);
  CHECK(amy.store->identity().secret == before.secret);
  CHECK(amy.store->opening_notes().empty());
}

TEST_CASE("a bare file without its secret gets a new name, says so, and loses nothing") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  amy.commit({assign("person", edith, "email", "not yet sent")});
  const ReplicaId before = amy.store->identity().replica;
  const Bytes secret = amy.store->identity().secret;
  amy.close();
  SECTION("put back on a device that has lost it") { fs::remove(amy.path + ".not-for-backup"); }
  SECTION("beside the secret of another store") {
    Tablet& ben = world.tablet("ben");
    fs::copy_file(ben.path + ".not-for-backup", amy.path + ".not-for-backup", fs::copy_options::overwrite_existing);
  }
  SECTION("beside a file that is not readable as one") {
    std::ofstream(amy.path + ".not-for-backup", std::ios::trunc) << "nonsense\n\n# " << std::string(5000, 'x');
  }
  amy.open();
  CHECK(amy.store->identity().replica != before);
  CHECK(amy.store->identity().secret != secret);
  REQUIRE(amy.store->opening_notes().size() == 1);
  CHECK(amy.store->opening_notes().front().find("new name") != std::string::npos);
  amy.commit({assign("person", edith, "wishes", "written under the new name")});
  amy.sync(world.centre);
  CHECK(amy.status().unsent == 0);
  CHECK(amy.text(edith, "email") == "not yet sent");
  CHECK(amy.text(edith, "wishes") == "written under the new name");
  CHECK(amy.set_aside().empty());
  amy.verify();
  const ReplicaId now = amy.store->identity().replica;
  amy.close();
  amy.open();  // once, not at each opening
  CHECK(amy.store->identity().replica == now);
  CHECK(amy.store->opening_notes().empty());
}

TEST_CASE("a bare file that was copied to another place is noticed at opening, and both go on") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.commit({assign("person", edith, "email", "before the copy")});
  amy.close();
  copy_bare_file(amy.path, world.directory.path("copy.db"));
  amy.open();
  Tablet& copy = world.tablet("amy", "copy.db");
  CHECK(amy.store->opening_notes().empty());
  CHECK(copy.store->opening_notes().size() == 1);
  CHECK(copy.store->identity().replica != amy.store->identity().replica);
  amy.commit({assign("person", edith, "wishes", "on the original")});
  const RecordId more = copy.person(scope, "On the copy");
  world.settle({&amy, &copy});
  world.settle({&amy, &copy});
  for (Tablet* tablet : {&amy, &copy}) {
    CHECK(tablet->text(edith, "email") == "before the copy");
    CHECK(tablet->text(edith, "wishes") == "on the original");
    CHECK(tablet->text(more, "name") == "On the copy");
    CHECK(tablet->status().unsent == 0);
    tablet->verify();
  }
}

TEST_CASE("several processes on one store share its secret, also after one of them drew a new name") {
  World world;
  Tablet& first = world.tablet("amy");
  const ScopeId scope = world.shared_case({&first});
  first.close();
  copy_bare_file(first.path, world.directory.path("moved.db"));
  Tablet& one = world.tablet("amy", "moved.db");
  Tablet& two = world.tablet("amy", "moved.db");
  CHECK(one.store->opening_notes().size() == 1);
  CHECK(two.store->opening_notes().empty());
  CHECK(one.store->identity().replica == two.store->identity().replica);
  CHECK(one.store->identity().secret == two.store->identity().secret);
  two.person(scope, "Edith");
  two.sync(world.centre);
  one.verify();
}

TEST_CASE("a keeper that cannot tell now concludes nothing: the store is not opened and not changed") {
  World world;
  Tablet& amy = world.tablet("amy");
  amy.close();
  fs::remove(amy.path);
  const auto keeper = std::make_shared<support::MemorySecrets>();
  amy.secrets = keeper;
  amy.open();
  CHECK(keeper->kept.size() == 1);
  const ReplicaId before = amy.store->identity().replica;
  CHECK(keeper->kept.begin()->first == store::secret_name(before));
  amy.close();
  keeper->locked = true;
  const auto opened = store::Store::open(amy.options(), world.clock, amy.random, amy.logger);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == Code::busy);
  keeper->locked = false;
  amy.open();
  CHECK(amy.store->identity().replica == before);
}

TEST_CASE("a new name brings a new secret, and the old secret is forgotten") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.close();
  const std::string secret_file = store::secret_file(amy.path), copy = world.directory.path("yesterday.db");
  copy_bare_file(amy.path, copy);
  amy.open();
  amy.person(scope, "Today");
  amy.sync(world.centre);
  const store::Identity before = amy.store->identity();
  amy.close();
  copy_bare_file(copy, amy.path);  // rolled back on the same device: the secret is there, the centre notices
  amy.open();
  CHECK(amy.store->opening_notes().empty());
  amy.sync(world.centre);
  const store::Identity after = amy.store->identity();
  CHECK(after.replica != before.replica);
  CHECK(stored(secret_file).find(to_hex(after.secret)) != std::string::npos);
  CHECK(stored(secret_file).find(to_hex(before.secret)) == std::string::npos);
}

TEST_CASE("a rescued store has a secret of its own, in the place of the old one") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.person(scope, "Edith");
  const ReplicaId before = amy.store->identity().replica;
  amy.close();
  {
    std::fstream file(amy.path, std::ios::binary | std::ios::in | std::ios::out);
    file << std::string(100, '\xff');
  }
  REQUIRE(store::rescue(amy.options(), world.clock, amy.random, amy.logger).ok());
  amy.open();
  CHECK(amy.store->opening_notes().empty());
  CHECK(amy.store->identity().replica != before);
  CHECK(stored(store::secret_file(amy.path)).find(to_hex(amy.store->identity().secret)) != std::string::npos);
  for (const auto& entry : fs::directory_iterator(world.directory.path())) {
    CHECK(entry.path().string().find(".rescued") == std::string::npos);
  }
}
