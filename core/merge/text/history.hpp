// Looking back into a text: how it read at an earlier version, and where people wrote into the same sentence at the
// same time.
#pragma once

#include <string>
#include <vector>

#include "core/merge/text/document.hpp"

namespace satchel::merge::text {

// Replays the whole event graph once; then each version costs what lies between it and the one asked for before. The
// document outlives it and does not change meanwhile.
class History {
 public:
  explicit History(const Document& document);
  // The text of the version with these transactions and all that they saw. Empty for the empty version.
  std::string text_at(const model::Version& version);

 private:
  const Document& document_;
  Tracker tracker_;
  std::u32string now_;
};

// A sentence of the text as it stands into which several people wrote without seeing each other, and nobody has written
// anything since who had seen all of it.
struct SharedSentence {
  uint32_t from = 0, count = 0;      // scalar values
  std::vector<std::string> workers;  // who, ascending, at least two
  bool operator==(const SharedSentence&) const = default;
};

// Ascending. A function of the graph: equal everywhere. Inserting touches where the characters are; removing touches
// the sentence that is left around the gap, and none when whole sentences went. A sentence ends behind . ! ? and their
// like with a space or line break behind them, or at a line break.
std::vector<SharedSentence> shared_sentences(const Document& document);

}  // namespace satchel::merge::text
