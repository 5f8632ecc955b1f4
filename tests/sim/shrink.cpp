#include "tests/sim/shrink.hpp"

#include <algorithm>

#include "tests/sim/world.hpp"

namespace satchel::sim {
namespace {

bool fails(const Plan& plan, const std::string& check) {
  const Outcome outcome = run_world(plan, false);
  return std::any_of(outcome.violations.begin(), outcome.violations.end(),
                     [&](const Violation& violation) { return violation.check == check; });
}

}  // namespace

// Delta debugging (Zeller 1999), greedy: ever smaller pieces are left out.
Plan shrunk(Plan plan, const std::string& check) {
  plan.write_more = false;
  if (!fails(plan, check)) plan.write_more = true;
  for (size_t piece = std::max<size_t>(plan.events.size() / 2, 1);; piece /= 2) {
    for (size_t at = 0; at < plan.events.size();) {
      Plan without = plan;
      const auto first = without.events.begin() + static_cast<std::ptrdiff_t>(at);
      without.events.erase(first, first + static_cast<std::ptrdiff_t>(std::min(piece, plan.events.size() - at)));
      if (fails(without, check)) {
        plan = std::move(without);
      } else {
        at += piece;
      }
    }
    if (piece <= 1) return plan;
  }
}

}  // namespace satchel::sim
