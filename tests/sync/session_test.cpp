// The state machine alone: no store, no network, no clock.
#include <catch2/catch_test_macros.hpp>

#include "tests/sync/session_driver.hpp"

namespace satchel::sync {
namespace {

TEST_CASE("sync_once signs in, syncs until nothing is left, and stops") {
  Driver d;
  d.give(Wanted{});
  CHECK(d.state() == SessionState::signing_in);
  CHECK(d.count<SignIn>() == 1);
  d.sign_in();
  CHECK(d.state() == SessionState::syncing);
  CHECK(d.last_sync.wait_ms == 0);
  d.give(RoundDone{.call = d.call, .more = true, .progress = true});
  CHECK(d.count<Sync>() == 1);
  d.give(RoundDone{.call = d.call, .pushed_all = false, .progress = true});
  CHECK(d.count<Sync>() == 1);
  CHECK(d.finishes.empty());
  d.nothing_left();
  REQUIRE(d.finishes.size() == 1);
  CHECK(d.finishes[0].outcome.ok());
  CHECK(d.state() == SessionState::stopped);
}

TEST_CASE("A credential is used again until shortly before it ends") {
  Driver d;
  d.settle(false);
  CHECK(d.state() == SessionState::idle);
  d.now += 800'000;
  d.give(Committed{});
  CHECK(d.state() == SessionState::syncing);
  d.nothing_left();
  d.now += 50'000;  // 850 of 900 seconds: within the last minute
  d.give(Committed{});
  CHECK(d.state() == SessionState::signing_in);
}

TEST_CASE("A credential that is said to end at once is used all the same") {
  for (const int64_t lives_ms : {int64_t{0}, int64_t{1}, INT64_MAX}) {
    Driver d;
    d.give(Start{true});
    d.sign_in(lives_ms);
    d.nothing_left();
    CHECK(d.count<SignIn>() == 0);
    CHECK(d.state() == SessionState::polling);
  }
}

TEST_CASE("A commit during a long poll cancels it and is pushed at once") {
  Driver d;
  d.settle(true);
  REQUIRE(d.state() == SessionState::polling);
  CHECK(d.last_sync.wait_ms == SessionOptions{}.poll_wait_ms);
  const CallNumber poll = d.call;
  d.give(Committed{});
  REQUIRE(d.effects.size() == 2);
  CHECK(std::get<Cancel>(d.effects[0]).call == poll);
  CHECK(std::get<Sync>(d.effects[1]).wait_ms == 0);
  SECTION("and what the poll still says is ignored") {
    d.give(Failed{poll, {FailureKind::transient, make_error(Code::cancelled, "given up"), {}}});
    CHECK(d.effects.empty());
    d.give(RoundDone{.call = poll, .progress = true});
    CHECK(d.effects.empty());
    CHECK(d.state() == SessionState::syncing);
  }
}

TEST_CASE("A commit during a round makes one more round") {
  Driver d;
  d.give(Start{false});
  d.sign_in();
  d.give(Committed{});
  CHECK(d.effects.empty());
  d.nothing_left();
  CHECK(d.state() == SessionState::syncing);
  d.nothing_left();
  CHECK(d.state() == SessionState::idle);
}

TEST_CASE("sync_once asked for during a round ends only after a later round") {
  Driver d;
  d.give(Start{false});
  d.sign_in();
  d.give(Wanted{});
  d.nothing_left();
  CHECK(d.finishes.empty());
  d.nothing_left();
  CHECK(d.finishes.size() == 1);
}

TEST_CASE("A centre that answers long polls at once is not asked in a tight loop") {
  Driver d;
  d.settle(true);
  d.give(RoundDone{.call = d.call});
  CHECK(d.state() == SessionState::polling);
  CHECK(d.count<Sync>() == 0);
  REQUIRE(d.count<SetTimer>() == 1);
  SECTION("the pause over, it polls again") {
    d.timer_due();
    CHECK(d.last_sync.wait_ms > 0);
    CHECK(d.count<Sync>() == 1);
  }
  SECTION("a commit does not wait for the pause") {
    d.give(Committed{});
    CHECK(d.count<ClearTimer>() == 1);
    CHECK(d.state() == SessionState::syncing);
  }
}

TEST_CASE("A broken connection is retried after full jitter that doubles up to a cap") {
  SessionOptions options;
  options.backoff_base_ms = 100;
  options.backoff_cap_ms = 1'000;
  Driver d(options);
  d.give(Start{false});
  d.sign_in();
  int64_t longest = 0;
  for (int attempt = 0; attempt < 40; ++attempt) {
    d.fail(FailureKind::transient);
    REQUIRE(d.state() == SessionState::waiting);
    REQUIRE(d.count<SetTimer>() == 1);
    CHECK(d.last_timer.delay_ms <= std::min<int64_t>(1'000, 100LL << std::min(attempt, 20)));
    CHECK(d.session().retry_at_ms() == d.now + d.last_timer.delay_ms);
    longest = std::max(longest, d.last_timer.delay_ms);
    d.timer_due();
    REQUIRE(d.state() == SessionState::syncing);
  }
  CHECK(longest > 500);
  d.nothing_left();
  CHECK_FALSE(d.session().last_error());
  d.give(Committed{});
  d.fail(FailureKind::transient);
  CHECK(d.last_timer.delay_ms <= 100);  // a round that worked starts the count anew
}

TEST_CASE("Retry-After wins over the jitter") {
  Driver d;
  d.give(Start{false});
  d.sign_in();
  d.fail(FailureKind::transient, Code::server, 77'000);
  CHECK(d.last_timer.delay_ms == 77'000);
  SECTION("and a network change does not cut it short") {
    d.give(NetworkChanged{true});
    CHECK(d.state() == SessionState::waiting);
    CHECK(d.effects.empty());
  }
  SECTION("but a person may ask at once") {
    d.give(Wanted{});
    CHECK(d.state() == SessionState::syncing);
  }
}

TEST_CASE("Retry-After of somebody on the way does not outlast the network he sits on") {
  Driver d;
  d.give(Start{false});
  d.sign_in();
  Failure portal{FailureKind::transient, make_error(Code::network, "words"), 300'000};
  portal.by_another = true;
  d.give(Failed{d.call, portal});
  CHECK(d.last_timer.delay_ms == 300'000);
  d.give(NetworkChanged{true});
  CHECK(d.state() == SessionState::syncing);
}

TEST_CASE("A commit does not cut the pause short when the rounds themselves break") {
  Driver d;
  d.give(Start{true});
  d.sign_in();
  d.fail(FailureKind::transient);
  d.give(Committed{});
  CHECK(d.state() == SessionState::waiting);
}

TEST_CASE("A network change retries at once") {
  Driver d;
  d.give(Start{false});
  d.sign_in();
  d.fail(FailureKind::transient);
  d.give(NetworkChanged{true});
  CHECK(d.count<ClearTimer>() == 1);
  CHECK(d.count<Sync>() == 1);
  SECTION("and the old timer has no effect any more") {
    d.give(TimerDue{d.last_timer.timer});
    CHECK(d.effects.empty());
  }
}

TEST_CASE("Without a network nothing is tried until it is back") {
  Driver d;
  d.give(Start{true});
  d.sign_in();
  d.give(NetworkChanged{false});
  CHECK(d.state() == SessionState::offline);
  CHECK(d.count<Cancel>() == 1);
  d.give(Committed{});
  CHECK(d.effects.empty());
  d.give(NetworkChanged{true});
  CHECK(d.state() == SessionState::syncing);
}

TEST_CASE("sync_once without a network tries all the same and then says so") {
  Driver d;
  d.give(Start{false});
  d.sign_in();
  d.give(NetworkChanged{false});
  d.give(Wanted{});
  CHECK(d.count<Sync>() == 1);
  d.fail(FailureKind::transient);
  REQUIRE(d.finishes.size() == 1);
  CHECK(d.finishes[0].outcome.error().code == Code::network);
  CHECK(d.state() == SessionState::offline);
  CHECK(d.count<SetTimer>() == 0);
}

TEST_CASE("sync_once is told when the network goes") {
  Driver d;
  d.give(Wanted{});
  d.give(NetworkChanged{false});
  REQUIRE(d.finishes.size() == 1);
  CHECK(d.finishes[0].outcome.error().code == Code::network);
  CHECK(d.state() == SessionState::stopped);
}

TEST_CASE("A credential that ends in the middle leads to one new sign-in and the round goes on") {
  Driver d;
  d.settle(false);
  d.give(Wanted{});
  d.fail(FailureKind::credential_refused, Code::sign_in);
  CHECK(d.state() == SessionState::signing_in);
  CHECK(d.finishes.empty());
  d.sign_in();
  CHECK(d.state() == SessionState::syncing);
  SECTION("a fresh credential that is refused does not go round in circles") {
    d.fail(FailureKind::credential_refused, Code::sign_in);
    CHECK(d.state() == SessionState::waiting);
    CHECK(d.count<SetTimer>() == 1);
    REQUIRE(d.finishes.size() == 1);
    CHECK(d.finishes[0].outcome.error().code == Code::server);
    d.timer_due();
    CHECK(d.state() == SessionState::signing_in);
  }
  SECTION("one that ended while the link was gone, before its first round, is renewed: nobody has to sign in") {
    d.fail(FailureKind::transient);
    d.timer_due();
    d.fail(FailureKind::credential_refused, Code::sign_in);
    CHECK(d.state() == SessionState::signing_in);
  }
  SECTION("a later one is renewed again") {
    d.nothing_left();
    d.give(Committed{});
    d.fail(FailureKind::credential_refused, Code::sign_in);
    CHECK(d.state() == SessionState::signing_in);
  }
}

TEST_CASE("A refused token waits for a person and is not tried again by itself") {
  Driver d;
  d.give(Start{true});
  d.fail(FailureKind::needs_sign_in, Code::sign_in);
  CHECK(d.state() == SessionState::needs_sign_in);
  CHECK(d.count<SetTimer>() == 0);
  CHECK(d.session().last_error()->code == Code::sign_in);
  d.give(Committed{});
  CHECK(d.effects.empty());
  d.give(Wanted{});
  CHECK(d.state() == SessionState::signing_in);
}

TEST_CASE("A certificate that cannot be trusted blocks, is looked at again later and on another network") {
  Driver d;
  d.give(Start{false});
  d.fail(FailureKind::blocked, Code::certificate);
  CHECK(d.state() == SessionState::blocked);
  CHECK(d.count<SetTimer>() == 1);
  SECTION("by itself") {
    d.timer_due();
    CHECK(d.state() == SessionState::signing_in);
  }
  SECTION("at once on a network change") {
    d.give(NetworkChanged{true});
    CHECK(d.state() == SessionState::signing_in);
  }
}

TEST_CASE("Another worker's token and a newer centre block until somebody acts") {
  for (const Code code : {Code::wrong_owner, Code::newer_format}) {
    Driver d;
    d.give(Start{false});
    d.fail(FailureKind::blocked, code);
    CHECK(d.state() == SessionState::blocked);
    CHECK(d.count<SetTimer>() == 0);
  }
}

TEST_CASE("A door that the centre shut is tried again by itself, but rarely") {
  Driver d;
  d.give(Start{false});
  Failure shut{FailureKind::blocked, make_error(Code::permission, "words"), {}};
  shut.from_centre = true;
  d.give(Failed{d.call, shut});
  CHECK(d.state() == SessionState::blocked);
  REQUIRE(d.count<SetTimer>() == 1);
  CHECK(d.session().retry_at_ms() - d.now >= 1'800'000);
  d.give(Committed{});  // writing on does not knock
  d.timer_due();
  CHECK(d.state() == SessionState::signing_in);
}

TEST_CASE("A fork signs in again with the new replica") {
  Driver d;
  d.give(Wanted{});
  d.sign_in();
  d.give(RoundDone{.call = d.call, .pushed_all = false, .progress = true, .forked = true});
  CHECK(d.state() == SessionState::signing_in);
  d.sign_in();
  d.nothing_left();
  CHECK(d.finishes.size() == 1);
}

TEST_CASE("A centre that takes nothing and says nothing is left alone for a while") {
  Driver d;
  d.give(Start{false});
  d.give(Wanted{});
  d.sign_in();
  int rounds = 0;
  while (d.state() == SessionState::syncing && rounds < 50) {
    ++rounds;
    d.give(RoundDone{.call = d.call, .pushed_all = false});
  }
  CHECK(rounds == 3);
  CHECK(d.state() == SessionState::waiting);
  REQUIRE(d.finishes.size() == 1);
  CHECK(d.finishes[0].outcome.error().code == Code::server);
  SECTION("and after the pause one round tells, with a growing pause") {
    int64_t longest = 0;
    for (int i = 0; i < 12; ++i) {
      d.timer_due();
      REQUIRE(d.state() == SessionState::syncing);
      d.give(RoundDone{.call = d.call, .pushed_all = false});
      REQUIRE(d.state() == SessionState::waiting);
      longest = std::max(longest, d.last_timer.delay_ms);
    }
    CHECK(longest > 10'000);
  }
}

TEST_CASE("Stopping gives up what is under way and tells who waits") {
  Driver d;
  d.give(Start{true});
  d.give(Wanted{});
  d.give(Stop{});
  CHECK(d.count<Cancel>() == 1);
  REQUIRE(d.finishes.size() == 1);
  CHECK(d.finishes[0].outcome.error().code == Code::cancelled);
  CHECK(d.state() == SessionState::stopped);
  d.give(Committed{});
  CHECK(d.effects.empty());
}

TEST_CASE("A failed sync_once that nobody started does not retry by itself") {
  Driver d;
  d.give(Wanted{});
  d.fail(FailureKind::transient);
  CHECK(d.state() == SessionState::stopped);
  CHECK(d.count<SetTimer>() == 0);
  CHECK(d.session().last_error());
}

TEST_CASE("Whatever happens in whatever order, at most one call is open and old answers change nothing") {
  SeededRandom random(11);
  for (int world = 0; world < 300; ++world) {
    Driver d;
    CallNumber open = 0;
    for (int step = 0; step < 60; ++step) {
      d.now += static_cast<int64_t>(random.below(20'000));
      const CallNumber named = random.below(3) == 0 ? random.below(d.call + 2) : d.call;
      Event event = Committed{};
      switch (random.below(10)) {
        case 0:
          event = Start{random.below(2) == 0};
          break;
        case 1:
          event = Wanted{};
          break;
        case 2:
          event = NetworkChanged{random.below(2) == 0};
          break;
        case 3:
          event = TimerDue{random.below(d.last_timer.timer + 2)};
          break;
        case 4:
          event = SignedIn{named, 60'000};
          break;
        case 5:
          event = RoundDone{.call = named, .more = random.below(2) == 0, .progress = random.below(2) == 0};
          break;
        case 6:
          event = Failed{named, {static_cast<FailureKind>(random.below(5)), make_error(Code::network, "x"), {}}};
          break;
        case 7:
          if (random.below(8) == 0) event = Stop{};
          break;
        default:
          break;
      }
      const bool stale = (std::holds_alternative<RoundDone>(event) || std::holds_alternative<SignedIn>(event) ||
                          std::holds_alternative<Failed>(event)) &&
                         named != open;
      if (!stale && (std::holds_alternative<RoundDone>(event) || std::holds_alternative<SignedIn>(event) ||
                     std::holds_alternative<Failed>(event)))
        open = 0;
      const SessionState before = d.state();
      d.give(event);
      if (stale) {
        CHECK(d.effects.empty());
        CHECK(d.state() == before);
      }
      for (const Effect& effect : d.effects) {
        if (const auto* cancel = std::get_if<Cancel>(&effect)) {
          CHECK(cancel->call == open);
          open = 0;
        }
        if (std::holds_alternative<SignIn>(effect) || std::holds_alternative<Sync>(effect)) {
          CHECK(open == 0);
          open = d.call;
        }
      }
    }
  }
}

}  // namespace
}  // namespace satchel::sync
