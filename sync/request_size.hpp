// How large the next request and its answer may be: begins small, doubles while exchanges are quick, halves when one
// was slow or broke off. So a link of 30 kbit/s, or one that breaks every minute, still gets whole answers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/store/store.hpp"

namespace satchel::sync {

class RequestSize {
 public:
  explicit RequestSize(const store::RequestLimits& most) : most_(most) {}

  store::RequestLimits limits() const {
    return {std::max(most_.push_bytes >> shift_, std::min(least, most_.push_bytes)),
            std::max(most_.answer_bytes >> shift_, std::min(least, most_.answer_bytes))};
  }
  void answered(int64_t elapsed_ms) {
    if (elapsed_ms < quick_ms) grow();
    if (elapsed_ms > slow_ms) shrink();
  }
  void broke() { shrink(); }
  // False when it is already as small as it gets.
  bool shrink() {
    if (shift_ >= smallest_shift) return false;
    ++shift_;
    return true;
  }

  static constexpr int64_t quick_ms = 3'000;
  static constexpr int64_t slow_ms = 15'000;
  static constexpr size_t least = 8 << 10;

 private:
  void grow() {
    if (shift_ > 0) --shift_;
  }
  static constexpr unsigned smallest_shift = 7;
  store::RequestLimits most_;
  unsigned shift_ = 3;
};

}  // namespace satchel::sync
