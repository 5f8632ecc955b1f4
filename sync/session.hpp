// The session of one device with the central store as a pure state machine: events in, effects out. It does no I/O,
// reads no clock (monotonic times are passed in), holds no token, no credential and no data; engine.cpp does what the
// effects say and reports what came of it. One thread.
//
// Every effect that starts something (SignIn, Sync) carries a call number; what comes back carries it too. Whatever
// carries an older number was given up and is ignored: an answer that comes late can do no harm.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/store/store.hpp"
#include "sync/request_size.hpp"

namespace satchel::sync {

using CallNumber = uint64_t;

// ---- events ---------------------------------------------------------------------------------------------------------

// Keep in sync until Stop; `watch` by long poll, otherwise on commits.
struct Start {
  bool watch = false;
};
// No longer kept in sync; what somebody waits for (Wanted) goes on.
struct StopWatching {};
struct Stop {};
// sync_once: somebody waits for Finish.
struct Wanted {};
// There is something to send.
struct Committed {};
struct NetworkChanged {
  bool online = true;
};
struct TimerDue {
  uint64_t timer = 0;
};
struct SignedIn {
  CallNumber call = 0;
  int64_t expires_in_ms = 0;
};
// An answer came and the store has applied it.
struct RoundDone {
  CallNumber call = 0;
  bool more = false;       // the centre has more, or a purge waits to be confirmed
  bool pushed_all = true;  // nothing without a verdict is left
  bool progress = false;   // the answer brought or settled something
  bool forked = false;     // a new replica id was drawn: the credential is another's
};

// Why a call failed, in the classes that lead to different states.
enum class FailureKind {
  transient,           // network, timeout, the centre's trouble, the store's trouble: later again
  too_large,           // 413: the same in smaller pieces, at once
  credential_refused,  // 401 to the credential (expired in the middle, the centre forgot it): sign in again
  needs_sign_in,       // the token was refused, or there is none: only a person can help
  blocked,             // certificate, wrong owner, newer protocol: repeating it soon does not help
};
struct Failure {
  FailureKind kind = FailureKind::transient;
  Error error;
  std::optional<int64_t> retry_after_ms;  // what the answer asked for
  bool by_another = false;  // not the centre: somebody on this network, whom another network leaves behind
  bool from_centre = false;  // its answer shut the door on this tablet or app
};
struct Failed {
  CallNumber call = 0;
  Failure failure;
};

using Event = std::variant<Start, StopWatching, Stop, Wanted, Committed, NetworkChanged, TimerDue, SignedIn, RoundDone,
                           Failed>;

// ---- effects --------------------------------------------------------------------------------------------------------

// Get a token, exchange it, check whose it is.
struct SignIn {
  CallNumber call = 0;
};
// Build a request, send it, apply the answer. wait_ms > 0: a long poll.
struct Sync {
  CallNumber call = 0;
  uint32_t wait_ms = 0;
  store::RequestLimits limits;
};
struct Cancel {
  CallNumber call = 0;
};
struct SetTimer {
  uint64_t timer = 0;
  int64_t delay_ms = 0;
};
struct ClearTimer {
  uint64_t timer = 0;
};
// To all who wait for sync_once.
struct Finish {
  Result<> outcome;
};

using Effect = std::variant<SignIn, Sync, Cancel, SetTimer, ClearTimer, Finish>;

// ---- states ---------------------------------------------------------------------------------------------------------
//
//                 Start, Wanted              SignedIn              RoundDone: nothing left, watching
//   +---------+              +------------+             +---------+                    +---------+
//   | stopped | -----------> | signing_in | ----------> | syncing | -----------------> | polling |
//   +---------+  (1)         +------------+             +---------+                    +---------+
//        ^                         ^                      |  ^  |                        |   |  ^
//        |                         |   401, fork,         |  |  | RoundDone: more to     |   |  | news: applied,
//        |                         +--- about to expire --+  |  | send or fetch, or a    |   +--+ waits again
//        |                                                |  +--+ commit in between      |
//        |       +------+      RoundDone: nothing left,   |  ^                           | Committed, Wanted:
//        |       | idle | <---- started, not watching ----+  +--- cancel, push at once --+ network change
//        |       +------+ ----- Committed, Wanted (1) ----+->
//        |                                                |
//        +------- RoundDone: nothing left, never started -+          Stop: from any state to stopped;
//                                                                    StopWatching too, unless somebody waits for a sync
//
//   Failed in signing_in, syncing or polling (after Wanted alone: stopped instead of waiting):
//     transient      -> waiting         timer, Wanted, network change (2)  -> (1)
//     needs_sign_in  -> needs_sign_in   Wanted, Start, network change      -> (1)
//     blocked        -> blocked         the same, and a timer (3)          -> (1)
//   Network gone     -> offline         network back, Wanted               -> (1)
//
//   A long poll that is cut after a while (a proxy ends what is quiet) makes the next ones shorter, until the network
//   changes: so each of them comes to its end.
//
//   (1) straight to syncing while the credential is good
//   (2) unless the centre named the time itself: Retry-After wins; Committed too, when only the long poll broke
//   (3) after a while for certificates: a network that reads along may be left behind without notice; rarely where the
//       centre shuts the door on this tablet or app: somebody may have opened it there. Never for this store's own faults
//
enum class SessionState { stopped, idle, signing_in, syncing, polling, waiting, offline, needs_sign_in, blocked };
std::string_view state_name(SessionState state);

struct SessionOptions {
  uint32_t poll_wait_ms = 150'000;
  int64_t backoff_base_ms = 1'000;
  int64_t backoff_cap_ms = 300'000;
  store::RequestLimits limits;
  int64_t shut_door_ms = 3'600'000;  // how often a door that the centre shut is tried
};

class Session {
 public:
  Session(const SessionOptions& options, Random& random)
      : options_(options), random_(random), size_(options.limits), poll_wait_ms_(options.poll_wait_ms) {}

