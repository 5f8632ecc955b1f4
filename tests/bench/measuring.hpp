// Clocks and counters of processes. Time on a processor leaves out what others on the machine do, and waiting for a disk.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace satchel::bench {

// Longer than this nothing may take; what does has stalled.
inline constexpr double patience_ms = 900'000;

class Stopwatch {
 public:
  double ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Time on processors so far, of all threads.
double cpu_ms();
double cpu_ms_of(pid_t process);

// Of /proc/PID/status, in bytes.
uint64_t resident_now(pid_t process);
uint64_t resident_most(pid_t process);
// How often its threads have waited for something so far, each counted.
uint64_t waits_of(pid_t process);

// The least time on a processor that a step takes, in milliseconds; and beside it, turn about, a baseline's.
struct Pair {
  double ours = 0, baseline = 0;
};
Pair least_cpu_ms(unsigned times, const std::function<void()>& ours, const std::function<void()>& baseline);

}  // namespace satchel::bench
