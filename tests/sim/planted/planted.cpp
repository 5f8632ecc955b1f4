#include "tests/sim/planted/planted.hpp"

#include "tests/sim/world.hpp"

namespace satchel::sim {
namespace {

// A fault is not handed down through every constructor.
std::string& the_fault() {
  static std::string fault;
  return fault;
}

}  // namespace

bool planted(std::string_view fault) { return !the_fault().empty() && the_fault() == fault; }
void plant(std::string_view fault) { the_fault() = fault; }

Found find_planted(const std::string& name, uint64_t from, uint64_t worlds_most) {
  Found found;
  for (uint64_t i = 0; i < worlds_most && found.after == 0; ++i) {
    plant(name);
    const Outcome outcome = run_world(make_plan(from + i), false);
    plant({});
    if (outcome.violations.empty()) continue;
    found = {i + 1, from + i, outcome.violations.front().check, outcome.violations.front().what};
  }
  return found;
}

}  // namespace satchel::sim
