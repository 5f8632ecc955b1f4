// search_words: what a person typed, as words to be found, and the piece of a text that shows them. For search.cpp.
#pragma once

#include "core/query/search.hpp"
#include "core/sqlite/tokenizer.hpp"
#include "core/store/search_text.hpp"

namespace satchel::query {

// Words that stand one after the other; of the last one only the beginning when `prefix`.
struct Term {
  std::vector<std::string> words;  // folded
  bool prefix = false;
  bool operator==(const Term&) const = default;
};

// Takes any text.
Result<std::vector<Term>> parse_search(const sqlite::Tokenizer& tokenizer, std::string_view text);
// As FTS5 reads it: all of them.
std::string match_of(const std::vector<Term>& terms);

struct Snippet {
  std::string field;
  std::vector<Piece> pieces;
};
// Of the text in which most of the terms occur, the window with most of them.
Result<Snippet> snippet_of(const sqlite::Tokenizer& tokenizer, const std::vector<store::SearchText>& texts,
                           const std::vector<Term>& terms);

}  // namespace satchel::query
