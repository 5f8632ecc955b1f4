#include "core/base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace satchel {

int64_t SystemClock::wall_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int64_t SystemClock::monotonic_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string format_instant(int64_t wall_ms) {
  constexpr int64_t first_second = -62'167'219'200;  // 0000-01-01
  constexpr int64_t last_second = 253'402'300'799;   // 9999-12-31T23:59:59
  const int64_t floored = wall_ms / 1000 - (wall_ms % 1000 < 0 ? 1 : 0);
  const int64_t seconds = std::clamp(floored, first_second, last_second);
  const std::chrono::sys_seconds instant{std::chrono::seconds{seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{instant - day};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

}  // namespace satchel
