// The session's state machine alone, fed by hand: no store, no network, no clock.
#pragma once

#include "core/base/random.hpp"
#include "sync/session.hpp"

namespace satchel::sync {

// Feeds a session and keeps what it asked for.
class Driver {
 public:
  explicit Driver(SessionOptions options = {}) : random_(7), session_(options, random_) {}

  void give(const Event& event) {
    effects = session_.handle(event, now);
    for (const Effect& effect : effects) {
      if (const auto* sign_in = std::get_if<SignIn>(&effect)) call = sign_in->call;
      if (const auto* sync = std::get_if<Sync>(&effect)) call = sync->call, last_sync = *sync;
      if (const auto* timer = std::get_if<SetTimer>(&effect)) last_timer = *timer;
      if (const auto* finish = std::get_if<Finish>(&effect)) finishes.push_back(*finish);
    }
  }
  template <class T>
  int count() const {
    int number = 0;
    for (const Effect& effect : effects) number += std::holds_alternative<T>(effect);
    return number;
  }
  SessionState state() const { return session_.state(); }
  void sign_in(int64_t expires_in_ms = 900'000) { give(SignedIn{call, expires_in_ms}); }
  void nothing_left() { give(RoundDone{.call = call, .progress = true}); }
  void fail(FailureKind kind, Code code = Code::network, std::optional<int64_t> retry_after_ms = {}) {
    give(Failed{call, {kind, make_error(code, "words"), retry_after_ms}});
  }
  void timer_due() {
    now += last_timer.delay_ms;
    give(TimerDue{last_timer.timer});
  }
  // Started, signed in, nothing to do: connected by long poll or idle.
  void settle(bool watch) {
    give(Start{watch});
    sign_in();
    nothing_left();
  }
  const Session& session() const { return session_; }

  int64_t now = 1'000;
  std::vector<Effect> effects;
  CallNumber call = 0;
  Sync last_sync;
  SetTimer last_timer;
  std::vector<Finish> finishes;

 private:
  SeededRandom random_;
  Session session_;
};

}  // namespace satchel::sync
