// tokenizer: a text cut into words as the full-text index cuts it, by the same code of SQLite (FTS5, unicode61): case and
// accents folded, so that "Llŷr" and "LLYR" are one word. For reading what a person types and for showing what was found.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/sqlite/database.hpp"

namespace satchel::sqlite {

// The option `tokenize` of every full-text table of ours.
#define SATCHEL_TOKENIZE "unicode61 remove_diacritics 2"

// In bytes of the text.
struct Stretch {
  size_t from = 0, count = 0;
};

class Tokenizer {
 public:
  // Lives as long as the database at most. Code::internal from an SQLite without FTS5.
  static Result<Tokenizer> of(Database& db);
  Tokenizer(Tokenizer&& other) noexcept;
  Tokenizer(const Tokenizer&) = delete;
  ~Tokenizer();

  // One word after the other, folded; `word` is there while `take` runs.
  Result<> each(std::string_view text, const std::function<void(std::string_view word, Stretch)>& take) const;
  Result<std::vector<std::string>> words(std::string_view text) const;

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::sqlite
