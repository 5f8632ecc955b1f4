#include "sync/engine.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "sync/exchange.hpp"
#include "sync/phases.hpp"
#include "sync/session.hpp"

namespace satchel::sync {
namespace {

constexpr int64_t kProgressEveryMs = 100;

struct Parts {
  store::Store& store;
  Transport& transport;
  TokenProvider& tokens;
  Executor& executor;
  const Clock& clock;
  Random& random;
  Logger& logger;
  EngineOptions options;
};

// Everything here runs on the executor. Outlives the Engine only as long as a posted task holds it.
class Core : public std::enable_shared_from_this<Core> {
 public:
  using OnceDone = std::function<void(const SyncOutcome&)>;
  explicit Core(Parts parts)
      : parts_(std::move(parts)),
        session_({parts_.options.poll_wait_ms, parts_.options.backoff_base_ms, parts_.options.backoff_cap_ms,
                  parts_.options.limits},
                 parts_.random) {}

  void dispatch(Event event);
  void once(OnceDone done, std::optional<int64_t> within_ms);
  void observe(std::function<void(const EngineStatus&)> on_status);
  void start();
  void stop_watching();
  void stop();
  void close();

 private:
  // Somebody who waits until nothing is left to send or fetch.
  struct Waiting {
    uint64_t number = 0;
    OnceDone done;
    std::optional<Executor::TimerId> end;  // of the time there is
  };

  // A request whose answer is awaited.
  struct Exchange {
    CallNumber call = 0;
    Transport::CallId http = 0;
    proto::SyncRequest request;
    store::SessionMemory memory;  // as it will be once this is answered
  };

  void perform(const SignIn& effect);
  void perform(const Sync& effect);
  void perform(const Cancel& effect);
  void perform(const SetTimer& effect);
  void perform(const ClearTimer& effect);
  void perform(const Finish& effect);

  void got_token(CallNumber call, Result<std::string> token);
  void got_session(CallNumber call, Result<HttpResponse> answer);
  void got_answer(CallNumber call, Result<HttpResponse> answer);
  Result<RoundDone> apply(const proto::SyncResponse& response);
  void fail(CallNumber call, Failure failure);
  void lost_request();
  void send(CallNumber call, HttpRequest request, void (Core::*then)(CallNumber, Result<HttpResponse>));
  void on_progress(CallNumber call, const Progress& progress);
  void out_of_time(uint64_t number);
  void stop_looking();
  void watch_other_processes();
  void file_written();
  void look_in(int64_t delay_ms);
  void look_for_commits();
  void report();
  EngineStatus status();
  template <class Task>
  void post(Task task) {
    parts_.executor.post([weak = weak_from_this(), task = std::move(task)]() mutable {
      const auto self = weak.lock();
      if (self && !self->closed_) task(*self);
    });
  }

  Parts parts_;
  Session session_;
  std::deque<Event> events_;
  bool draining_ = false, closed_ = false;
  std::string credential_;
  ReplicaId signed_in_as_;   // whose credential it is
  store::SessionMemory memory_;  // of the present session
  std::optional<Exchange> exchange_;
  std::optional<std::pair<uint64_t, Executor::TimerId>> timer_;
  std::unique_ptr<FileWatch> file_watch_;
  std::optional<Executor::TimerId> look_timer_;
  bool first_look_ = false;    // the timer is that of the first of two
  int64_t others_version_ = 0; // of the file, as last looked at
  std::vector<Waiting> waiting_;
  uint64_t last_waiting_ = 0;
  std::function<void(const EngineStatus&)> on_status_;
  SessionState logged_ = SessionState::stopped;
  store::Status last_store_status_;
  Progress progress_;
  int64_t progress_at_ms_ = 0;
};

// Effects may lead to events at once (the store refuses to build a request); they are handled one after the other.
void Core::dispatch(Event event) {
  events_.push_back(std::move(event));
  if (draining_) return;
  draining_ = true;
  while (!events_.empty()) {
    const Event next = std::move(events_.front());
    events_.pop_front();
    for (const Effect& effect : session_.handle(next, parts_.clock.monotonic_ms())) {
      std::visit([this](const auto& e) { perform(e); }, effect);
    }
  }
  draining_ = false;
  if (session_.state() != logged_) {
    logged_ = session_.state();
    parts_.logger.log(LogLevel::info, "sync_state", {{"state", std::string(state_name(logged_))}});
  }
  if (!closed_) report();
}

void Core::once(OnceDone done, std::optional<int64_t> within_ms) {
  Waiting waiting{++last_waiting_, std::move(done), std::nullopt};
  if (within_ms) {
    waiting.end = parts_.executor.post_after(*within_ms, [weak = weak_from_this(), number = waiting.number] {
      if (const auto self = weak.lock(); self && !self->closed_) self->out_of_time(number);
    });
  }
  waiting_.push_back(std::move(waiting));
  dispatch(Wanted{});
}

// Whoever else waits, or stays connected, keeps the request under way.
void Core::out_of_time(uint64_t number) {
  const auto it = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.number == number; });
  if (it == waiting_.end()) return;
  const OnceDone done = std::move(it->done);
  waiting_.erase(it);
  if (waiting_.empty() && !session_.started()) dispatch(Stop{});
  done({SyncEnd::out_of_time, std::nullopt, status()});
}

