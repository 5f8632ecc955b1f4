// How long to wait before the next attempt: "Full Jitter" of Brooker, Exponential Backoff and Jitter (AWS
// Architecture Blog, 2015): sleep = random_between(0, min(cap, base * 2^attempt)).
#pragma once

#include <cstdint>

#include "core/base/random.hpp"

namespace satchel::sync {

// Uniform in [0, min(cap_ms, base_ms * 2^attempt)], both ends included. `attempt` counts from 0.
int64_t full_jitter_ms(int64_t base_ms, int64_t cap_ms, uint32_t attempt, Random& random);

}  // namespace satchel::sync
