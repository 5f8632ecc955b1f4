// A fixed number of worlds in every run of the tests; ./run sim runs as many as one likes.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>

#include "tests/sim/dice.hpp"
#include "tests/sim/schemas.hpp"
#include "tests/sim/sealed.hpp"
#include "tests/sim/world.hpp"

using namespace satchel;
using namespace satchel::sim;

namespace {

// Whether it moved enough to count.
bool holds_in(uint64_t seed) {
  const Outcome outcome = run_world(make_plan(seed), false);
  INFO("see it again: ./run sim --seed " << seed << " --trace");
  for (const auto& violation : outcome.violations) FAIL_CHECK(violation.check << ": " << violation.what);
  return outcome.counts();
}

// Ten of them: tests run beside each other.
void require_ten_worlds_from(uint64_t first) {
  size_t counting = 0;
  for (uint64_t seed = first; seed < first + 10; ++seed) counting += holds_in(seed) ? 1 : 0;
  CHECK(counting >= 8);  // worlds that moved too little prove little
}

// As many that count, in places of their own for each commit: over time the tests see ever more worlds. ./run test says which
// commit it is.
void require_worlds_of_commit(uint64_t tenth) {
  constexpr size_t wanted = 10, most = 20;
  const char* commit = std::getenv("SATCHEL_COMMIT");
  const uint64_t first = (stream(tenth, commit == nullptr ? "" : commit) >> 24) + 1'000'000;
  size_t counting = 0;
  for (uint64_t seed = first; seed < first + most && counting < wanted; ++seed) counting += holds_in(seed) ? 1 : 0;
  CHECK(counting == wanted);
}

}  // namespace

TEST_CASE("the same seed tells the same story byte for byte, and another one another") {
  const Outcome first = run_world(make_plan(2), true);
  const Outcome other = run_world(make_plan(3), true);
  const Outcome again = run_world(make_plan(2), true);
  REQUIRE(first.story.size() > 10'000);
  CHECK(first.story == again.story);
  CHECK(first.commits == again.commits);
  CHECK(first.story != other.story);
}

TEST_CASE("nothing is lost in worlds 1 to 10") { require_ten_worlds_from(1); }
TEST_CASE("nothing is lost in worlds 11 to 20") { require_ten_worlds_from(11); }
TEST_CASE("nothing is lost in worlds 21 to 30") { require_ten_worlds_from(21); }
TEST_CASE("nothing is lost in worlds 31 to 40") { require_ten_worlds_from(31); }
TEST_CASE("nothing is lost in worlds 41 to 50") { require_ten_worlds_from(41); }

TEST_CASE("nothing is lost in this commit's first ten worlds") { require_worlds_of_commit(0); }
TEST_CASE("nothing is lost in this commit's second ten worlds") { require_worlds_of_commit(1); }
TEST_CASE("nothing is lost in this commit's third ten worlds") { require_worlds_of_commit(2); }
TEST_CASE("nothing is lost in this commit's fourth ten worlds") { require_worlds_of_commit(3); }
TEST_CASE("nothing is lost in this commit's fifth ten worlds") { require_worlds_of_commit(4); }

TEST_CASE("an hour without the centre is one, whatever was planned for it before") {
  Plan plan;
  plan.backups = true;
  plan.write_more = false;
  plan.session_ms = kMinute;
  plan.tablets.resize(kTabletsLeast);
  for (TabletPlan& tablet : plan.tablets) tablet.watch = true;
  // It is to come back some minutes after it was stopped, and is put back to its backup before.
  for (const What what : {What::backup, What::centre_stops, What::restore, What::centre_down_long}) {
    plan.events.push_back({kSecond, what, 0, 1});
  }
  const Outcome outcome = run_world(plan, false);
  CHECK(outcome.events[static_cast<size_t>(What::centre_down_long)] == 1);
  for (const auto& violation : outcome.violations) FAIL_CHECK(violation.check << ": " << violation.what);
}

TEST_CASE("what an append left in the ledger without a sync is on the disk before the database counts on it") {
  const std::string schema = schema_of(Collections::each_kind);
  for (uint64_t after = 0; after < 6; ++after) {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      seed_libraries(seed);
      Timeline timeline;
      Story story(timeline, false);
      CentreOptions options;
      options.seed = seed;
      options.schema = schema;
      CentreMachine centre(timeline, story, options);
      centre.start();
      centre.act([&] {
        const auto grant = [&] {
          return centre.admin().grant(kOrganisation, "amira", std::nullopt, "team", "writer", "", satchel::ScopeId{});
        };
        CHECK(grant().ok());
        centre.disk.fail_after(after, 1);
        if (!grant().ok()) centre.back_up();  // a commit that tells the ledger nothing itself
        centre.disk.fail_after(0, 0);
      });
      centre.die(satchel::support::Stop::power_cut);
      centre.start();
      INFO("operation " << after << ", seed " << seed << ": " << centre.fault);
      CHECK(centre.running());
    }
  }
}

TEST_CASE("to look into a machine's file in the middle of a world leaves the faults of its disk to the machine") {
  const World world(make_plan(1), false);
  support::MemoryDisk disk;
  {
    sqlite::OpenOptions options;
    options.path = "some.db";
    options.vfs = disk.vfs();
    auto db = sqlite::Database::open(options);
    REQUIRE(db.ok());
    REQUIRE(db->exec("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (17)").ok());
    disk.stop(support::Stop::kill, 1);  // with its write-ahead log, which whoever opens it plays in
  }
  disk.revive();
  disk.fail_after(0, 1);
  const uint64_t before = disk.operations();
  int64_t seen = 0;
  world.look_into(disk, "some.db", [&](sqlite::Database& db) {
    sqlite::StatementScope row(db.prepare("SELECT n FROM t"));
    if (row->step().ok()) seen = row->int64(0);
  });
  CHECK(seen == 17);
  CHECK(disk.operations() == before);
}
