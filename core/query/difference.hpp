// What is different between two orders of the same kind of things, said in the fewest moves.
#pragma once

#include <cstddef>
#include <vector>

namespace satchel::query {

struct Move {
  size_t from = 0;  // place in the list before
  size_t to = 0;    // place in the list now
  bool operator==(const Move&) const = default;
};

// Of those that stand in both lists: place now of each, in the order of the list before, with their places before. The
// fewest are moved: all others keep their order among each other. Ascending by `from`.
std::vector<Move> fewest_moves(const std::vector<Move>& kept);

}  // namespace satchel::query
