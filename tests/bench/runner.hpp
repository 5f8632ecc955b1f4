// Runs groups of figures: each prepared once, then round after round in a directory of its own, and prints what came out.
#pragma once

#include <optional>
#include <string>

#include "tests/bench/group.hpp"
#include "tests/bench/shared.hpp"

namespace satchel::bench {

struct Choices {
  std::string directory;  // on the disk that is to be measured
  std::string program;
  bool small = false, json = false;
  std::optional<unsigned> rounds;
};

inline Scale scale_of(const Choices& choices) { return choices.small ? small_scale() : Scale{}; }
Report run_group(const Group& group, const Choices& choices, Shared& shared);

}  // namespace satchel::bench
