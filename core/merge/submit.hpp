// A text that was sent in: it stands for good as it read to whoever sent it in first, by the place in the log. What others
// wrote without knowing goes on being merged behind it; here is what that adds, for the draft of an amendment.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/merge/record.hpp"
#include "core/model/value.hpp"

namespace satchel::merge {

// Who sent it in: the lowest original place, an outbox last. Null: nobody did.
const Head* standing_submit(const FieldState& state);

// Does the text that was sent in have what the transaction wrote? True as long as nobody sent it in.
bool in_submitted(const FieldState& state, const ReplicaId& replica, uint64_t counter);

// The transactions on a text that was sent in which are not in what was sent in. Looks into `state`, which neither
// changes nor goes meanwhile.
class LateEdits {
 public:
  // Empty where nobody sent the text in, and where its history cannot be read.
  explicit LateEdits(const FieldState& state);
  ~LateEdits();

  struct Item {
    ReplicaId replica;
    uint64_t counter = 0;
    std::vector<size_t> saw;  // those in front of it in this list that it had in front of it, ascending: the last ones
  };
  const std::vector<Item>& items() const { return items_; }  // in a causal order
  std::string submitted() const;
  // What makes the text as sent in, with all that this one had in front of it, into the text with this one too. The same
  // whatever else was written and in which order it arrived. Empty: nothing.
  std::vector<model::TextEdit> edits(size_t item) const;

 private:
  struct Versions;
  std::vector<Item> items_;
  std::unique_ptr<Versions> versions_;
};

}  // namespace satchel::merge
