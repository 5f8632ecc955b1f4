// Time, always in milliseconds. Wall time is what the device's owner set: it may be years wrong and may jump
// (DESIGN §2.8); monotonic time only measures intervals.
#pragma once

#include <cstdint>
#include <string>

namespace satchel {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t wall_ms() const = 0;       // since 1970-01-01 UTC
  virtual int64_t monotonic_ms() const = 0;  // since an arbitrary start; never goes back
};

class SystemClock final : public Clock {
 public:
  int64_t wall_ms() const override;
  int64_t monotonic_ms() const override;
};

// Stands still until told; for tests and the simulator. Not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t wall = 1'790'000'000'000) : wall_(wall) {}
  int64_t wall_ms() const override { return wall_; }
  int64_t monotonic_ms() const override { return monotonic_; }
  void advance(int64_t ms) { wall_ += ms; monotonic_ += ms; }
  void set_wall(int64_t ms) { wall_ = ms; }

 private:
  int64_t wall_;
  int64_t monotonic_ = 0;
};

// "2026-11-21T14:03:00Z"; years outside 0..9999 are clamped.
std::string format_instant(int64_t wall_ms);

}  // namespace satchel
