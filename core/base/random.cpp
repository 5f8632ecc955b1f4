#include "core/base/random.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "core/base/check.hpp"

namespace satchel {

uint64_t Random::u64() {
  uint64_t value = 0;
  fill(&value, sizeof value);
  return value;
}

uint64_t Random::below(uint64_t bound) {
  SATCHEL_CHECK(bound > 0);
  // Values under 2^64 mod bound are drawn again, so that every remainder is equally likely.
  const uint64_t reject = (0 - bound) % bound;
  uint64_t value = u64();
  while (value < reject) value = u64();
  return value % bound;
}

SystemRandom::SystemRandom() { SATCHEL_CHECK(sodium_init() >= 0); }

void SystemRandom::fill(void* out, size_t size) { randombytes_buf(out, size); }

void SeededRandom::fill(void* out, size_t size) {
  auto* bytes = static_cast<unsigned char*>(out);
  while (size > 0) {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    const size_t take = std::min(size, sizeof z);
    std::memcpy(bytes, &z, take);
    bytes += take;
    size -= take;
  }
}

}  // namespace satchel
