// From "here is the whole new text" to edits: what a person probably did, so that it merges well with what others do.
#pragma once

#include <string_view>
#include <vector>

#include "core/merge/text/document.hpp"

namespace satchel::merge::text {

// Edits that make `before` into `after`, in the order in which they apply. Words and spaces are compared as wholes
// (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986, the divide-and-conquer refinement in linear space);
// a word that was only lengthened or shortened gets an edit inside. Lone unchanged spaces between two changes go with
// them. Where the texts have little in common the search is cut short: the result is larger than need be but right, and
// time stays within a small multiple of the length. Both are valid UTF-8.
std::vector<Edit> diff(std::string_view before, std::string_view after);

}  // namespace satchel::merge::text
