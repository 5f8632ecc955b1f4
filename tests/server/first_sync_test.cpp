// First syncs in several parts: one position from the first part to the last, whose states are at hand.
#include <catch2/catch_test_macros.hpp>

#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;

namespace {

uint64_t folds(const World& world) {
  uint64_t count = 0;
  for (const std::string& line : world.logger.lines) count += line.rfind("snapshot_folded", 0) == 0 ? 1 : 0;
  return count;
}

// A case with forty notes, each of which is edited all the time.
struct Busy {
  Busy() : scope(world.grant("ana")), ana(world, "ana") {
    for (int i = 0; i < 40; ++i) notes.push_back(ana.note(scope, std::string(900, 'a')).transaction.ops[0].record);
    ana.sync_all();
  }
  Tablet& tablet(const std::string& worker) {
    world.grant_in(worker, scope);
    tablets.emplace_back(world, worker);
    tablets.back().budget = 4000;
    return tablets.back();
  }
  void edit() {
    for (const RecordId& note : notes) ana.note(scope, "edited", note);
    ana.sync_all();
  }
  uint64_t finish(Tablet& tablet, bool busy) {
    uint64_t parts = 1;
    for (; tablet.sync().more; ++parts) {
      if (busy && parts < 8) edit();
      if (parts > 300) throw std::runtime_error("no end of parts");
    }
    return parts;
  }
  void check(Tablet& tablet) {
    tablet.sync_all();
    ana.sync_all();
    CHECK(tablet.state(scope).head == ana.state(scope).head);
    CHECK(tablet.state(scope).state_digest == ana.state(scope).state_digest);
    CHECK(tablet.state(scope).log_digest == ana.state(scope).log_digest);
  }
  World world;
  ScopeId scope;
  Tablet ana;
  std::vector<RecordId> notes;
  std::deque<Tablet> tablets;
};

}  // namespace

TEST_CASE("a first sync in many parts folds nothing again while the head moves, without a backup") {
  Busy busy;
  Tablet& ben = busy.tablet("ben");
  CHECK(busy.finish(ben, true) > 10);
  CHECK(folds(busy.world) == 0);
  CHECK(ben.snapshots == 1);
  CHECK(ben.restarts == 0);
  busy.check(ben);
  must(busy.world.admin()->verify());
}

TEST_CASE("who begins while another first sync is under way gets the same position, and disturbs nobody") {
  Busy busy;
  Tablet &ben = busy.tablet("ben"), &cas = busy.tablet("cas");
  for (int i = 0; i < 3; ++i) CHECK(ben.sync().more);
  busy.edit();
  const auto first = cas.sync();
  REQUIRE(first.pages.size() == 1);
  CHECK(first.pages[0].snapshot_position == 40);
  busy.finish(ben, true);
  busy.finish(cas, false);
  CHECK(folds(busy.world) == 0);
  CHECK(ben.restarts + cas.restarts == 0);
  busy.check(ben);
  busy.check(cas);
}

TEST_CASE("a snapshot under way goes on after a restart of the centre") {
  Busy busy;
  Tablet& ben = busy.tablet("ben");
  for (int i = 0; i < 3; ++i) CHECK(ben.sync().more);
  busy.edit();
  busy.world.stop();
  busy.world.start();
  busy.finish(ben, false);
  CHECK(folds(busy.world) == 0);
  CHECK(ben.restarts == 0);
  busy.check(ben);
}

TEST_CASE("a position that is no longer at hand is refused, and the snapshot begun again") {
  Busy busy;
  Tablet &ben = busy.tablet("ben"), &cas = busy.tablet("cas");
  for (int i = 0; i < 3; ++i) CHECK(ben.sync().more);
  busy.edit();
  busy.world.clock.advance(31 * 60'000);  // nobody has asked for a part for so long
  ben.sign_in();
  cas.sign_in();
  busy.ana.sign_in();
  CHECK(cas.sync().pages.at(0).snapshot_position == 80);
  proto::SyncRequest request = ben.request();
  const auto answer = ben.answer(request);
  REQUIRE(answer.pages.size() == 1);
  CHECK(answer.pages[0].restart);
  CHECK(answer.pages[0].snapshot.empty());
  ben.apply(answer);
  busy.finish(ben, false);
  busy.finish(cas, false);
  CHECK(folds(busy.world) == 0);
  busy.check(ben);
  busy.check(cas);
}

TEST_CASE("a backup does not move the states away under a first sync, and the next one does") {
  World world;
  world.stop();
  world.options.backup_configured = true;
  world.start();
  const ScopeId scope = world.grant("ana");
  world.grant_in("ben", scope);
  Tablet ana(world, "ana"), ben(world, "ben");
  for (int i = 0; i < 40; ++i) ana.note(scope, std::string(900, 'a'));
  ana.sync_all();
  must(world.admin()->backup(world.directory / "one.db"));
  ben.budget = 4000;
  for (int i = 0; i < 3; ++i) CHECK(ben.sync().more);
  for (int i = 0; i < 5; ++i) ana.note(scope, "later");
  ana.sync_all();
  must(world.admin()->backup(world.directory / "two.db"));
  while (ben.sync().more) {
  }
  CHECK(folds(world) == 0);
  CHECK(ben.restarts == 0);
  CHECK(ben.state(scope).state_digest == ana.state(scope).state_digest);
  world.clock.advance(31 * 60'000);
  must(world.admin()->backup(world.directory / "three.db"));
  world.grant_in("cas", scope);
  Tablet cas(world, "cas");
  CHECK(cas.sync().pages.at(0).snapshot_position == 45);
  CHECK(folds(world) == 0);
}