void Core::observe(std::function<void(const EngineStatus&)> on_status) {
  on_status_ = std::move(on_status);
  report();
}

void Core::start() {
  dispatch(Start{parts_.options.watch});
  watch_other_processes();
}

void Core::stop_watching() {
  stop_looking();
  if (waiting_.empty()) return dispatch(Stop{});  // also what a sync out of time left to the watch
  dispatch(StopWatching{});
}

void Core::stop() {
  stop_looking();
  dispatch(Stop{});
}

void Core::stop_looking() {
  file_watch_.reset();
  if (look_timer_) parts_.executor.cancel(*std::exchange(look_timer_, std::nullopt));
}

void Core::close() {
  if (closed_) return;
  on_status_ = nullptr;
  stop();
  closed_ = true;
}

// ---- signing in -----------------------------------------------------------------------------------------------------

void Core::perform(const SignIn& effect) {
  exchange_ = Exchange{effect.call, 0, {}, {}};
  parts_.tokens.token(
      [weak = weak_from_this(), executor = &parts_.executor, call = effect.call](Result<std::string> token) {
        const auto self = weak.lock();
        if (!self) return;
        executor->post([weak, call, token = std::move(token)]() mutable {
          const auto core = weak.lock();
          if (core && !core->closed_) core->got_token(call, std::move(token));
        });
      });
}

void Core::got_token(CallNumber call, Result<std::string> token) {
  if (!exchange_ || exchange_->call != call) return;
  if (!token.ok()) return fail(call, failure_of_token(token.error()));
  const store::Identity identity = parts_.store.identity();
  proto::SessionRequest request;
  request.replica = signed_in_as_ = identity.replica;
  request.token = std::move(token).value();
  request.secret_proof = Hasher("satchel replica secret").part(identity.secret).finish().view();
  send(call, make_request(session_path, proto::encode(request), {}), &Core::got_session);
}

void Core::got_session(CallNumber call, Result<HttpResponse> answer) {
  if (!exchange_ || exchange_->call != call) return;
  auto read = read_answer(session_path, answer, parts_.clock.wall_ms());
  if (auto* failure = std::get_if<Failure>(&read)) return fail(call, std::move(*failure));
  const auto response = proto::decode_session_response(std::get<Bytes>(read));
  if (!response.ok()) return fail(call, {FailureKind::transient, response.error(), std::nullopt});
  if (const auto owner = parts_.store.check_owner(*response); !owner.ok()) {
    return fail(call, failure_of_store(owner.error()));
  }
  credential_ = response->credential;
  memory_ = {};  // the centre remembers cursors per session
  exchange_.reset();
  dispatch(SignedIn{call, std::max<int64_t>(response->expires_in_ms, 0)});
}

// ---- rounds ---------------------------------------------------------------------------------------------------------

void Core::perform(const Sync& effect) {
  exchange_ = Exchange{effect.call, 0, {}, memory_};
  // Another process on this file may have drawn a new replica id: the credential is that of the old one.
  if (parts_.store.identity().replica != signed_in_as_) {
    Error error = make_error(Code::sign_in, "This tablet has a new name at the central store and signs in again.");
    error.retryable = true;
    return fail(effect.call, {FailureKind::credential_refused, std::move(error), std::nullopt});
  }
  auto request = parts_.store.build_request(effect.limits, exchange_->memory);
  if (!request.ok()) return fail(effect.call, failure_of_store(request.error()));
  exchange_->request = std::move(request).value();
  proto::SyncRequest& message = exchange_->request;
  message.wait_ms = effect.wait_ms;
  HttpRequest http = make_request(sync_path, proto::encode(message), credential_);
  http.wait_ms = effect.wait_ms;
  send(effect.call, std::move(http), &Core::got_answer);
}

