#include <catch2/catch_test_macros.hpp>

#include "core/base/random.hpp"
#include "core/sqlite/tokenizer.hpp"
#include "tests/sqlite/opened.hpp"

using namespace satchel;
using namespace satchel::sqlite;

namespace {

// Letters of one to four bytes, marks that join the letter before them, what parts words in ASCII and beyond, and what is
// no UTF-8 at all.
const std::vector<std::string> signs = {"a",    "Z",    "q",        "7",        " ",        "\n",           "'",
                                        "_",    "-",    "\x7f",     "\xc5\xb7", "\xc3\x89", "\xcc\x81",     "\xe2\x80\x99",
                                        "\xff", "\xc3", "\xe2\x80", "\xc2\xa0", "\xd0\x96", "\xe4\xb8\xad", "\xf0\x9f\x98\x80"};

std::string random_text(SeededRandom& random) {
  std::string text;
  for (uint64_t length = random.below(24); length > 0; --length) text += signs[random.below(signs.size())];
  return text;
}

// In the order of the text, as the index itself has them.
std::vector<std::string> indexed_words(Database& db, const std::string& text) {
  REQUIRE(db.exec("DELETE FROM texts").ok());
  {
    StatementScope insert(db.prepare("INSERT INTO texts(rowid, words) VALUES (1, ?)"));
    REQUIRE(insert->bind_text(0, text).run().ok());
  }
  std::vector<std::string> words;
  StatementScope select(db.prepare("SELECT term FROM instances ORDER BY offset"));
  while (select->step().value()) words.emplace_back(select->text(0));
  return words;
}

}  // namespace

TEST_CASE("a text is cut into the words that the index has of it, and each is told where it stands") {
  const TemporaryDirectory scratch;
  auto db = open(scratch.path("a.db"));
  REQUIRE(db.exec("CREATE VIRTUAL TABLE texts USING fts5(words, tokenize='" SATCHEL_TOKENIZE "');"
                  "CREATE VIRTUAL TABLE instances USING fts5vocab(texts, instance)").ok());
  const auto tokenizer = Tokenizer::of(db).value();
  SeededRandom random(11);
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = i == 0 ? "Ll\xc5\xb7r O'Neill rang 2x; LLYR cafe\xcc\x81" : random_text(random);
    CAPTURE(i, text);
    std::vector<std::string> words;
    std::vector<Stretch> stretches;
    REQUIRE(tokenizer.each(text, [&](std::string_view word, Stretch at) {
      words.emplace_back(word);
      stretches.push_back(at);
    }).ok());
    for (size_t n = 0, at = 0; n < words.size(); ++n) {
      CHECK(stretches[n].from >= at);
      at = stretches[n].from + stretches[n].count;
      REQUIRE(at <= text.size());
      const std::string_view there = std::string_view(text).substr(stretches[n].from, stretches[n].count);
      CHECK(tokenizer.words(there).value() == std::vector<std::string>{words[n]});
    }
    REQUIRE(words == indexed_words(db, text));
  }
}
