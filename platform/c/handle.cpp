#include "platform/c/handle.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "platform/c/json_out.hpp"

namespace satchel::abi {
namespace {

constexpr size_t idle_readers = 8;
constexpr int64_t index_after_ms = 1000;  // of quiet, after a commit or an answer
constexpr size_t indexed_at_once = 256;

}  // namespace

// The executor as the engine sees it: a failed check in a task ends the handle and not the app.
class Handle::Guarded final : public Executor {
 public:
  Guarded(Handle& handle, Executor& inner) : handle_(handle), inner_(inner) {}
  void post(Task task) override { inner_.post(wrap(std::move(task))); }
  TimerId post_after(int64_t delay_ms, Task task) override { return inner_.post_after(delay_ms, wrap(std::move(task))); }
  void cancel(TimerId timer) override { inner_.cancel(timer); }

 private:
  Task wrap(Task task) {
    return [this, task = std::move(task)] {
      // An error is already kept by the handle and told by the next call.
      (void)handle_.guard<void>([&task]() -> Result<> {
        task();
        return {};
      });
    };
  }

  Handle& handle_;
  Executor& inner_;
};

Taking::Taking(const satchel_options& options)
    : clock(options.clock),
      logger(options.logger),
      tokens(options.tokens),
      http(options.http),
      connectivity(options.connectivity),
      secrets(options.secrets) {
  store.path = text(options.path);
  store.schema_json = text(options.schema);
  store.organisation = text(options.organisation);
  store.worker = text(options.worker);
  store.create = !options.must_exist;
  store.durability = options.durability == SATCHEL_GROUPED ? sqlite::Durability::grouped : sqlite::Durability::full;
  store.key = SecretBytes(view(options.key));
  curl.base_url = text(options.base_url);
  curl.ca_file = text(options.ca_file);
  for (size_t i = 0; i < options.pin_count; ++i) curl.pins.push_back(text(options.pins[i]));
  curl.proxy = text(options.proxy);
}

Handle::Handle(std::unique_ptr<Taking> taking) : taking_(std::move(taking)) {}
Handle::~Handle() = default;

Result<std::unique_ptr<Handle>> Handle::open(std::unique_ptr<Taking> taking) {
  std::unique_ptr<Handle> handle(new Handle(std::move(taking)));
  handle->thread_ = make_thread_executor();
  handle->executor_ = std::make_unique<Guarded>(*handle, *handle->thread_);
  handle->taking_->tokens.set_executor(handle->executor_.get());
  auto* raw = handle.get();
  raw->thread_->post([raw] { raw->thread_id_ = std::this_thread::get_id(); });
  const Result<> opened = handle->on_thread<void>([](Handle& self) { return self.open_parts(); });
  if (opened.ok()) return handle;
  SATCHEL_TRY(handle->close());
  return opened.error();
}

Result<> Handle::open_parts() {
  SATCHEL_ASSIGN(store_, store::Store::open(taking_->store, taking_->clock, random_, taking_->logger));
  for (const std::string& words : store_->opening_notes()) {
    notice_ += (notice_.empty() ? "" : " ") + words;
    taking_->logger.log(LogLevel::warning, "store_notice", {{"words", words}});
  }
  index_later(index_after_ms);
  return make_engine();
}

Result<> Handle::make_engine() {
  if (taking_->http.given()) {
    transport_ = taking_->http.transport(*executor_);
  } else if (!taking_->curl.base_url.empty()) {
    // On the transport's thread; executor_ outlives the transport.
    taking_->curl.on_notice = [this](const std::string& words) {
      executor_->post([this, words] { on_notice(words); });
    };
    SATCHEL_ASSIGN(transport_, sync::make_curl_transport(taking_->curl));
  }
  if (transport_ == nullptr || !taking_->tokens.given()) return {};
  sync::EngineOptions options;
  options.watch = true;
  options.other_process_ms = look_every_ms;
  options.watch_file = true;
  engine_ = sync::make_engine(*store_, *transport_, taking_->tokens, *executor_, taking_->clock, random_,
                              taking_->logger, options);
  engine_->observe([this](const sync::EngineStatus& status) { on_status(status); });
  return {};
}

Result<> Handle::need_engine() {
  if (transport_ == nullptr) {
    return make_error(Code::invalid, "No central store is set up. Give the address of one to sync.", "base_url");
  }
  if (engine_ == nullptr) return make_error(Code::invalid, "There is no way to sign in. Give a token to sync.", "tokens");
  if (syncs_stopped_) return make_error(Code::cancelled, "The store is being closed.");
  engine_->network_changed(taking_->connectivity.online());
  return {};
}

Result<> Handle::close() {
  if (std::this_thread::get_id() == thread_id_ || notifier_->on_this_thread()) {
    return make_error(Code::invalid, "A store cannot be closed from inside one of its own callbacks.");
  }
  notifier_->close();  // first: an observer may be in a call that waits for the store's thread
  std::promise<void> done;
  thread_->post([this, &done] {
    if (engine_ != nullptr && !ended_) engine_->stop();
    thread_->cancel(index_timer_);
    indexer_.reset();
    watching_ = false;
    finish_all_syncs(make_error(Code::cancelled, "The store was closed."));
    engine_.reset();
    transport_.reset();
    taking_->tokens.set_executor(nullptr);  // a late answer finds nobody
    {
      const std::lock_guard lock(mutex_);
      readers_.clear();
    }
    store_.reset();
    closed_ = true;
    done.set_value();
  });
  done.get_future().wait();
  thread_.reset();
  return {};
}

// ---- the end

Result<> Handle::usable() const {
  if (ended_) return ended_error();
  return {};
}

Error Handle::ended_error() const {
  const std::lock_guard lock(mutex_);
  return internal_error(ended_place_);
}

void Handle::end(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    ended_place_ = error.place;
    ended_ = true;
  }
  taking_->logger.log(LogLevel::error, "handle_ended", {{"place", error.place}});
  notifier_->poke();
  if (!closed_) thread_->post([this, error] { finish_all_syncs(error); });
}

