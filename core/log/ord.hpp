// Ordering time (DESIGN §2.8): one formula, used by the centre once per transaction and by the device as a guess.
#pragma once

#include <cstdint>

namespace satchel::log {

struct OrdInput {
  int64_t wall_ms = 0;        // the device's clock at commit
  int64_t heard_ms = 0;       // last server time heard before the commit
  int64_t sent_at_ms = 0;     // the device's clock when the push left
  int64_t received_ms = 0;    // the centre's time, monotone per scope
  uint64_t greatest_in_base = 0;
};

// max(1 + greatest_in_base, clamp(wall - skew, heard, received) << 16); skew = sent_at - received, 0 within 2 minutes;
// heard above received counts as received.
uint64_t ord(const OrdInput& input);

inline constexpr int64_t tolerated_skew_ms = 120'000;

}  // namespace satchel::log
