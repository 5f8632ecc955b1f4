// handle: one open store - its thread, its readers, its engine - and the one place where a failed check is caught.
//
// The store and the engine are touched on the executor's thread only; readers on the caller's, and on that of live.hpp. A
// failed check anywhere ends the handle: tasks of the engine are dropped from then on, every call returns Code::internal.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/executor.hpp"
#include "core/base/random.hpp"
#include "core/merge/words.hpp"
#include "core/store/store.hpp"
#include "core/store/word_indexer.hpp"
#include "platform/c/callbacks.hpp"
#include "platform/c/live.hpp"
#include "platform/c/support.hpp"
#include "sync/engine.hpp"

namespace satchel::abi {

// For commits of other processes, where the system does not tell of them.
inline constexpr int64_t look_every_ms = 250;

// What satchel_options says, taken over: from here on the app's callbacks are owned.
struct Taking {
  explicit Taking(const satchel_options& options);
  merge::Language language = merge::Language::english;
  store::Options store;
  sync::CurlOptions curl;
  AppClock clock;
  AppLogger logger;
  AppTokens tokens;
  AppHttp http;
  AppConnectivity connectivity;
  AppSecrets secrets;
};

// When a call has to have returned; empty: whenever it is done.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;
Deadline deadline_in(int64_t within_ms);  // 0: none

class Handle {
 public:
  static Result<std::unique_ptr<Handle>> open(std::unique_ptr<Taking> taking);
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  // Code::invalid from inside a callback. Everything is let go of; the object can only be destroyed afterwards.
  Result<> close();

  // Runs `work` on the store's thread and waits for it.
  template <class T>
  Result<T> on_thread(std::function<Result<T>(Handle&)> work);
  // The same, waiting no longer than that; empty: it runs later, and has to own what it uses.
  template <class T>
  std::optional<Result<T>> on_thread(std::function<Result<T>(Handle&)> work, Deadline deadline);
  // Runs `work` on this thread with a reader of its own, in one moment of the store.
  Result<std::string> read(const std::function<Result<std::string>(store::Reader&, const store::ReadToken&)>& work);

  // ---- on the store's thread
  store::Store& store() { return *store_; }
  Random& random() { return random_; }
  const Clock& clock() const { return taking_->clock; }
  Result<> after_commit();
  Result<> start_sync(std::shared_ptr<Taken<satchel_done>> done);
  Result<> start_sync(std::shared_ptr<Taken<satchel_done>> done, std::chrono::steady_clock::time_point deadline);
  Result<> cancel_sync(const void* context);  // of the satchel_done that start_sync took
  Result<> stop_syncs();  // for good
  Result<> start_watch();
  Result<> stop_watch();
  Result<> rest();  // what is committed is safe, and no work of our own waits for its time
  Result<> network_changed(bool online);

  // ---- on any thread
  // Some of what waits to be indexed; how much waits then. The rest goes on in the background.
  Result<store::SearchProgress> index_words();
  Result<store::SearchVerdict> verify_words();
  Result<> make_words_anew();
  // A reader of the pool, for one caller at a time; not given back after an error, it is closed.
  Result<std::unique_ptr<store::Reader>> borrow();
  void give_back(std::unique_ptr<store::Reader> reader);
  merge::Language language() const { return taking_->language; }
  const std::shared_ptr<Notifier>& notifier() { return notifier_; }
  // Runs `work` on this thread; a failed check in it ends the handle.
  template <class T>
  Result<T> guard(const std::function<Result<T>()>& work);
  Result<std::string> status();
  std::string status_json(const store::Status& now);
  // {"ended", "error", "left"} and {"flushed", "left"}: what is not at base yet
  Result<std::string> outcome_json(sync::SyncEnd end, const std::optional<Error>& error);
  Result<std::string> background_json(bool flushed);
  Result<> copy_to(const std::string& path);

 private:
  class Guarded;
  friend class Notifier;
  using Done = std::shared_ptr<Taken<satchel_done>>;

  explicit Handle(std::unique_ptr<Taking> taking);
  Result<> open_parts();
  Result<> make_engine();
  Result<> need_engine();
  Result<> usable() const;
  void end(const Error& error);
  Error ended_error() const;
  Result<nlohmann::json> left();
  sync::EngineStatus shown_status(const store::Status& now);
  uint64_t add_sync(Done done);
  void finish_sync(uint64_t id, const Result<std::string>& answer);
  void finish_all_syncs(const Error& error);
  void stop_if_unwanted();
  void on_status(const sync::EngineStatus& status);
  void on_notice(const std::string& words);
  void index_later(int64_t delay_ms);
  template <class T>
  Result<T> with_indexer(const std::function<Result<T>(store::WordIndexer&)>& work);

  std::unique_ptr<Taking> taking_;
  SystemRandom random_;
  std::unique_ptr<Executor> thread_;    // runs everything, also after the end
  std::unique_ptr<Guarded> executor_;   // what the engine sees: nothing runs after the end
  std::atomic<std::thread::id> thread_id_;

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<sync::Transport> transport_;
  std::unique_ptr<sync::Engine> engine_;
  bool watching_ = false;
  bool syncs_stopped_ = false;
  bool resting_ = false;                // since rest() nobody wrote, synced or watched: nothing is done unasked
  Executor::TimerId index_timer_ = 0;
  const std::shared_ptr<Notifier> notifier_ = std::make_shared<Notifier>(*this);  // outlived by what the app follows
  std::map<uint64_t, Done> syncs_;
  uint64_t last_sync_ = 0;

  std::mutex indexing_;
  std::unique_ptr<store::WordIndexer> indexer_;  // opened when it is first needed

  std::atomic<bool> closed_ = false;
  std::atomic<bool> ended_ = false;
  mutable std::mutex mutex_;            // the four below: what several threads touch
  std::string ended_place_;
  std::vector<std::unique_ptr<store::Reader>> readers_;
  sync::EngineStatus last_status_;
  std::string notice_;                  // of the transport: it works, but somebody should act
};

template <class T>
Result<T> Handle::guard(const std::function<Result<T>()>& work) {
  SATCHEL_TRY(usable());
  try {
    return work();
  } catch (...) {
    const Error error = current_exception_error();
    end(error);
    return error;
  }
}

template <class T>
std::optional<Result<T>> Handle::on_thread(std::function<Result<T>(Handle&)> work, Deadline deadline) {
  if (std::this_thread::get_id() == thread_id_) {
    return make_error(Code::invalid, "This call may not be made from inside a callback of the same store.");
  }
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto result = promise->get_future();
  thread_->post([this, promise, work = std::move(work)] {
    promise->set_value(guard<T>([this, &work] { return work(*this); }));
  });
  if (deadline && result.wait_until(*deadline) != std::future_status::ready) return std::nullopt;
  return result.get();
}

template <class T>
Result<T> Handle::on_thread(std::function<Result<T>(Handle&)> work) {
  return *on_thread<T>(std::move(work), Deadline());
}

}  // namespace satchel::abi

struct satchel_store {
  std::unique_ptr<satchel::abi::Handle> handle;
};
