// A failing world told shorter: events are left out while the same check still fails.
#pragma once

#include <string>

#include "tests/sim/plan.hpp"

namespace satchel::sim {

Plan shrunk(Plan plan, const std::string& check);

}  // namespace satchel::sim
