#include "tests/sim/timeline.hpp"

#include <algorithm>

namespace satchel::sim {

Timeline::Ticket Timeline::after(int64_t delay_ms, Task task) {
  const Ticket ticket{now_ + std::max<int64_t>(delay_ms, 0), ++last_};
  tasks_.emplace(ticket, std::move(task));
  return ticket;
}

bool Timeline::run_next(int64_t limit) {
  const auto first = tasks_.begin();
  if (first == tasks_.end() || first->first.first > limit) {
    now_ = std::max(now_, limit);
    return false;
  }
  now_ = first->first.first;
  const Task task = std::move(first->second);
  tasks_.erase(first);
  ++steps_;
  task();
  return true;
}

int64_t MachineClock::wall_ms() const {
  const int64_t drifted = (timeline_.now() - drift_since_) * drift_ / 1'000'000;
  return kBeginning + timeline_.now() + offset_ + drifted;
}

void MachineClock::drift(int64_t parts_per_million) {
  offset_ += (timeline_.now() - drift_since_) * drift_ / 1'000'000;
  drift_since_ = timeline_.now();
  drift_ = parts_per_million;
}

void MachineClock::correct() {
  drift(0);
  offset_ = 0;
}

Executor::TimerId MachineExecutor::post_after(int64_t delay_ms, Task task) {
  const TimerId id = ++last_;
  waiting_[id] = timeline_.after(delay_ms, [this, id, task = std::move(task)] {
    waiting_.erase(id);
    around_(task);
  });
  return id;
}

void MachineExecutor::cancel(TimerId timer) {
  const auto found = waiting_.find(timer);
  if (found == waiting_.end()) return;
  timeline_.cancel(found->second);
  waiting_.erase(found);
}

void MachineExecutor::close() {
  for (const auto& [id, ticket] : waiting_) timeline_.cancel(ticket);
  waiting_.clear();
}

}  // namespace satchel::sim
