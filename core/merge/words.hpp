// What the conflict inbox and the history of a field say to people: one catalogue, English and Welsh. Short sentences
// that a nine-year-old can read, and no word of how merging works (a test holds the list of words that may not stand
// here). Only here: whoever shows a rule takes its words from this file.
#pragma once

#include <optional>
#include <string_view>

#include "core/merge/resolve.hpp"

namespace satchel::merge {

enum class Language { english, welsh };

// Language tags as RFC 5646 writes them: "en", "en-GB", "cy", "cy-GB". Nothing for other languages.
std::optional<Language> language_of(std::string_view tag);

// "Both are kept. Please choose one when you can." A sentence or two per rule.
std::string_view rule_words(Rule rule, Language language = Language::english);

}  // namespace satchel::merge
