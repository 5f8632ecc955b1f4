// A smaller run of what ./run sim --planted does.
#include <catch2/catch_test_macros.hpp>

#include "tests/sim/planted/planted.hpp"
#include "tests/sim/world.hpp"

using namespace satchel::sim;

TEST_CASE("without a fault switched on, the build with faults tells a story without a violation") {
  plant({});
  CHECK(planted_faults().size() >= 20);
  CHECK(run_world(make_plan(1), false).violations.empty());
}

TEST_CASE("each of these faults is found in one world") {
  struct Case {
    const char* fault;
    uint64_t seed;
  };
  for (const auto& [fault, seed] : {Case{"tombstone forgotten", 2}, Case{"arrivals not noted", 1},
                                    Case{"clock trusted", 1}, Case{"others' words not offered", 3},
                                    Case{"centre's counter reused after a restore", 24},
                                    Case{"purged before its outbox left", 3}}) {
    INFO(fault);
    CHECK(find_planted(fault, seed, 1).after == 1);
  }
}