void Core::got_answer(CallNumber call, Result<HttpResponse> answer) {
  if (!exchange_ || exchange_->call != call) return;
  auto read = read_answer(sync_path, answer, parts_.clock.wall_ms());
  if (auto* failure = std::get_if<Failure>(&read)) return fail(call, std::move(*failure));
  const auto response = proto::decode_sync_response(std::get<Bytes>(read));
  if (!response.ok()) return fail(call, {FailureKind::transient, response.error(), std::nullopt});
  if (response->protocol > proto::protocol_version) {
    return fail(call,
                {FailureKind::blocked,
                 make_error(Code::newer_format, "The central store is newer than this app. Please update the app."),
                 std::nullopt});
  }
  Result<RoundDone> done = apply(*response);
  if (!done.ok()) return fail(call, failure_of_store(done.error()));
  exchange_.reset();
  progress_ = {};
  dispatch(*done);
}

// One answer, applied whole by the store or not at all; what is remembered here moves only after that.
Result<RoundDone> Core::apply(const proto::SyncResponse& response) {
  SATCHEL_ASSIGN(const store::Applied applied, parts_.store.apply(response, exchange_->request));
  exchange_->memory.learn(response.verdicts);
  memory_ = response.send_all_cursors || applied.forked ? store::SessionMemory{} : std::move(exchange_->memory);
  if (applied.forked) credential_.clear();
  parts_.logger.log(LogLevel::info, "sync_round",
                    {{"pushed", std::to_string(exchange_->request.push.size())},
                     {"accepted", std::to_string(applied.accepted)},
                     {"quarantined", std::to_string(applied.quarantined)},
                     {"entries", std::to_string(applied.entries)},
                     {"snapshot_records", std::to_string(applied.snapshot_records)},
                     {"forked", applied.forked ? "1" : "0"},
                     {"notes", std::to_string(applied.notes.size())}});
  RoundDone done;
  done.call = exchange_->call;
  done.more = applied.more || response.send_all_cursors || !applied.purged.empty();  // to be confirmed
  done.pushed_all = applied.pushed_all;
  done.progress = applied.accepted + applied.quarantined + applied.entries + applied.snapshot_records > 0 ||
                  !applied.purged.empty() || applied.forked || !applied.changed.empty();
  done.forked = applied.forked;
  return done;
}

void Core::fail(CallNumber call, Failure failure) {
  parts_.logger.log(
      LogLevel::warning, "sync_failed",
      {{"code", std::string(code_name(failure.error.code))}, {"state", std::string(state_name(session_.state()))}});
  lost_request();
  progress_ = {};
  dispatch(Failed{call, std::move(failure)});
}

// The centre may or may not have seen the cursors of this request: they are sent once more.
void Core::lost_request() {
  if (!exchange_) return;
  for (const proto::Cursor& cursor : exchange_->request.cursors) {
    std::erase_if(memory_.last, [&](const proto::Cursor& known) { return known.scope == cursor.scope; });
  }
  if (exchange_->request.all_sealed) memory_.sealed.reset();
  exchange_.reset();
}

void Core::send(CallNumber call, HttpRequest request, void (Core::*then)(CallNumber, Result<HttpResponse>)) {
  progress_ = {};
  const auto weak = weak_from_this();
  Executor* executor = &parts_.executor;
  auto done = [weak, executor, call, then](Result<HttpResponse> answer) {
    executor->post([weak, call, then, answer = std::move(answer)]() mutable {
      const auto self = weak.lock();
      if (self && !self->closed_) ((*self).*then)(call, std::move(answer));
    });
  };
  auto progress = [weak, executor, call](const Progress& now) {
    executor->post([weak, call, now] {
      const auto self = weak.lock();
      if (self && !self->closed_) self->on_progress(call, now);
    });
  };
  exchange_->http = parts_.transport.send(std::move(request), std::move(done), std::move(progress));
}

void Core::perform(const Cancel& effect) {
  if (!exchange_ || exchange_->call != effect.call) return;
  const Transport::CallId http = exchange_->http;
  lost_request();
  if (http != 0) parts_.transport.cancel(http);
}

// ---- timers, finishing, status --------------------------------------------------------------------------------------

void Core::perform(const SetTimer& effect) {
  const auto id = parts_.executor.post_after(effect.delay_ms, [weak = weak_from_this(), timer = effect.timer] {
    const auto self = weak.lock();
    if (self && !self->closed_) self->dispatch(TimerDue{timer});
  });
  timer_ = {effect.timer, id};
}

void Core::perform(const ClearTimer& effect) {
  if (timer_ && timer_->first == effect.timer) parts_.executor.cancel(std::exchange(timer_, std::nullopt)->second);
}

void Core::perform(const Finish& effect) {
  const auto error = effect.outcome.ok() ? std::optional<Error>() : std::optional(effect.outcome.error());
  const SyncEnd end = end_of(error);
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    if (waiting.end) parts_.executor.cancel(*waiting.end);
    if (closed_) break;
    // Posted: the status it gets is the one after all effects of this event. An error is told also when the engine is gone.
    parts_.executor.post([done = std::move(waiting.done), weak = weak_from_this(), end, error] {
      const auto core = weak.lock();
      if (core && !core->closed_) done({end, error, core->status()});
      else if (error) done({end, error, {}});
    });
  }
}

