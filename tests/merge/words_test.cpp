#include "core/merge/words.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace satchel::merge::test {
namespace {

const std::vector<Rule> all_rules = {Rule::only_one,     Rule::latest,        Rule::all_kept,     Rule::highest,
                                     Rule::precedence,   Rule::states_differ, Rule::first_sent,   Rule::centre_writes,
                                     Rule::element_kept, Rule::moved,         Rule::presence_kept, Rule::same_sentence,
                                     Rule::submitted};

std::vector<std::string> sentences(std::string_view words) {
  std::vector<std::string> out(1);
  for (const char c : words) {
    if (c == '.')
      out.emplace_back();
    else
      out.back() += c;
  }
  out.pop_back();
  return out;
}

size_t count_words(const std::string& sentence) {
  std::istringstream in(sentence);
  return static_cast<size_t>(std::distance(std::istream_iterator<std::string>(in), {}));
}

}  // namespace

TEST_CASE("what a rule says is short and says nothing about how merging works, in both languages") {
  const std::vector<std::string> forbidden = {"merge",  "conflict", "replica",   "version",    "sync",
                                              "causal", "register", "head",      "concurrent", "operation",
                                              "state",  "crdt",     "timestamp", "server"};
  for (const Rule rule : all_rules) {
    for (const Language language : {Language::english, Language::welsh}) {
      const std::string words(rule_words(rule, language));
      INFO(words);
      REQUIRE_FALSE(words.empty());
      CHECK(words.back() == '.');
      for (const std::string& sentence : sentences(words)) CHECK(count_words(sentence) <= 16);
      std::string lower = words;
      std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
      for (const std::string& word : forbidden) CHECK(lower.find(word) == std::string::npos);
    }
    CHECK(rule_words(rule, Language::english) != rule_words(rule, Language::welsh));
    for (const Rule other : all_rules) {
      if (other != rule) CHECK(rule_words(rule, Language::welsh) != rule_words(other, Language::welsh));
    }
  }
}

TEST_CASE("a language is known by its tag, with or without a region") {
  CHECK(language_of("en") == Language::english);
  CHECK(language_of("en-GB") == Language::english);
  CHECK(language_of("cy") == Language::welsh);
  CHECK(language_of("cy-GB") == Language::welsh);
  CHECK_FALSE(language_of("").has_value());
  CHECK_FALSE(language_of("cym").has_value());
  CHECK_FALSE(language_of("de").has_value());
}

}  // namespace satchel::merge::test
