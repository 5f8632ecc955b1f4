#pragma once

#include <cstddef>
#include <cstdint>

namespace satchel {

// Source of randomness. Ids, salts and jitter all come through here.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(void* out, size_t size) = 0;
  uint64_t u64();
  // Uniform in [0, bound); bound > 0.
  uint64_t below(uint64_t bound);
};

// The operating system's generator (libsodium). Safe from any thread.
class SystemRandom final : public Random {
 public:
  SystemRandom();
  void fill(void* out, size_t size) override;
};

// Deterministic (splitmix64) for tests and the simulator; never for secrets. Not thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  void fill(void* out, size_t size) override;

 private:
  uint64_t state_;
};

}  // namespace satchel