// Another process may write to the same file: its commits are sent too. Looking is one page read of the shared memory.
void Core::watch_other_processes() {
  if (parts_.options.other_process_ms <= 0 || closed_ || file_watch_ || look_timer_) return;
  if (const auto version = parts_.store.others_version(); version.ok()) others_version_ = *version;
  if (parts_.options.watch_file) {
    file_watch_ = parts_.store.watch([weak = weak_from_this(), executor = &parts_.executor] {
      executor->post([weak] {
        if (const auto self = weak.lock(); self && !self->closed_) self->file_written();
      });
    });
  }
  if (!file_watch_) look_in(parts_.options.other_process_ms);
}

void Core::file_written() {
  if (!file_watch_ || (look_timer_ && first_look_)) return;
  if (look_timer_) parts_.executor.cancel(*look_timer_);
  first_look_ = true;
  look_in(FileWatch::first_look_ms);
}

void Core::look_in(int64_t delay_ms) {
  look_timer_ = parts_.executor.post_after(delay_ms, [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self && !self->closed_) self->look_for_commits();
  });
}

void Core::look_for_commits() {
  look_timer_.reset();
  const auto version = parts_.store.others_version();
  const bool changed = version.ok() && std::exchange(others_version_, *version) != *version;
  if (changed) {
    if (status().store.unsent > 0)
      dispatch(Committed{});
    else
      report();
  }
  if (!session_.started() || closed_) return;
  if (!file_watch_) return look_in(parts_.options.other_process_ms);
  if (std::exchange(first_look_, false) && !changed) look_in(FileWatch::second_look_ms);
}

void Core::on_progress(CallNumber call, const Progress& progress) {
  if (!exchange_ || exchange_->call != call) return;
  progress_ = progress;
  const int64_t now = parts_.clock.monotonic_ms();
  if (now - progress_at_ms_ < kProgressEveryMs) return;
  progress_at_ms_ = now;
  report();
}

void Core::report() {
  const auto on_status = on_status_;  // a copy: the app may close the engine from inside
  if (on_status) on_status(status());
}

EngineStatus Core::status() {
  if (auto read = parts_.store.status(); read.ok()) last_store_status_ = *read;
  EngineStatus result;
  result.phase = phase_of(session_.state());
  result.store = last_store_status_;
  result.last_error = session_.last_error();
  result.retry_at_ms = session_.retry_at_ms();
  result.progress = progress_;
  result.words = status_words(result, parts_.clock.wall_ms());
  return result;
}

// The handle: posts to the executor and nothing else.
class EngineHandle final : public Engine {
 public:
  explicit EngineHandle(Parts parts) : executor_(parts.executor), core_(std::make_shared<Core>(std::move(parts))) {}
  ~EngineHandle() override { core_->close(); }

  void start() override {
    post([](Core& core) { core.start(); });
  }
  void stop_watching() override {
    post([](Core& core) { core.stop_watching(); });
  }
  void stop() override {
    post([](Core& core) { core.stop(); });
  }
  void sync_once(std::function<void(Result<EngineStatus>)> done) override {
    auto tell = [done = std::move(done)](const SyncOutcome& outcome) {
      done(outcome.error ? Result<EngineStatus>(*outcome.error) : Result<EngineStatus>(outcome.status));
    };
    post([tell = std::move(tell)](Core& core) { core.once(tell, std::nullopt); });
  }
  void sync_within(int64_t within_ms, std::function<void(const SyncOutcome&)> done) override {
    post([done = std::move(done), within_ms](Core& core) { core.once(done, within_ms); });
  }
  void local_commit() override {
    post([](Core& core) { core.dispatch(Committed{}); });
  }
  void network_changed(bool online) override {
    post([online](Core& core) { core.dispatch(NetworkChanged{online}); });
  }
  void observe(std::function<void(const EngineStatus&)> on_status) override {
    post([on_status = std::move(on_status)](Core& core) { core.observe(on_status); });
  }

 private:
  template <class Task>
  void post(Task task) {
    executor_.post([weak = std::weak_ptr<Core>(core_), task = std::move(task)]() mutable {
      if (const auto core = weak.lock()) task(*core);
    });
  }
  Executor& executor_;
  std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<Engine> make_engine(store::Store& store, Transport& transport, TokenProvider& tokens,
                                    Executor& executor, const Clock& clock, Random& random, Logger& logger,
                                    EngineOptions options) {
  return std::make_unique<EngineHandle>(
      Parts{store, transport, tokens, executor, clock, random, logger, std::move(options)});
}

}  // namespace satchel::sync
