// Parts of a measurement that are processes of their own: commands of this program that a person has no use for.
#pragma once

#include <CLI/CLI.hpp>

namespace satchel::bench {

struct ChildChoices {
  std::string store, worker, url, authority, token, day, key, collection, records;
};
// What they say on their output is for caseload.cpp, memory.cpp and idle.cpp.
void add_children(CLI::App& app, ChildChoices& choices);

}  // namespace satchel::bench