// ---- reading

Result<std::unique_ptr<store::Reader>> Handle::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!readers_.empty()) {
      auto reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
  }
  return store_->reader();  // allowed on any thread: it opens a connection of its own
}

void Handle::give_back(std::unique_ptr<store::Reader> reader) {
  const std::lock_guard lock(mutex_);
  if (readers_.size() < idle_readers) readers_.push_back(std::move(reader));
}

Result<std::string> Handle::read(
    const std::function<Result<std::string>(store::Reader&, const store::ReadToken&)>& work) {
  return guard<std::string>([&]() -> Result<std::string> {
    SATCHEL_ASSIGN(auto reader, borrow());
    SATCHEL_ASSIGN(const store::ReadToken token, reader->begin());
    Result<std::string> result = work(*reader, token);
    reader->end();
    give_back(std::move(reader));
    return result;
  });
}

Result<> Handle::copy_to(const std::string& path) {
  // Not guarded: it works after the end too, on a connection that no failed check has seen.
  try {
    std::error_code unknown;
    if (std::filesystem::exists(path, unknown) || unknown) {  // perhaps this very store, or another one
      return make_error(Code::invalid, "There is a file of this name already. It was left as it is.", path);
    }
    SATCHEL_ASSIGN(auto reader, store_->reader());
    return reader->database().backup_to(path);
  } catch (...) {
    return current_exception_error();
  }
}

// ---- the full-text index

// In steps, so that a commit finds its turn between them. What fails is tried again with the next write.
void Handle::index_later(int64_t delay_ms) {
  if (resting_) return;
  executor_->cancel(index_timer_);
  index_timer_ = executor_->post_after(delay_ms, [this] {
    const auto progress = index_words();
    if (progress.ok() && progress->waiting > 0) index_later(1);
  });
}

template <class T>
Result<T> Handle::with_indexer(const std::function<Result<T>(store::WordIndexer&)>& work) {
  const std::lock_guard lock(indexing_);
  return guard<T>([&]() -> Result<T> {
    if (indexer_ == nullptr) {
      SATCHEL_ASSIGN(indexer_, store::WordIndexer::open(taking_->store));
    }
    return work(*indexer_);
  });
}

Result<store::SearchProgress> Handle::index_words() {
  return with_indexer<store::SearchProgress>(
      [](store::WordIndexer& indexer) { return indexer.index_some(indexed_at_once); });
}

// On a connection of its own: whoever searches meanwhile need not wait for it.
Result<store::SearchVerdict> Handle::verify_words() {
  return guard<store::SearchVerdict>([this]() -> Result<store::SearchVerdict> {
    SATCHEL_ASSIGN(const auto indexer, store::WordIndexer::open(taking_->store));
    return indexer->verify();
  });
}

Result<> Handle::make_words_anew() {
  taking_->logger.log(LogLevel::warning, "search_index_made_anew", {});
  SATCHEL_TRY(with_indexer<void>([](store::WordIndexer& indexer) { return indexer.make_anew(); }));
  executor_->post([this] {
    if (!closed_) index_later(0);
  });
  return {};
}

// ---- sync

Result<> Handle::after_commit() {
  resting_ = false;
  notifier_->poke();
  index_later(index_after_ms);
  if (engine_ != nullptr) engine_->local_commit();
  return {};
}

uint64_t Handle::add_sync(Done done) {
  syncs_[++last_sync_] = std::move(done);
  return last_sync_;
}

Result<> Handle::start_sync(Done done) {
  SATCHEL_TRY(need_engine());
  resting_ = false;
  engine_->sync_once([this, id = add_sync(std::move(done))](const Result<sync::EngineStatus>& result) {
    if (!result.ok()) return finish_sync(id, result.error());
    on_status(*result);
    finish_sync(id, status_json(result->store));
  });
  return {};
}

