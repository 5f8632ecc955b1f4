// The status, which is told after every commit.
#include <catch2/catch_test_macros.hpp>

#include "tests/store_support/tablet.hpp"
#include "tests/support/memory_disk.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

// What a reader reads from the disk to tell the status after a commit; with each commit of another connection SQLite
// throws a reader's cache away.
uint64_t read_for_status(const support::MemoryDisk& disk, store::Reader& reader, uint64_t unsent) {
  const uint64_t before = disk.bytes_read();
  CHECK(take(reader.status()).unsent == unsent);
  return disk.bytes_read() - before;
}

}  // namespace

TEST_CASE("telling how much waits reads hardly more when a whole week's work waits than when a morning's does") {
  World world;
  support::MemoryDisk disk;
  Tablet amy("tablet.db", "amy", world.clock, 5, disk.vfs());
  const ScopeId scope = amy.open_scope("case");
  const uint64_t opened = amy.status().unsent;
  const auto reader = take(amy.store->reader());
  const auto write = [&](int notes) {
    for (int i = 0; i < notes; ++i) {
      const RecordId id = amy.new_id();
      amy.commit({create(scope, "person", id), assign("person", id, "name", std::string(1000, 'n'))});
    }
  };
  write(20);
  const uint64_t morning = read_for_status(disk, *reader, opened + 20);
  write(380);
  const uint64_t week = read_for_status(disk, *reader, opened + 400);
  INFO(morning << " and " << week << " bytes");
  CHECK(week < morning * 3);
}

TEST_CASE("the oldest that waits is told by its own clock, also when that was set back later") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  world.clock.advance(60'000);
  amy.sync(world.centre);
  CHECK(amy.status().oldest_unsent_ms == 0);
  const int64_t first = world.clock.wall_ms();
  amy.person(scope, "Edith");
  CHECK(amy.status().oldest_unsent_ms == first);
  world.clock.set_wall(first - 3'600'000);
  amy.person(scope, "Tom");
  CHECK(amy.status().oldest_unsent_ms == first - 3'600'000);
}
