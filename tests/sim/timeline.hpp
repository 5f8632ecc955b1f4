// Simulated time: one queue for the whole world. Each machine has an executor on it and a clock of its own that may be
// wrong; true time is what the timeline says.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/executor.hpp"

namespace satchel::sim {

inline constexpr int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
inline constexpr int64_t kBeginning = 1'790'000'000'000;  // true wall time at 0

class Timeline {
 public:
  using Task = std::function<void()>;
  using Ticket = std::pair<int64_t, uint64_t>;  // when, and the order among equals

  int64_t now() const { return now_; }  // milliseconds since the world began
  Ticket after(int64_t delay_ms, Task task);
  void cancel(const Ticket& ticket) { tasks_.erase(ticket); }
  bool run_next(int64_t limit);  // the next task that is due by then; false: there is none, and it is `limit` now
  void run_until(int64_t limit) {
    while (run_next(limit)) {
    }
  }
  uint64_t steps() const { return steps_; }

 private:
  int64_t now_ = 0;
  uint64_t last_ = 0, steps_ = 0;
  std::map<Ticket, Task> tasks_;
};

// Wall time may jump and run fast or slow; monotonic time is true.
class MachineClock final : public Clock {
 public:
  explicit MachineClock(const Timeline& timeline) : timeline_(timeline) {}
  int64_t wall_ms() const override;
  int64_t monotonic_ms() const override { return timeline_.now(); }
  void jump(int64_t ms) { offset_ += ms; }
  void stand_at(int64_t wall_ms) { offset_ += wall_ms - this->wall_ms(); }
  void drift(int64_t parts_per_million);  // from now on
  void correct();                         // true again

 private:
  const Timeline& timeline_;
  int64_t offset_ = 0, drift_ = 0, drift_since_ = 0;
};

// Runs a machine's tasks through `around`, which notices when the machine dies of one. What is posted before close()
// never runs afterwards.
class MachineExecutor final : public Executor {
 public:
  using Around = std::function<void(const Task&)>;
  MachineExecutor(Timeline& timeline, Around around) : timeline_(timeline), around_(std::move(around)) {}
  ~MachineExecutor() override { close(); }
  void post(Task task) override { post_after(0, std::move(task)); }
  TimerId post_after(int64_t delay_ms, Task task) override;
  void cancel(TimerId timer) override;
  void close();

 private:
  Timeline& timeline_;
  Around around_;
  std::map<TimerId, Timeline::Ticket> waiting_;
  TimerId last_ = 0;
};

}  // namespace satchel::sim
