#include "sync/session.hpp"

#include <algorithm>
#include <utility>

#include "sync/backoff.hpp"

namespace satchel::sync {
namespace {

// A round may move nothing once or twice for good reasons (all cursors asked for, a request cut to size).
constexpr uint32_t kIdleRoundsMost = 3;
// A long poll that comes back sooner than this with nothing did not wait.
constexpr int64_t kHastyPollMs = 1'000;

// A long poll that breaks sooner than this is counted until one comes to its end. One that was cut later was open for
// most of its time, and a new one at once costs little.
constexpr int64_t kShortPollMs = 10'000;
// However soon quiet connections are ended on the way: shorter polls would cost more than a new connection.
constexpr uint32_t kPollWaitLeastMs = 25'000;
// A credential is taken to live at least this long, whatever the centre says: otherwise every poll would begin with a
// new sign-in. Should it end before that, the centre refuses it and it is renewed then.
constexpr int64_t kCredentialLeastMs = 60'000;
constexpr int64_t kCredentialMostMs = 30 * 86'400'000LL;

// Renewed this long before it ends, so that no request arrives with an expired one.
int64_t renewal_margin_ms(int64_t expires_in_ms) { return std::min<int64_t>(60'000, expires_in_ms / 4); }

Failure not_taken() {
  Error error =
      make_error(Code::server, "The central store does not take everything yet. It will be sent again later.");
  error.retryable = true;
  return {FailureKind::transient, std::move(error), std::nullopt};
}

Failure refused_its_own() {
  Error error =
      make_error(Code::server, "The central store did not know the sign-in it gave just now. It will be tried again.");
  error.retryable = true;
  return {FailureKind::transient, std::move(error), std::nullopt};
}

}  // namespace

std::string_view state_name(SessionState state) {
  switch (state) {
    case SessionState::stopped:
      return "stopped";
    case SessionState::idle:
      return "idle";
    case SessionState::signing_in:
      return "signing_in";
    case SessionState::syncing:
      return "syncing";
    case SessionState::polling:
      return "polling";
    case SessionState::waiting:
      return "waiting";
    case SessionState::offline:
      return "offline";
    case SessionState::needs_sign_in:
      return "needs_sign_in";
    case SessionState::blocked:
      return "blocked";
  }
  return "unknown";
}

std::vector<Effect> Session::handle(const Event& event, int64_t now_ms) {
  now_ms_ = now_ms;
  effects_.clear();
  std::visit([this](const auto& e) { on(e); }, event);
  return std::exchange(effects_, {});
}

void Session::on(const Start& event) {
  started_ = true;
  watch_ = event.watch;
  if (busy()) {
    again_ = true;
    return;
  }
  if (!online_) {
    state_ = SessionState::offline;
    return;
  }
  go();
}

void Session::on(const StopWatching&) {
  if (!wanted_) return on(Stop{});
  started_ = watch_ = false;
}

void Session::on(const Stop&) {
  started_ = watch_ = again_ = false;
  give_up_call();
  clear_timer();
  state_ = SessionState::stopped;
  finish(make_error(Code::cancelled, "Sending and fetching was stopped."));
}

void Session::on(const Wanted&) {
  wanted_ = true;
  if (busy() && state_ != SessionState::polling) {
    again_ = true;  // what was committed before the wish must be in it
    return;
  }
  go();
}

void Session::on(const Committed&) {
  if (state_ == SessionState::syncing) again_ = true;
  const bool only_poll_waits = state_ == SessionState::waiting && rounds_work_ && !centre_named_time_;
  if (state_ == SessionState::polling || state_ == SessionState::idle || only_poll_waits) go();
}

void Session::on(const NetworkChanged& event) {
  online_ = event.online;
  if (state_ == SessionState::stopped) return;
  if (!event.online) {
    give_up_call();
    clear_timer();
    again_ = false;
    finish(
        make_error(Code::network, "This tablet has no connection at the moment. Everything you wrote is safe here."));
    state_ = started_ ? SessionState::offline : SessionState::stopped;
    return;
  }
  failures_ = 0;
  poll_broke_ = false;
  poll_wait_ms_ = options_.poll_wait_ms;
  if (!started_) return;
  if (state_ == SessionState::waiting && centre_named_time_) return;
  // A long poll hangs on the network that is gone; a round under way may still come through and is left alone.
  if (busy() && state_ != SessionState::polling) return;
  if (state_ != SessionState::idle) go();
}

void Session::on(const TimerDue& event) {
  if (timer_ == 0 || event.timer != timer_) return;
  timer_ = 0;
  retry_at_ms_ = 0;
  if (state_ == SessionState::polling) return poll();
  go();
}

void Session::on(const SignedIn& event) {
  if (call_ == 0 || event.call != call_) return;
  call_ = 0;
  credential_ = credential_fresh_ = true;
  const int64_t lives_ms = std::clamp(event.expires_in_ms, kCredentialLeastMs, kCredentialMostMs);
  renew_at_ms_ = now_ms_ + lives_ms - renewal_margin_ms(lives_ms);
  round(0);
}

void Session::on(const RoundDone& event) {
  if (call_ == 0 || event.call != call_) return;
  const int64_t elapsed_ms = now_ms_ - call_since_ms_;
  const bool was_poll = state_ == SessionState::polling;
  const bool left = event.more || !event.pushed_all || event.forked;
  call_ = 0;
  online_ = true;  // whatever the app was told about the network
  credential_fresh_ = false;
  last_error_.reset();
  if (was_poll) poll_broke_ = false;
  // Where only long polls break, each one is followed by a round that works: that proves nothing about the next poll.
  if ((event.progress || !left) && !(watch_ && poll_broke_)) failures_ = 0;
  if (!was_poll) size_.answered(elapsed_ms);
  if (event.forked) credential_ = false;
  idle_rounds_ = event.progress ? 0 : idle_rounds_ + 1;
  hasty_polls_ = was_poll && !event.progress && elapsed_ms < kHastyPollMs ? hasty_polls_ + 1 : 0;
  if (left) {
    if (idle_rounds_ < kIdleRoundsMost) return go();
    idle_rounds_ = kIdleRoundsMost - 1;  // after the pause one round tells
    return fail(not_taken());
  }
  idle_rounds_ = 0;
  if (std::exchange(again_, false)) return go();
  rest();
}

void Session::on(const Failed& event) {
  if (call_ == 0 || event.call != call_) return;
  call_ = 0;
  fail(event.failure);
}

void Session::go() {
  give_up_call();
  clear_timer();
  again_ = false;
  if (credential_ && now_ms_ < renew_at_ms_) return round(0);
  state_ = SessionState::signing_in;
  call_ = ++last_call_;
  call_since_ms_ = now_ms_;
  effects_.push_back(SignIn{call_});
}

void Session::round(uint32_t wait_ms) {
  state_ = wait_ms > 0 ? SessionState::polling : SessionState::syncing;
  call_ = ++last_call_;
  call_since_ms_ = now_ms_;
  effects_.push_back(Sync{call_, wait_ms, size_.limits()});
}

void Session::rest() {
  finish({});
  if (!started_) {
    state_ = SessionState::stopped;
  } else if (!watch_) {
    state_ = SessionState::idle;
  } else if (hasty_polls_ > 0) {
    state_ = SessionState::polling;  // whoever answers does not wait for news: do not ask in a tight loop
    set_timer(full_jitter_ms(options_.backoff_base_ms, options_.backoff_cap_ms, hasty_polls_, random_));
  } else {
    poll();
  }
}

void Session::poll() {
  if (now_ms_ >= renew_at_ms_) return go();
  round(std::max<uint32_t>(poll_wait_ms_, 1));
}

void Session::fail(const Failure& failure) {
  const bool fresh = std::exchange(credential_fresh_, false);
  switch (failure.kind) {
    case FailureKind::too_large:
      if (size_.shrink()) return go();
      return fail_transient(failure);
    case FailureKind::credential_refused:
      credential_ = false;
      if (!fresh) return go();
      // Refused although just given: at once again would go round in circles, and no person can help either.
      return fail_transient(refused_its_own());
    case FailureKind::needs_sign_in:
      credential_ = false;
      state_ = SessionState::needs_sign_in;
      break;
    case FailureKind::blocked:
      state_ = SessionState::blocked;
      if (failure.error.code == Code::certificate && started_) {
        set_timer(full_jitter_ms(options_.backoff_base_ms, options_.backoff_cap_ms, failures_++, random_));
      } else if (failure.from_centre && started_) {
        const auto half = static_cast<uint64_t>(options_.shut_door_ms / 2);  // not all tablets in the same minute
        set_timer(static_cast<int64_t>(half + random_.below(half + 1)));
      }
      break;
    case FailureKind::transient:
      return fail_transient(failure);
  }
  again_ = false;
  last_error_ = failure.error;
  finish(failure.error);
}

void Session::fail_transient(const Failure& failure) {
  again_ = false;
  rounds_work_ = state_ == SessionState::polling;
  if (rounds_work_) {
    const int64_t open_ms = now_ms_ - call_since_ms_;
    poll_broke_ = poll_broke_ || open_ms < kShortPollMs;
    if (open_ms >= kShortPollMs) shorten_polls(open_ms);
  } else {
    size_.broke();  // a silent poll that is cut says nothing about size
  }
  last_error_ = failure.error;
  finish(failure.error);
  if (!started_ || !online_) {
    state_ = started_ ? SessionState::offline : SessionState::stopped;
    return;
  }
  state_ = SessionState::waiting;
  const int64_t jitter = full_jitter_ms(options_.backoff_base_ms, options_.backoff_cap_ms, failures_++, random_);
  set_timer(failure.retry_after_ms.value_or(jitter));
  centre_named_time_ = failure.retry_after_ms.has_value() && !failure.by_another;
}

// Somewhere on the way quiet connections are ended after about so long.
void Session::shorten_polls(int64_t open_ms) {
  const auto bearable = static_cast<uint32_t>(std::min<int64_t>(open_ms, poll_wait_ms_) / 4 * 3);
  poll_wait_ms_ = std::max(bearable, std::min(kPollWaitLeastMs, options_.poll_wait_ms));
}

void Session::finish(Result<> outcome) {
  if (std::exchange(wanted_, false)) effects_.push_back(Finish{std::move(outcome)});
}

void Session::give_up_call() {
  if (call_ != 0) effects_.push_back(Cancel{std::exchange(call_, 0)});
}

void Session::set_timer(int64_t delay_ms) {
  timer_ = ++last_timer_;
  retry_at_ms_ = now_ms_ + delay_ms;
  centre_named_time_ = false;
  effects_.push_back(SetTimer{timer_, delay_ms});
}

void Session::clear_timer() {
  if (timer_ != 0) effects_.push_back(ClearTimer{std::exchange(timer_, 0)});
  retry_at_ms_ = 0;
}

}  // namespace satchel::sync
