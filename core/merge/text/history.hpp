// Looking back into a text: how it read at an earlier version, and where people wrote into the same sentence at the
// same time.
#pragma once

#include <string>
#include <vector>

#include "core/merge/text/document.hpp"
#include "core/merge/text/shared_sentence.hpp"

namespace satchel::merge::text {

// Replays the whole event graph once; then each version costs what lies between it and the one asked for before. The
// document outlives it and does not change meanwhile.
class History {
 public:
  explicit History(const Document& document);
  // The text of the version with these transactions and all that they saw. Empty for the empty version. `also`: single
  // transactions beyond it, with what they saw, but without what their replicas wrote beside them.
  std::string text_at(const model::Version& version, std::span<const model::Version::Entry> also = {});

 private:
  const Document& document_;
  Tracker tracker_;
  std::u32string now_;
};

// Ascending. A function of the graph: equal everywhere. Inserting touches where the characters are, blanks at its ends aside; removing touches
// the sentence that is left around the gap, and none when whole sentences went. A sentence ends behind . ! ? and their
// like with a space or line break behind them, or at a line break.
std::vector<SharedSentence> shared_sentences(const Document& document);

}  // namespace satchel::merge::text
