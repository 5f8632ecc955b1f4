// Older history: pieces from the top down, joined by the chain of hashes, kept below the snapshot.
#include <catch2/catch_test_macros.hpp>

#include "core/log/digest.hpp"
#include "tests/log/support.hpp"

namespace satchel::log {
namespace {

using namespace test;

struct Both {
  Both() : centre(centre_db), device(device_db) {
    world.history(60);
    key = world.create(centre_db);
    append_all(centre, key, world.entries);
    World().create(device_db);
    const Log::Snapshot snapshot = must(centre.snapshot_at(key, 40));
    must(device.begin_snapshot(key, 40));
    must(device.add_snapshot_records(key, snapshot.records));
    must(device.finish_snapshot(key, 40, snapshot.replicas, snapshot.log_digest));
  }
  std::vector<model::Entry> piece(size_t budget) {
    return must(centre.entries_up_to(key, must(device.older_wanted(key))->up_to, budget));
  }
  Hash256 below(const std::vector<model::Entry>& piece) {
    return must(centre.log_digest_at(key, piece.front().position - 1));
  }
  void fetch_all(size_t budget) {
    while (must(device.older_wanted(key))) {
      const auto next = piece(budget);
      must(device.add_older(key, next, below(next)));
      must(device.verify(key));
    }
  }

  World world{9};
  sqlite::Database centre_db = open_database(), device_db = open_database();
  Log centre, device;
  ScopeKey key;
};

TEST_CASE("older history comes from the top down in pieces of any size, and is then all there, byte for byte") {
  for (const size_t budget : {size_t{1}, size_t{2000}, size_t{10'000'000}}) {
    Both both;
    CHECK_FALSE(must(both.device.older_wanted(both.key)));  // nobody asked
    must(both.device.keep_older(both.key, true));
    both.fetch_all(budget);
    append_all(both.device, both.key, both.world.entries, 40);
    CHECK(must(both.device.kept_after(both.key, 0, SIZE_MAX)) == must(both.centre.kept_after(both.key, 0, SIZE_MAX)));
    CHECK(must(both.device.entries_after(both.key, 0, SIZE_MAX)).size() == 20);  // the log above the snapshot: as ever
    must(both.device.verify(both.key));
  }
}

TEST_CASE("a piece that lies is refused, whatever it lies about, and leaves nothing behind") {
  Both both;
  must(both.device.keep_older(both.key, true));
  const std::vector<model::Entry> good = both.piece(4000);
  REQUIRE(good.size() > 3);
  const Hash256 below = both.below(good);
  const auto refused = [&](std::vector<model::Entry> entries, const Hash256& digest) {
    const auto result = both.device.add_older(both.key, entries, digest);
    CHECK(result.error().code == Code::protocol);
    CHECK(must(both.device.scope(both.key)).older_from == 40);
    must(both.device.verify(both.key));
  };
  auto content = [](std::vector<model::Entry>& entries) -> model::Entry& {
    for (auto& entry : entries) {
      if (entry.slot == model::Slot::content) return entry;
    }
    throw std::runtime_error("no content");
  };
  std::vector<model::Entry> bad = good;
  content(bad).bytes.back() ^= 1;  // other words
  refused(bad, below);
  bad = good;
  content(bad).hash.bytes[3] ^= 1;  // with their hash
  refused(bad, below);
  bad = good;
  std::swap(content(bad).bytes, both.world.entries[1].entry.bytes);  // another transaction of this scope
  refused(bad, below);
  bad = good;
  content(bad).id.replica.bytes[0] ^= 1;  // by another
  refused(bad, below);
  bad = good;
  content(bad).bytes.clear();
  refused(bad, below);
  bad = good;
  bad.erase(bad.begin() + 1);  // one left out
  refused(bad, below);
  bad = good;
  bad.pop_back();  // not where it is to end
  refused(bad, below);
  Hash256 other = below;
  other.bytes[0] ^= 1;
  refused(good, other);
  refused({}, below);
  bad = good;
  bad.front().id.scope.bytes[0] ^= 1;
  refused(bad, below);
  must(both.device.add_older(both.key, good, below));
  must(both.device.verify(both.key));
}

TEST_CASE("nothing lies below the first position") {
  Both both;
  must(both.device.keep_older(both.key, true));
  const auto all = both.piece(SIZE_MAX);
  REQUIRE(all.front().position == 1);
  CHECK(both.device.add_older(both.key, all, Hash256{{1}}).error().code == Code::protocol);
  must(both.device.add_older(both.key, all, Hash256{}));
  CHECK_FALSE(must(both.device.older_wanted(both.key)));
  CHECK(both.device.add_older(both.key, all, Hash256{}).error().code == Code::protocol);  // a second time
}

TEST_CASE("what is folded away later is kept too; without being asked it is dropped as before") {
  Both both;
  append_all(both.device, both.key, both.world.entries, 40);
  must(both.device.fold_away(both.key, 45));
  CHECK(must(both.device.scope(both.key)).older_from == 45);
  must(both.device.keep_older(both.key, true));
  both.fetch_all(3000);
  must(both.device.fold_away(both.key, 60));
  must(both.device.verify(both.key));
  CHECK(must(both.device.kept_after(both.key, 0, SIZE_MAX)).size() == 60);
  CHECK(must(both.device.scope(both.key)).snapshot_position == 60);
  CHECK(must(both.device.entries_after(both.key, 0, SIZE_MAX)).empty());
  must(both.device.keep_older(both.key, false));
  CHECK(must(both.device.kept_after(both.key, 0, SIZE_MAX)).empty());
  must(both.device.verify(both.key));
}

TEST_CASE("a scope that is fetched anew asks for its older history anew") {
  Both both;
  must(both.device.keep_older(both.key, true));
  both.fetch_all(SIZE_MAX);
  const Log::Snapshot snapshot = must(both.centre.snapshot_at(both.key, 50));
  must(both.device.begin_snapshot(both.key, 50));
  CHECK_FALSE(must(both.device.older_wanted(both.key)));
  must(both.device.add_snapshot_records(both.key, snapshot.records));
  must(both.device.finish_snapshot(both.key, 50, snapshot.replicas, snapshot.log_digest));
  CHECK(must(both.device.older_wanted(both.key))->up_to == 50);
  both.fetch_all(3000);
  CHECK(must(both.device.kept_after(both.key, 0, SIZE_MAX)).size() == 50);
}

TEST_CASE("verify finds a change in an older entry, and one that is gone") {
  Both both;
  must(both.device.keep_older(both.key, true));
  both.fetch_all(SIZE_MAX);
  for (const char* sql : {"UPDATE entries SET bytes = CAST(bytes || x'00' AS BLOB) WHERE position = 7",
                          "UPDATE entries SET ord = ord + 1 WHERE position = 7", "DELETE FROM entries WHERE position = 7",
                          "UPDATE entries SET mac = zeroblob(32) WHERE position = 7",
                          "DELETE FROM entries WHERE position = 1", "DELETE FROM entries WHERE position = 40"}) {
    INFO(sql);
    auto transaction = must(sqlite::Transaction::begin(both.device_db, sqlite::Transaction::Kind::write));
    must(both.device_db.exec(sql));
    CHECK(both.device.verify(both.key).error().code == Code::corrupt);
  }
  must(both.device.verify(both.key));
}

}  // namespace
}  // namespace satchel::log
