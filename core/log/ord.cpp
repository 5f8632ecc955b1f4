#include "core/log/ord.hpp"

#include <algorithm>
#include <limits>

namespace satchel::log {
namespace {

constexpr int64_t greatest_ms = (int64_t{1} << 48) - 1;  // what the upper 48 bits hold

// a - b, at the limits of the type instead of beyond them: both come from clocks nobody can trust.
int64_t minus(int64_t a, int64_t b) {
  int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a < b ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

}  // namespace

uint64_t ord(const OrdInput& input) {
  const int64_t received = std::clamp(input.received_ms, int64_t{0}, greatest_ms);
  const int64_t heard = std::clamp(input.heard_ms, int64_t{0}, received);
  int64_t skew = minus(input.sent_at_ms, received);
  if (skew >= -tolerated_skew_ms && skew <= tolerated_skew_ms) skew = 0;
  const int64_t written = std::clamp(minus(input.wall_ms, skew), heard, received);
  const uint64_t by_clock = static_cast<uint64_t>(written) << 16;
  const uint64_t highest = std::numeric_limits<uint64_t>::max();
  const uint64_t after_base = input.greatest_in_base == highest ? highest : input.greatest_in_base + 1;
  return std::max(by_clock, after_base);
}

}  // namespace satchel::log
