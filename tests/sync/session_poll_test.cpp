// How long a session waits for news, and what it makes of waits that are cut.
#include <catch2/catch_test_macros.hpp>

#include "tests/sync/session_driver.hpp"

namespace satchel::sync {
namespace {

TEST_CASE("A long poll is not begun with a credential about to end") {
  Driver d;
  d.give(Start{true});
  d.sign_in(80'000);
  d.now += 70'000;
  d.nothing_left();
  CHECK(d.state() == SessionState::signing_in);
}

TEST_CASE("News of a long poll lead to the next one, without a pause") {
  Driver d;
  d.settle(true);
  d.nothing_left();
  CHECK(d.state() == SessionState::polling);
  CHECK(d.count<Sync>() == 1);
  CHECK(d.count<SetTimer>() == 0);
}

TEST_CASE("An empty long poll that waited is followed by the next at once") {
  Driver d;
  d.settle(true);
  d.now += 50'000;
  d.give(RoundDone{.call = d.call});
  CHECK(d.count<Sync>() == 1);
}

TEST_CASE("Long polls that break at once are tried ever more rarely, though the rounds between them work") {
  Driver d;
  d.settle(true);
  int64_t passed = 0;
  int polls = 0;
  while (passed < 3'600'000) {
    REQUIRE(d.state() == SessionState::polling);
    ++polls;
    d.fail(FailureKind::transient);
    REQUIRE(d.state() == SessionState::waiting);
    passed += d.last_timer.delay_ms;
    d.timer_due();
    if (d.state() == SessionState::signing_in) d.sign_in();
    d.nothing_left();
  }
  CHECK(polls < 100);  // some 25: pauses between nothing and 300 seconds
  SECTION("what is written meanwhile is sent at once") {
    d.fail(FailureKind::transient);
    d.give(Committed{});
    CHECK(d.state() == SessionState::syncing);
  }
  SECTION("a poll that comes to its end starts the count anew") {
    d.now += 50'000;
    d.nothing_left();
    d.fail(FailureKind::transient);
    CHECK(d.last_timer.delay_ms <= 1'000);
  }
}

TEST_CASE("A tablet that only waits asks less than once a minute") {
  CHECK(SessionOptions{}.poll_wait_ms > 2 * 60'000);
}

TEST_CASE("Where something ends quiet connections, long polls end before it does, until the network changes") {
  Driver d;
  d.settle(true);
  const auto cut_after = [&](int64_t open_ms) {
    REQUIRE(d.state() == SessionState::polling);
    d.now += open_ms;
    d.fail(FailureKind::transient);
    d.timer_due();
    if (d.state() == SessionState::signing_in) d.sign_in();
    d.nothing_left();
  };
  cut_after(60'000);
  CHECK(d.last_sync.wait_ms == 45'000);
  d.now += 45'000;  // this one comes to its end
  d.give(RoundDone{.call = d.call});
  CHECK(d.last_sync.wait_ms == 45'000);
  for (int i = 0; i < 5; ++i) cut_after(12'000);
  CHECK(d.last_sync.wait_ms == 25'000);
  d.give(NetworkChanged{true});
  if (d.state() == SessionState::signing_in) d.sign_in();
  d.nothing_left();
  CHECK(d.last_sync.wait_ms == SessionOptions{}.poll_wait_ms);
}

TEST_CASE("A network change renews a long poll that hangs on the old network") {
  Driver d;
  d.settle(true);
  d.give(NetworkChanged{true});
  CHECK(d.count<Cancel>() == 1);
  CHECK(d.state() == SessionState::syncing);
}

}  // namespace
}  // namespace satchel::sync
