#include "core/base/executor.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>


namespace satchel {
namespace {

class ThreadExecutor final : public Executor {
 public:
  ThreadExecutor() : thread_([this] { work(); }) {}

  ~ThreadExecutor() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      timers_.clear();
    }
    wake_.notify_one();
    thread_.join();
  }

  void post(Task task) override {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      queue_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

  TimerId post_after(int64_t delay_ms, Task task) override {
    TimerId id = 0;
    {
      const std::lock_guard lock(mutex_);
      id = ++last_timer_;
      if (stopping_) return id;
      const auto due = Steady::now() + std::chrono::milliseconds(delay_ms < 0 ? 0 : delay_ms);
      timers_.emplace(Due{due, id}, std::move(task));
    }
    wake_.notify_one();
    return id;
  }

  void cancel(TimerId timer) override {
    const std::lock_guard lock(mutex_);
    for (auto it = timers_.begin(); it != timers_.end(); ++it) {
      if (it->first.second == timer) {
        timers_.erase(it);
        return;
      }
    }
  }

 private:
  using Steady = std::chrono::steady_clock;
  using Due = std::pair<Steady::time_point, TimerId>;

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      collect_due();
      if (!queue_.empty()) {
        Task task = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        task();
        task = nullptr;  // what it captured goes before the next one runs, and not under the lock
        lock.lock();
      } else if (stopping_) {
        return;
      } else if (timers_.empty()) {
        wake_.wait(lock);
      } else {
        const auto due = timers_.begin()->first.first;  // a copy: the timer may be cancelled while we wait
        wake_.wait_until(lock, due);
      }
    }
  }

  void collect_due() {
    const auto now = Steady::now();
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
      queue_.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> queue_;
  std::map<Due, Task> timers_;
  TimerId last_timer_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // last: starts when the rest exists
};

}  // namespace

std::unique_ptr<Executor> make_thread_executor() { return std::make_unique<ThreadExecutor>(); }

struct ManualExecutor::Impl {
  using Due = std::pair<int64_t, TimerId>;
  ManualClock& clock;
  std::map<Due, Task> tasks;
  TimerId last = 0;

  TimerId add(int64_t delay_ms, Task task) {
    const TimerId id = ++last;
    tasks.emplace(Due{clock.monotonic_ms() + (delay_ms < 0 ? 0 : delay_ms), id}, std::move(task));
    return id;
  }

  bool run_first_until(int64_t limit) {
    if (tasks.empty() || tasks.begin()->first.first > limit) return false;
    const int64_t due = tasks.begin()->first.first;
    const Task task = std::move(tasks.begin()->second);
    tasks.erase(tasks.begin());
    if (due > clock.monotonic_ms()) clock.advance(due - clock.monotonic_ms());
    task();
    return true;
  }
};

ManualExecutor::ManualExecutor(ManualClock& clock) : impl_(new Impl{clock, {}, 0}) {}
ManualExecutor::~ManualExecutor() = default;

void ManualExecutor::post(Task task) { impl_->add(0, std::move(task)); }
Executor::TimerId ManualExecutor::post_after(int64_t delay_ms, Task task) {
  return impl_->add(delay_ms, std::move(task));
}

void ManualExecutor::cancel(TimerId timer) {
  std::erase_if(impl_->tasks, [timer](const auto& item) { return item.first.second == timer; });
}

void ManualExecutor::run_ready() {
  while (impl_->run_first_until(impl_->clock.monotonic_ms())) {
  }
}

bool ManualExecutor::run_next() { return impl_->run_first_until(INT64_MAX); }

void ManualExecutor::run_for(int64_t ms) {
  const int64_t end = impl_->clock.monotonic_ms() + ms;
  while (impl_->run_first_until(end)) {
  }
  if (impl_->clock.monotonic_ms() < end) impl_->clock.advance(end - impl_->clock.monotonic_ms());
}

bool ManualExecutor::idle() const { return impl_->tasks.empty(); }

}  // namespace satchel
