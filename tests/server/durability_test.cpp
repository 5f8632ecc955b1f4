// What was answered is on the disk: power cuts at every moment of a batch, and a disk that runs full.
#include <catch2/catch_test_macros.hpp>

#include "tests/server/world.hpp"
#include "tests/support/memory_disk.hpp"

using namespace satchel;
using namespace satchel::server::test;
using proto::VerdictKind;

namespace {

void move_to(World& world, const support::MemoryDisk& disk) {
  world.stop();
  world.options.vfs = disk.vfs();
  world.start();
}

}  // namespace

TEST_CASE("a power cut at any moment takes nothing that was answered, and leaves a store that verifies") {
  uint64_t cuts = 0;
  for (uint64_t after = 1; after < 60; after += 4) {
    support::MemoryDisk disk;
    World world;
    move_to(world, disk);
    const ScopeId scope = world.grant("ana");
    Tablet ana(world, "ana");
    ana.sync_all();
    disk.power_cut_after(after, after);
    std::vector<const Written*> answered;
    for (int i = 0; i < 12 && !disk.dead(); ++i) {
      const Written& one = ana.note(scope, "note " + std::to_string(i));
      proto::SyncRequest request = ana.request(false);
      request.push = {{one.bytes, std::nullopt}};
      const auto reply = ana.send(request);
      if (reply.status != 200) break;
      const auto verdict = must(proto::decode_sync_response(reply.body)).verdicts.at(0);
      REQUIRE(verdict.kind == VerdictKind::accepted);
      ana.verdicts[one.id()] = verdict;
      answered.push_back(&one);
    }
    if (!disk.dead()) disk.power_cut(after);
    ++cuts;
    world.service.reset();
    disk.revive();
    world.start();
    must(world.admin()->verify());
    ana.sign_in();
    for (const Written* one : answered) {
      const auto again = ana.push(*one);
      CHECK(again.kind == VerdictKind::accepted);
      CHECK(again.envelope == ana.verdicts.at(one->id()).envelope);
    }
    ana.sync_all();
    CHECK(ana.outbox.empty());
  }
  CHECK(cuts == 15);
}

TEST_CASE("a full disk is told to come again later, nothing is acknowledged, and it goes on when there is room") {
  support::MemoryDisk disk;
  World world;
  move_to(world, disk);
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.sync_all();
  disk.set_capacity(disk.used() + 4096);
  const Written& one = ana.note(scope, std::string(200'000, 'x'));
  proto::SyncRequest request = ana.request(false);
  request.push = {{one.bytes, std::nullopt}};
  const auto reply = ana.send(request);
  CHECK(reply.status == 503);
  CHECK(reply.retry_after_s > 0);
  CHECK(must(proto::decode_failure(reply.body)).code == "unavailable");
  disk.set_capacity(UINT64_MAX);
  must(world.service->ready());
  CHECK(ana.push(one).kind == VerdictKind::accepted);
  ana.sync_all();
  CHECK(ana.state(scope).head == 1);
  must(world.admin()->verify());
}
