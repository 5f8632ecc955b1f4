// Randomness of the simulator: streams that do not disturb one another, all of one seed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/random.hpp"

namespace satchel::sim {

// A seed of its own for each use: what one part draws moves nothing for another.
uint64_t stream(uint64_t seed, std::string_view use, uint64_t number = 0);

class Dice final : public Random {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  Dice(uint64_t seed, std::string_view use, uint64_t number = 0) : random_(stream(seed, use, number)) {}
  void fill(void* out, size_t size) override { random_.fill(out, size); }
  int64_t between(int64_t least, int64_t most);  // both included
  bool chance(uint32_t permille) { return below(1000) < permille; }
  template <class T>
  const T& pick(const std::vector<T>& of) {
    return of[static_cast<size_t>(below(of.size()))];
  }

 private:
  SeededRandom random_;
};

}  // namespace satchel::sim
