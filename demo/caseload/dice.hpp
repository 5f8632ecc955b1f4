// Numbers that follow from a seed, the same on every machine. SplitMix64 (Steele, Lea and Flood, 2014).
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace satchel::demo {

class Dice {
 public:
  // Two numbers, so that each case has a sequence of its own.
  Dice(uint64_t seed, uint64_t stream) : state_(mixed(seed + 0x9e3779b97f4a7c15u) ^ mixed(stream * 2 + 1)) {}

  uint64_t next() { return mixed(state_ += 0x9e3779b97f4a7c15u); }
  unsigned below(unsigned bound) { return static_cast<unsigned>((next() >> 32) * bound >> 32); }
  unsigned between(unsigned low, unsigned high) { return low + below(high - low + 1); }  // both may come
  bool one_in(unsigned many) { return below(many) == 0; }
  template <class T, size_t N>
  const T& pick(const std::array<T, N>& from) {
    return from[below(N)];
  }

 private:
  static uint64_t mixed(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

}  // namespace satchel::demo