Result<> Handle::start_sync(Done done, std::chrono::steady_clock::time_point deadline) {
  SATCHEL_TRY(need_engine());
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  const uint64_t id = add_sync(std::move(done));
  engine_->sync_within(std::max<int64_t>(left.count(), 0), [this, id](const sync::SyncOutcome& outcome) {
    if (syncs_.count(id) == 0) return;  // cancelled, or the store is closed
    if (outcome.error && outcome.error->code == Code::cancelled) return finish_sync(id, *outcome.error);
    on_status(outcome.status);
    finish_sync(id, outcome_json(outcome.end, outcome.error));
    if (outcome.end == sync::SyncEnd::out_of_time) stop_if_unwanted();
  });
  return {};
}

void Handle::finish_sync(uint64_t id, const Result<std::string>& answer) {
  const auto it = syncs_.find(id);
  if (it == syncs_.end()) return;
  const Done done = std::move(it->second);
  syncs_.erase(it);
  satchel_error* error = answer.ok() ? nullptr : give(answer.error());
  if ((*done)->call != nullptr) (*done)->call((*done)->context, error, slice(answer.ok() ? *answer : std::string_view()));
  satchel_error_free(error);
}

void Handle::finish_all_syncs(const Error& error) {
  while (!syncs_.empty()) finish_sync(syncs_.begin()->first, error);
}

Result<> Handle::cancel_sync(const void* context) {
  const auto it = std::find_if(syncs_.begin(), syncs_.end(), [context](const auto& sync) {
    return (*sync.second)->context == context;
  });
  if (it == syncs_.end()) return {};
  finish_sync(it->first, make_error(Code::cancelled, "The sync was cancelled."));
  stop_if_unwanted();
  return {};
}

Result<> Handle::stop_syncs() {
  syncs_stopped_ = true;
  finish_all_syncs(make_error(Code::cancelled, "The store is being closed."));
  watching_ = false;
  if (engine_ != nullptr) engine_->stop();
  return {};
}

void Handle::stop_if_unwanted() {
  if (syncs_.empty() && !watching_) engine_->stop();
}

Result<> Handle::start_watch() {
  SATCHEL_TRY(need_engine());
  resting_ = false;
  if (watching_) return {};
  watching_ = true;
  engine_->start();
  return {};
}

Result<> Handle::stop_watch() {
  if (!watching_) return {};
  watching_ = false;
  if (syncs_.empty()) {
    engine_->stop();  // also what a cancelled sync began, of which the engine does not know that nobody waits
  } else {
    engine_->stop_watching();
  }
  return {};
}

Result<> Handle::rest() {
  resting_ = true;
  executor_->cancel(index_timer_);
  return store_->flush();
}

Result<> Handle::network_changed(bool online) {
  if (engine_ != nullptr) engine_->network_changed(online);
  return {};
}

void Handle::on_status(const sync::EngineStatus& status) {
  {
    const std::lock_guard lock(mutex_);
    last_status_ = status;
  }
  notifier_->poke();
  index_later(index_after_ms);
}

void Handle::on_notice(const std::string& words) {
  taking_->logger.log(LogLevel::warning, "sync_notice", {{"words", words}});
  sync::EngineStatus status;
  {
    const std::lock_guard lock(mutex_);
    notice_ = words;
    status = last_status_;
  }
  on_status(status);
}

sync::EngineStatus Handle::shown_status(const store::Status& now) {
  sync::EngineStatus status;
  {
    const std::lock_guard lock(mutex_);
    status = last_status_;
  }
  status.store = now;
  status.words = sync::status_words(status, taking_->clock.wall_ms(), taking_->language);
  return status;
}

std::string Handle::status_json(const store::Status& now) {
  nlohmann::json out = to_json(shown_status(now), taking_->clock.monotonic_ms(), taking_->language);
  const std::lock_guard lock(mutex_);
  out["notice"] = notice_.empty() ? nlohmann::json() : nlohmann::json(notice_);
  return dump(out);
}

Result<std::string> Handle::status() {
  return read([this](store::Reader& reader, const store::ReadToken&) -> Result<std::string> {
    SATCHEL_ASSIGN(const store::Status now, reader.status());
    return status_json(now);
  });
}

// ---- in the background

Deadline deadline_in(int64_t within_ms) {
  if (within_ms == 0) return std::nullopt;
  constexpr int64_t longest_ms = 30 * 86'400'000LL;  // further on the clock of the system might end
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(std::min(within_ms, longest_ms));
}

Result<nlohmann::json> Handle::left() {
  nlohmann::json out;
  SATCHEL_TRY(read([&](store::Reader& reader, const store::ReadToken&) -> Result<std::string> {
    SATCHEL_ASSIGN(const store::Status now, reader.status());
    SATCHEL_ASSIGN(const uint64_t records, reader.unsent_records());
    out = left_json(shown_status(now), records);
    return std::string();
  }));
  return out;
}

Result<std::string> Handle::outcome_json(sync::SyncEnd end, const std::optional<Error>& error) {
  SATCHEL_ASSIGN(nlohmann::json what_is_left, left());
  return dump({{"ended", end_name(end)}, {"error", error_json(error)}, {"left", std::move(what_is_left)}});
}

Result<std::string> Handle::background_json(bool flushed) {
  SATCHEL_ASSIGN(nlohmann::json what_is_left, left());
  return dump({{"flushed", flushed}, {"left", std::move(what_is_left)}});
}

}  // namespace satchel::abi
