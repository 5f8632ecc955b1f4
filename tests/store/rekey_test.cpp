// A store that gets a key, or another one: whole with the one or with the other, wherever it is cut short.
// Nothing of it can be done by a build that cannot encrypt: open_test.cpp.
#ifdef SQLITE_HAS_CODEC

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/query/search.hpp"
#include "core/store/rekey.hpp"
#include "core/store/word_indexer.hpp"
#include "tests/store_support/tablet.hpp"
#include "tests/support/store_key.hpp"
#include "tests/support/system_calls.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

namespace fs = std::filesystem;

SecretBytes new_key() { return SecretBytes(std::string(sqlite::key_bytes, 'n')); }

// A store with something of everything, closed; `key` is what it opens with.
struct Kept {
  World world;
  Tablet& amy = world.tablet("amy");
  RecordId edith;
  store::ReadToken token;

  explicit Kept(const SecretBytes& key) {
    amy.close();
    for (const char* suffix : {"", "-wal", "-shm", ".not-for-backup"}) fs::remove(amy.path + suffix);
    open(key);
    const ScopeId scope = world.shared_case({&amy});
    edith = amy.person(scope, "Edith");
    amy.sync(world.centre);
    world.centre.refuse = [](const model::Transaction&) { return "No."; };
    amy.commit({assign("person", edith, "email", "e@example.org")});
    amy.sync(world.centre);
    amy.commit({assign("person", edith, "wishes", "a kettle")});
    const auto indexer = take(store::WordIndexer::open(options(key)));
    while (take(indexer->index_some(100)).waiting != 0) {
    }
    token = amy.token();
    amy.close();
  }

  store::Options options(const SecretBytes& key) const {
    store::Options options = amy.options();
    options.key = key;
    return options;
  }
  void open(const SecretBytes& key) {
    amy.store = take(store::Store::open(options(key), amy.clock, amy.random, amy.logger));
  }
  // 0: it opens
  Code opens(const SecretBytes& key) {
    store::Options with = options(key);
    with.create = false;
    const auto store = store::Store::open(with, amy.clock, amy.random, amy.logger);
    return store.ok() ? Code{} : store.error().code;
  }

  void check_whole(const SecretBytes& key) {
    open(key);
    CHECK_FALSE(fs::exists(store::rekeyed_path(amy.path)));
    CHECK(amy.text(edith, "name") == "Edith");
    CHECK(amy.text(edith, "wishes") == "a kettle");
    CHECK(amy.set_aside().size() == 1);
    CHECK(amy.status().unsent == 1);
    CHECK(amy.token() == token);
    amy.verify();
    const auto reader = take(amy.store->reader());
    const auto found = take(query::search(*reader, {"kettle", {}, {}, {}, false, 20}));
    CHECK(found.waiting == 0);
    CHECK(found.hits.size() == 1);
    amy.close();
  }
};

// Changes of files until `rekey` is through; -1: it was killed before the change of that number.
int rekey_in_child(const store::Options& options, int kill_before) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int changes = 0;
    const support::SystemCalls calls([&](std::string_view) {
      if (changes++ == kill_before) raise(SIGKILL);
    });
    _exit(store::rekey(options, new_key()).ok() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) return -1;
  return WEXITSTATUS(status);
}

int changes_of_a_rekey(const store::Options& options) {
  int changes = 0;
  const support::SystemCalls calls([&](std::string_view) { ++changes; });
  take(store::rekey(options, new_key()));
  return changes;
}

void kill_at_many_places(const SecretBytes& before) {
  Kept kept(before);
  const std::string saved = kept.amy.path + ".saved";
  copy_store_file(kept.amy.path, saved);
  const int changes = changes_of_a_rekey(kept.options(before));
  REQUIRE(changes > 100);
  int old_stood = 0;
  // Every change of the beginning and of the end, and some of the many rows between.
  for (int at = 0; at <= changes; at += at < 12 || at > changes - 12 ? 1 : 9) {
    INFO(at << " of " << changes);
    copy_store_file(saved, kept.amy.path);
    const int ended = rekey_in_child(kept.options(before), at);
    REQUIRE(ended == (at < changes ? -1 : 0));
    const bool is_old = kept.opens(before) == Code{};
    old_stood += is_old;
    CHECK(kept.opens(is_old ? new_key() : before) == Code::invalid);
    kept.check_whole(is_old ? before : new_key());
  }
  CHECK(old_stood > 10);
  CHECK(kept.opens(new_key()) == Code{});  // the last one was not killed
}

}  // namespace

