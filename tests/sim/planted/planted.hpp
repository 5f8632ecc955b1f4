// Is the simulator worth its time? Faults that are planted have to be found. See faults.txt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace satchel::sim {

std::vector<std::string> planted_faults();  // the names of all
bool planted(std::string_view fault);       // is it switched on? Asked by the planted copies
void plant(std::string_view fault);         // from here on this one and no other; empty: none. Not while a world runs

struct Found {
  uint64_t after = 0;  // worlds, the failing one included; 0: not found
  uint64_t seed = 0;
  std::string check, what;
};
Found find_planted(const std::string& name, uint64_t from, uint64_t worlds_most);

}  // namespace satchel::sim
