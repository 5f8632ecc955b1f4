// How much a session asks for at once.
#include <catch2/catch_test_macros.hpp>

#include "tests/sync/session_driver.hpp"

namespace satchel::sync {
namespace {

TEST_CASE("A request that is too large is sent in smaller pieces at once, down to a floor") {
  Driver d;
  d.give(Start{false});
  d.sign_in();
  const size_t first = d.last_sync.limits.push_bytes;
  d.fail(FailureKind::too_large, Code::limit);
  CHECK(d.state() == SessionState::syncing);
  CHECK(d.last_sync.limits.push_bytes < first);
  int tries = 0;
  while (d.state() == SessionState::syncing && tries < 50) {
    ++tries;
    d.fail(FailureKind::too_large, Code::limit);
  }
  CHECK(tries < 10);
  CHECK(d.state() == SessionState::waiting);
}

TEST_CASE("Requests grow while they are quick and shrink when they are slow or break") {
  Driver d;
  d.give(Start{false});
  d.sign_in();
  const size_t first = d.last_sync.limits.push_bytes;
  d.now += 100;
  d.give(RoundDone{.call = d.call, .more = true, .progress = true});
  const size_t second = d.last_sync.limits.push_bytes;
  CHECK(second == first * 2);
  d.now += 40'000;
  d.give(RoundDone{.call = d.call, .more = true, .progress = true});
  CHECK(d.last_sync.limits.push_bytes == first);
  d.fail(FailureKind::transient);
  d.timer_due();
  CHECK(d.last_sync.limits.push_bytes == first / 2);
}

}  // namespace
}  // namespace satchel::sync