TEST_CASE("a plain store is encrypted, and an encrypted one gets another key") {
  Kept kept({});
  fs::permissions(kept.amy.path, fs::perms::owner_read | fs::perms::owner_write);
  take(store::rekey(kept.options({}), store_key()));
  kept.check_whole(store_key());
  CHECK(kept.opens({}) == Code::invalid);
  take(store::rekey(kept.options(store_key()), new_key()));
  kept.check_whole(new_key());
  CHECK(kept.opens(store_key()) == Code::invalid);
  CHECK(fs::status(kept.amy.path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  // It goes on where it was.
  kept.world.centre.refuse = {};
  kept.open(new_key());
  kept.amy.sync(kept.world.centre);
  CHECK(kept.amy.status().unsent == 0);
  kept.amy.verify();
}

TEST_CASE("a rekey with the wrong key, without one, or with no new one changes nothing") {
  Kept kept(store_key());
  CHECK(store::rekey(kept.options(new_key()), new_key()).error().place == "key");
  CHECK(store::rekey(kept.options({}), new_key()).error().place == "key");
  CHECK(store::rekey(kept.options(store_key()), {}).error().place == "new_key");
  CHECK(store::rekey(kept.options(store_key()), SecretBytes("short")).error().place == "key");
  store::Options nowhere = kept.options(store_key());
  nowhere.path += "-not-there";
  CHECK(store::rekey(nowhere, new_key()).error().code == Code::not_found);
  kept.check_whole(store_key());
}

TEST_CASE("a store that is open somewhere is not rekeyed") {
  Kept kept(store_key());
  kept.open(store_key());
  const auto refused = store::rekey(kept.options(store_key()), new_key());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::busy);
  CHECK(kept.amy.text(kept.edith, "name") == "Edith");
  kept.amy.close();
  kept.check_whole(store_key());
}

TEST_CASE("a rekey that cannot write its file leaves the store as it was") {
  Kept kept({});
  fs::create_directory(store::rekeyed_path(kept.amy.path));  // no file can be made there
  std::ofstream(store::rekeyed_path(kept.amy.path) + "/in-the-way") << "x";
  CHECK_FALSE(store::rekey(kept.options({}), new_key()).ok());
  fs::remove_all(store::rekeyed_path(kept.amy.path));
  kept.check_whole({});
}

TEST_CASE("an encrypted store is damaged, not of another key, when its first page is, and is rescued with its key") {
  Kept kept(store_key());
  std::fstream(kept.amy.path, std::ios::binary | std::ios::in | std::ios::out) << std::string(4096, '\xee');
  CHECK(kept.opens(store_key()) == Code::corrupt);
  CHECK(take(store::rescue(kept.options(store_key()), kept.amy.clock, kept.amy.random, kept.amy.logger)).salvaged == 2);
  kept.open(store_key());
  CHECK(kept.amy.text(kept.edith, "wishes") == "a kettle");
}

TEST_CASE("a store that is not damaged but has another key is not rescued") {
  Kept kept(store_key());
  for (const auto& key : {new_key(), SecretBytes()}) {
    const auto rescue = store::rescue(kept.options(key), kept.amy.clock, kept.amy.random, kept.amy.logger);
    REQUIRE_FALSE(rescue.ok());
    CHECK(rescue.error().place == "key");
  }
  kept.check_whole(store_key());
}

TEST_CASE("killed anywhere while it is encrypted, a store is whole, plain or encrypted") {
  kill_at_many_places({});
}

TEST_CASE("killed anywhere while it gets another key, a store is whole with the one or the other") {
  kill_at_many_places(store_key());
}

#endif
