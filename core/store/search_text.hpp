// The words of a record that a search finds: all that stands and that a person wrote as words. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/merge/record.hpp"
#include "core/model/schema.hpp"

namespace satchel::store {

struct SearchText {
  std::string field;
  std::string text;
  bool title = false;  // of a field that lists are made of (indexed): a hit in it counts more
};

// Fields of type text and code (its words, not the code) of every kind, with all values that stand side by side, elements
// and parts of sets and lists among them. Not labels and levels, which are no words of anybody, nor references, numbers,
// dates. In the order of the fields' names; empty ones are left out.
std::vector<SearchText> search_texts(const merge::RecordState& state, const model::Collection& collection);

}  // namespace satchel::store
