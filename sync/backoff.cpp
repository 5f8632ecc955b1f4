#include "sync/backoff.hpp"

#include <algorithm>

namespace satchel::sync {

int64_t full_jitter_ms(int64_t base_ms, int64_t cap_ms, uint32_t attempt, Random& random) {
  int64_t most = std::min(base_ms, cap_ms);
  for (uint32_t i = 0; i < attempt && most < cap_ms; ++i) most = most > cap_ms / 2 ? cap_ms : most * 2;
  if (most <= 0) return 0;
  return static_cast<int64_t>(random.below(static_cast<uint64_t>(most) + 1));
}

}  // namespace satchel::sync
