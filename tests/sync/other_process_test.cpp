// The engine hears of another process's commits from the system, on a thread that is not its executor's.
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/sync/world.hpp"

namespace satchel::sync {
namespace {

// The world's executor; what other threads post waits until the test takes it over.
class Tray final : public Executor {
 public:
  explicit Tray(Executor& inner) : inner_(inner) {}
  void post(Task task) override {
    if (std::this_thread::get_id() == owner_) return inner_.post(std::move(task));
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(task));
    came_.notify_all();
  }
  TimerId post_after(int64_t delay_ms, Task task) override { return inner_.post_after(delay_ms, std::move(task)); }
  void cancel(TimerId timer) override { inner_.cancel(timer); }

  // False: nothing came.
  bool take_over() {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, std::chrono::seconds(20), [this] { return !waiting_.empty(); })) return false;
    for (Task& task : std::exchange(waiting_, {})) inner_.post(std::move(task));
    return true;
  }

 private:
  Executor& inner_;
  const std::thread::id owner_ = std::this_thread::get_id();
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Task> waiting_;
};

struct WatchingItsFile {
  WatchingItsFile() {
    EngineOptions options;
    options.watch = true;
    options.watch_file = true;
    options.other_process_ms = 3'600'000;
    engine = make_engine(*a.store, *transport, a.tokens, tray, w.clock, w.random, a.logger, options);
    engine->start();
    w.executor.run_for(5'000);
  }

  World w;
  const ScopeId scope = w.centre.grant("amira");
  Tablet a{w, "amira"};
  Tray tray{w.executor};
  std::unique_ptr<Transport> transport = make_in_process_transport(w.executor, w.centre.handler());
  std::unique_ptr<Engine> engine;
};

}  // namespace

#if defined(__linux__)

TEST_CASE_METHOD(WatchingItsFile, "Engine: commits of another process are sent when the system tells of them") {
  store::Options opening;
  opening.path = a.path;
  opening.create = false;
  const auto other = take(store::Store::open(opening, w.clock, w.random, a.logger));
  take(other->commit(note(w, scope, "from the other process")));
  REQUIRE(tray.take_over());
  w.executor.run_for(2'000);
  CHECK(a.status().unsent == 0);
}

// The engine's own write is what it looks for: whatever stands in the file by then counts, however the two were mixed.
TEST_CASE_METHOD(WatchingItsFile, "Engine: another process's commit in the middle of the engine's own is sent as well") {
  store::Options opening;
  opening.path = a.path;
  opening.create = false;
  const auto other = take(store::Store::open(opening, w.clock, w.random, a.logger));
  take(a.store->commit(note(w, scope, "from this one")));
  engine->local_commit();
  w.executor.run_for(10);
  REQUIRE(tray.take_over());
  take(other->commit(note(w, scope, "from the other process")));
  take(a.store->commit(note(w, scope, "from this one again")));
  w.executor.run_for(2'000);
  CHECK(a.status().unsent == 0);
}

TEST_CASE_METHOD(WatchingItsFile, "Engine: its own commits are not taken for another process's") {
  take(a.store->commit(note(w, scope, "from this one")));
  engine->local_commit();
  w.executor.run_for(10);
  REQUIRE(a.status().unsent == 0);
  const uint64_t before = w.centre.requests();
  REQUIRE(tray.take_over());
  w.executor.run_for(5'000);
  CHECK(w.centre.requests() - before <= 1);  // the long poll that follows
}

TEST_CASE_METHOD(WatchingItsFile, "Engine: a watching tablet does not wake up between its polls") {
  w.executor.run_for(5'000);
  const int64_t before = w.clock.monotonic_ms();
  REQUIRE(w.executor.run_next());
  CHECK(w.clock.monotonic_ms() - before > 60'000);
}

#endif

}  // namespace satchel::sync
