#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace satchel::merge::text {

// A sentence of the text as it stands into which several people wrote without seeing each other, and nobody has written
// anything since who had seen all of it.
struct SharedSentence {
  uint32_t from = 0, count = 0;      // scalar values
  std::vector<std::string> workers;  // who, ascending, at least two
  bool operator==(const SharedSentence&) const = default;
};

}  // namespace satchel::merge::text
