// Drives a session over a store: asks it what to do next (session.hpp), does it, tells it what happened. Everything
// runs on the executor of the database; callbacks to the app too.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/executor.hpp"
#include "core/base/logger.hpp"
#include "core/base/random.hpp"
#include "core/merge/words.hpp"
#include "core/store/store.hpp"
#include "sync/transport.hpp"

namespace satchel::sync {

// Gives the identity provider's JWT, possibly after asking a server or a person. `done` exactly once, any thread.
class TokenProvider {
 public:
  virtual ~TokenProvider() = default;
  virtual void token(std::function<void(Result<std::string>)> done) = 0;
};

enum class Phase { stopped, idle, signing_in, syncing, connected, waiting_to_retry, offline, needs_sign_in, blocked };

struct EngineStatus {
  Phase phase = Phase::stopped;
  store::Status store;
  std::string words;                // one or two plain sentences an app can show, in English
  std::optional<Error> last_error;
  int64_t retry_at_ms = 0;          // monotonic; 0: none
  Progress progress;                // of the request under way
};

struct EngineOptions {
  bool watch = false;               // stay connected by long poll
  uint32_t poll_wait_ms = 150'000;  // each is a wake-up of the radio; shorter while something on the way cuts it
  store::RequestLimits limits;
  int64_t backoff_base_ms = 1'000;  // full jitter: uniform in [0, min(cap, base * 2^n)]
  int64_t backoff_cap_ms = 300'000;
  int64_t other_process_ms = 1'000; // while started: how often to look for commits of other processes; 0: never
  // Look when the system says that the file was written to, and only where it does not tell every other_process_ms. The
  // executor takes what is posted from any thread.
  bool watch_file = false;
};

// How a sync ended that had so much time. Whatever it was: each answer was applied whole or not at all, what was sent
// stays sent, and the next sync goes on from there.
enum class SyncEnd {
  finished,       // nothing is left to send or fetch
  out_of_time,
  offline,        // the central store was not reached
  needs_sign_in,  // only a person can help
  failed,         // SyncOutcome::error says why; Code::cancelled: the engine was stopped
};
struct SyncOutcome {
  SyncEnd end = SyncEnd::finished;
  std::optional<Error> error;  // of the last three
  EngineStatus status;         // what is left
};

class Engine {
 public:
  virtual ~Engine() = default;      // on the executor or after it has stopped
  // From any thread:
  virtual void start() = 0;                                            // keep in sync (watch or on commits)
  virtual void stop_watching() = 0;  // ends start(); a sync that somebody waits for goes on
  virtual void stop() = 0;           // ends that, too
  virtual void sync_once(std::function<void(Result<EngineStatus>)> done) = 0;  // until nothing is left to send or fetch
  // The same, for at most so long: then the request under way is stopped, unless it is wanted otherwise. An answer that is
  // being applied then is applied first.
  virtual void sync_within(int64_t within_ms, std::function<void(const SyncOutcome&)> done) = 0;
  virtual void local_commit() = 0;                                     // there is something to send
  virtual void network_changed(bool online) = 0;                      // retries at once when online
  virtual void observe(std::function<void(const EngineStatus&)> on_status) = 0;
};

std::unique_ptr<Engine> make_engine(store::Store& store, Transport& transport, TokenProvider& tokens,
                                    Executor& executor, const Clock& clock, Random& random, Logger& logger,
                                    EngineOptions options);

// "12 items not yet at base, oldest 3 days." "Please sign in again." "This tablet's clock is 9 days wrong." What went wrong
// (EngineStatus::last_error) is said in English whatever the language.
std::string status_words(const EngineStatus& status, int64_t now_wall_ms,
                         merge::Language language = merge::Language::english);

// What of the status a person can look into, each in a line of its own: "2 things wait for you to decide".
struct StatusDetail {
  const char* what;  // "to_decide", "to_know", "set_aside", "scopes_unfit", "last_sync"
  std::string words;
};
std::vector<StatusDetail> status_details(const EngineStatus& status, merge::Language language);

}  // namespace satchel::sync
