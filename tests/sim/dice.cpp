#include "tests/sim/dice.hpp"

#include "core/base/hash.hpp"

namespace satchel::sim {

uint64_t stream(uint64_t seed, std::string_view use, uint64_t number) {
  const Hash256 hash = Hasher("satchel.sim").number(seed).part(use).number(number).finish();
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | hash.bytes[static_cast<size_t>(i)];
  return value;
}

int64_t Dice::between(int64_t least, int64_t most) {
  return least + static_cast<int64_t>(below(static_cast<uint64_t>(most - least) + 1));
}

}  // namespace satchel::sim
