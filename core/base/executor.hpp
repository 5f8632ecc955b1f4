// Where work runs. One executor per open database: everything posted to it runs one after the other, in order,
// never inside post() itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/clock.hpp"

namespace satchel {

class Executor {
 public:
  using Task = std::function<void()>;
  using TimerId = uint64_t;
  virtual ~Executor() = default;
  virtual void post(Task task) = 0;                             // from any thread
  virtual TimerId post_after(int64_t delay_ms, Task task) = 0;  // from any thread
  virtual void cancel(TimerId timer) = 0;                       // no effect when it has already run
};

// One thread. The destructor runs what is queued (not the timers) and joins; tasks posted afterwards are dropped.
std::unique_ptr<Executor> make_thread_executor();

// Runs only when told, in due order, advancing the clock itself: tests need no sleep. Not thread-safe.
class ManualExecutor final : public Executor {
 public:
  explicit ManualExecutor(ManualClock& clock);
  ~ManualExecutor() override;
  void post(Task task) override;
  TimerId post_after(int64_t delay_ms, Task task) override;
  void cancel(TimerId timer) override;
  void run_ready();                    // everything due now
  bool run_next();                     // advances the clock to the next task and runs it; false when there is none
  void run_for(int64_t ms);            // everything due within `ms`; the clock ends there
  bool idle() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel
