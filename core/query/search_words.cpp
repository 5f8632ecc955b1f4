#include "core/query/search_words.hpp"

#include <algorithm>
#include <bitset>

#include "core/base/check.hpp"

namespace satchel::query {
namespace {

constexpr size_t window_words = 24;
constexpr size_t words_before = 4;  // of the window, before the first hit
constexpr std::string_view cut = "\xe2\x80\xa6";  // an ellipsis

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// What stands between quotation marks, or else between spaces; a mark that nobody closes goes to the end.
struct Typed {
  std::string_view text;
  bool prefix = false;
};
std::vector<Typed> parts_of(std::string_view text) {
  std::vector<Typed> parts;
  for (size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    const bool quoted = text[at] == '"';
    const size_t from = quoted ? at + 1 : at;
    size_t end = from;
    while (end < text.size() && text[end] != '"' && (quoted || !is_space(text[end]))) ++end;
    Typed part{text.substr(from, end - from), false};
    at = quoted && end < text.size() ? end + 1 : end;
    if (quoted && at < text.size() && text[at] == '*') part.prefix = true, ++at;
    if (!quoted && part.text.size() > 1 && part.text.back() == '*') part.prefix = true;
    parts.push_back(part);
  }
  return parts;
}

// Where a term occurs: from which word of the text, how many.
struct Place {
  size_t from = 0, count = 0, term = 0;
};

// All terms in one pass over the words of a text: Shift-And (Baeza-Yates and Gonnet, A New Approach to Text Searching, 1992).
// A bit per word of a term: the words of the text up to now end with the term's words up to that one.
class Finder {
 public:
  explicit Finder(const std::vector<Term>& terms) {
    for (size_t term = 0; term < terms.size(); ++term) {
      for (size_t i = 0; i < terms[term].words.size(); ++i) {
        const bool last = i + 1 == terms[term].words.size();
        SATCHEL_CHECK(slots_.size() < 64);  // a search has fewer words
        if (i == 0) first_ |= uint64_t{1} << slots_.size();
        slots_.push_back({terms[term].words[i], last && terms[term].prefix, last, i + 1, term});
      }
    }
  }

  void next(std::string_view word, std::vector<Place>& places) {
    const uint64_t may_follow = reached_ << 1 | first_;
    reached_ = 0;
    for (size_t i = 0; i < slots_.size(); ++i) {
      const Slot& slot = slots_[i];
      if ((may_follow >> i & 1) == 0) continue;
      if (slot.word != (slot.prefix ? word.substr(0, slot.word.size()) : word)) continue;
      reached_ |= uint64_t{1} << i;
      if (slot.last) places.push_back({at_ + 1 - slot.length, slot.length, slot.term});
    }
    ++at_;
  }

 private:
  struct Slot {
    std::string_view word;
    bool prefix = false, last = false;
    size_t length = 0, term = 0;  // words of the term up to this one
  };
  std::vector<Slot> slots_;
  uint64_t first_ = 0, reached_ = 0;
  size_t at_ = 0;
};

struct Reading {
  std::vector<sqlite::Stretch> words;
  std::vector<Place> places;  // in the order in which they begin
};

Result<Reading> read(const sqlite::Tokenizer& tokenizer, std::string_view text, const std::vector<Term>& terms) {
  Reading reading;
  reading.words.reserve(text.size() / 5 + 1);  // about
  Finder finder(terms);
  SATCHEL_TRY(tokenizer.each(text, [&](std::string_view word, sqlite::Stretch at) {
    reading.words.push_back(at);
    finder.next(word, reading.places);
  }));
  std::stable_sort(reading.places.begin(), reading.places.end(),
                   [](const Place& a, const Place& b) { return a.from < b.from; });
  return reading;
}

// How many different terms occur whole between these words. The places are in the order of the text.
size_t terms_in(const std::vector<Place>& places, size_t from, size_t end) {
  auto place = std::lower_bound(places.begin(), places.end(), from, [](const Place& at, size_t word) { return at.from < word; });
  std::bitset<64> terms;  // beyond 64 some count as one: this only chooses the window
  for (; place != places.end() && place->from < end; ++place) {
    if (place->from + place->count <= end) terms.set(place->term % terms.size());
  }
  return terms.count();
}

// The first word of the window. Each begins a little before a hit.
size_t best_window(size_t words, const std::vector<Place>& places) {
  if (words <= window_words) return 0;
  size_t best = 0, most = 0;
  for (const Place& place : places) {
    const size_t from = std::min(place.from - std::min(place.from, words_before), words - window_words);
    const size_t terms = terms_in(places, from, from + window_words);
    if (terms > most) best = from, most = terms;
  }
  return best;
}

std::vector<Piece> pieces_of(std::string_view text, const Reading& reading) {
  const auto& [words, places] = reading;
  const size_t first = best_window(words.size(), places), end = std::min(words.size(), first + window_words);
  std::vector<bool> hit(words.size(), false), joined(words.size(), false);  // joined: with the one before, in a phrase
  for (const Place& place : places) {
    for (size_t i = place.from; i < place.from + place.count; ++i) {
      hit[i] = true;
      joined[i] = joined[i] || i > place.from;
    }
  }
  std::vector<Piece> pieces;
  const auto add = [&](size_t from, size_t to, bool is_hit) {
    if (from >= to) return;
    if (pieces.empty() || pieces.back().hit != is_hit) pieces.push_back({{}, is_hit});
    pieces.back().text += text.substr(from, to - from);
  };
  size_t at = first == 0 ? 0 : words[first].from;
  if (first > 0) pieces.push_back({std::string(cut), false});
  for (size_t i = first; i < end; ++i) {
    add(at, words[i].from, i > first && joined[i]);
    at = words[i].from + words[i].count;
    add(words[i].from, at, hit[i]);
  }
  if (end == words.size()) add(at, text.size(), false);
  else pieces.push_back({std::string(cut), false});
  return pieces;
}

}  // namespace

Result<std::vector<Term>> parse_search(const sqlite::Tokenizer& tokenizer, std::string_view text) {
  std::vector<Term> terms;
  for (const Typed& part : parts_of(text)) {
    SATCHEL_ASSIGN(auto words, tokenizer.words(part.text));
    if (words.empty()) continue;  // signs alone
    Term term{std::move(words), part.prefix};
    if (std::find(terms.begin(), terms.end(), term) == terms.end()) terms.push_back(std::move(term));
  }
  return terms;
}

// The words are what the tokenizer made: no quotation mark is among them.
std::string match_of(const std::vector<Term>& terms) {
  std::string match;
  for (const Term& term : terms) {
    if (!match.empty()) match += ' ';
    match += '"';
    for (size_t i = 0; i < term.words.size(); ++i) match += (i > 0 ? " " : "") + term.words[i];
    match += term.prefix ? "\" *" : "\"";
  }
  return match;
}

Result<Snippet> snippet_of(const sqlite::Tokenizer& tokenizer, const std::vector<store::SearchText>& texts,
                           const std::vector<Term>& terms) {
  Snippet best;
  size_t most = 0;
  for (const auto& each : texts) {
    SATCHEL_ASSIGN(const Reading reading, read(tokenizer, each.text, terms));
    const size_t found = terms_in(reading.places, 0, reading.words.size());
    if (found <= most) continue;
    most = found;
    best = {each.field, pieces_of(each.text, reading)};
  }
  return best;
}

}  // namespace satchel::query
