// list: a set whose elements each have a place. A place is a text; elements stand in the order of (place, id). Places
// are dense: between any two there is room for another, so a move writes one place and touches nothing else. Two people
// who put something into the same gap get different places (the random end), so nothing that follows is stuck between
// equals. Fractional indexing as in Greenspan, "Implementing Fractional Indexing" (2020), with jitter; the fewest moves
// are what a longest increasing subsequence leaves over.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/merge/record.hpp"

namespace satchel::merge {

// Is this a text that place_between could have made: digits 0-9A-Za-z, no 0 at the end, of bounded length?
bool is_place(std::string_view place);

// A place behind `before` and in front of `behind`; empty: the beginning, the end. Needs before < behind.
// Grows by one digit for about 60 elements put at the same end, and with the logarithm of what goes between.
std::string place_between(std::string_view before, std::string_view behind, Random& random);

struct Placed {
  std::string element;
  std::string place;
  bool operator==(const Placed&) const = default;
};

// Which elements have to get which new places so that those of `wanted` stand in this order: those in `moved`, whatever
// they have now, and as few others as possible. Elements that the list does not have are put where they are wanted,
// those it has but `wanted` leaves out stay where they are. `wanted` names none twice.
std::vector<Placed> fewest_moves(const FieldState& list, const std::vector<std::string>& wanted,
                                 const std::set<std::string>& moved, Random& random);

}  // namespace satchel::merge