  // What to do now, in this order.
  std::vector<Effect> handle(const Event& event, int64_t now_ms);

  SessionState state() const { return state_; }
  const std::optional<Error>& last_error() const { return last_error_; }  // none after a round that worked
  int64_t retry_at_ms() const { return retry_at_ms_; }                    // monotonic; 0: none
  bool started() const { return started_; }

 private:
  void on(const Start& event);
  void on(const StopWatching&);
  void on(const Stop&);
  void on(const Wanted&);
  void on(const Committed&);
  void on(const NetworkChanged& event);
  void on(const TimerDue& event);
  void on(const SignedIn& event);
  void on(const RoundDone& event);
  void on(const Failed& event);

  bool busy() const { return call_ != 0; }
  void go();  // to signing_in or syncing, whatever was before
  void round(uint32_t wait_ms);
  void rest();  // nothing is left to send or fetch
  void poll();
  void fail(const Failure& failure);
  void fail_transient(const Failure& failure);
  void shorten_polls(int64_t open_ms);
  void finish(Result<> outcome);
  void give_up_call();
  void set_timer(int64_t delay_ms);
  void clear_timer();

  const SessionOptions options_;
  Random& random_;
  RequestSize size_;
  std::vector<Effect> effects_;
  int64_t now_ms_ = 0;

  SessionState state_ = SessionState::stopped;
  bool started_ = false, watch_ = false, wanted_ = false, online_ = true;
  bool again_ = false;   // a commit or wish came while a round was under way
  CallNumber call_ = 0;  // under way; 0: none
  CallNumber last_call_ = 0;
  int64_t call_since_ms_ = 0;
  bool credential_ = false, credential_fresh_ = false;
  int64_t renew_at_ms_ = 0;
  uint64_t timer_ = 0, last_timer_ = 0;
  int64_t retry_at_ms_ = 0;
  bool centre_named_time_ = false;  // the timer is a Retry-After
  uint32_t failures_ = 0;           // in a row
  bool poll_broke_ = false;         // soon after it began, and none has come to its end since
  uint32_t poll_wait_ms_;           // as asked for, or what the way to the centre lets through
  bool rounds_work_ = false;        // waiting, but only for the next poll
  uint32_t idle_rounds_ = 0;        // rounds in a row that moved nothing although something is left
  uint32_t hasty_polls_ = 0;        // long polls in a row that came back at once with nothing
  std::optional<Error> last_error_;
};

}  // namespace satchel::sync
