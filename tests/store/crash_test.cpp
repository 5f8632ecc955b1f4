// The power goes at any operation of the disk, also while an answer is applied.
#include <catch2/catch_test_macros.hpp>

#include "tests/store_support/tablet.hpp"
#include "tests/support/memory_disk.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

// Writes and syncs until the power goes. Returns what was committed.
std::vector<RecordId> work_until_dark(Tablet& amy, SmallCentre& centre, const ScopeId& scope) {
  std::vector<RecordId> written;
  for (int i = 0; i < 4; ++i) {
    const RecordId id = amy.new_id();
    if (!amy.try_commit({create(scope, "person", id), assign("person", id, "name", "Somebody")}).ok()) return written;
    written.push_back(id);
    store::SessionMemory sent;
    const auto request = amy.store->build_request({}, sent);
    if (!request.ok()) return written;
    const auto answer = centre.answer(*request, amy.store->identity().replica, "amy");
    if (!amy.store->apply(answer, *request).ok()) return written;
  }
  return written;
}

}  // namespace

TEST_CASE("after a power cut at any operation nothing is lost and the sync goes on") {
  for (uint64_t at = 1; at < 120; at += 3) {
    INFO("power cut after operation " << at);
    World world;
    support::MemoryDisk disk;
    Tablet amy("tablet.db", "amy", world.clock, at, disk.vfs());
    const ScopeId scope = world.shared_case({&amy});
    disk.power_cut_after(at, at);
    const auto written = work_until_dark(amy, world.centre, scope);
    if (!disk.dead()) disk.power_cut(at);
    amy.close();
    disk.revive();
    amy.open();
    amy.verify();
    for (const RecordId& id : written) CHECK(amy.text(id, "name") == "Somebody");
    amy.sync(world.centre);
    for (const RecordId& id : written) CHECK(amy.text(id, "name") == "Somebody");
    CHECK(amy.status().unsent == 0);
    amy.verify();
  }
}

TEST_CASE("on a full disk a commit fails with a clear error, leaves nothing, and works again afterwards") {
  World world;
  support::MemoryDisk disk;
  Tablet amy("tablet.db", "amy", world.clock, 3, disk.vfs());
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  disk.set_capacity(disk.used() + 20'000);
  Result<store::Receipt> result = amy.try_commit({assign("person", id, "email", std::string(200'000, 'x'))});
  REQUIRE(!result.ok());
  CHECK(result.error().code == Code::disk_full);
  CHECK(amy.text(id, "name") == "Edith");
  CHECK(amy.text(id, "email").empty());
  disk.set_capacity(UINT64_MAX);
  amy.commit({assign("person", id, "email", std::string(200'000, 'x'))});
  CHECK(amy.text(id, "email").size() == 200'000);
  amy.verify();
}
