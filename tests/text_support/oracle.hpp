// What a merged text has to be, found in another way than core/merge/text does it: a tree of all characters ever
// inserted, the removed ones among them, exactly as FugueMax is published (Weidner and Kleppmann, "The Art of the
// Fugue: Minimizing Interleaving in Collaborative Text Editing", 2023). No versions are walked, nothing is run-length
// encoded, every question is answered by going through the whole tree. Slow and plain on purpose.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/ids.hpp"
#include "core/merge/text/document.hpp"
#include "core/model/version.hpp"

namespace satchel::text_test {

struct CharacterId {
  ReplicaId replica;
  uint64_t counter = 0;
  uint32_t event = 0;
  auto operator<=>(const CharacterId&) const = default;
};

// What a tree operation tells the other trees.
struct TreeOp {
  CharacterId id;                     // insertion: the new character; removal: the one that goes
  bool removes = false;
  char32_t scalar = 0;
  std::optional<CharacterId> parent;  // none: the root
  bool on_right = true;
  std::optional<CharacterId> right_origin;  // none: the end
};

class Tree {
 public:
  void apply(const TreeOp& op);
  std::u32string text() const;
  // The operations of a transaction written on this tree, which are applied to it. Positions beyond the end are cut.
  std::vector<TreeOp> write(const ReplicaId& replica, uint64_t counter,
                            const std::vector<merge::text::Edit>& edits);

 private:
  struct Node {
    TreeOp made;
    bool removed = false;
    std::vector<CharacterId> left, right;  // children, in order
  };
  std::vector<CharacterId> in_order() const;  // removed ones too
  void walk(const CharacterId& id, std::vector<CharacterId>& out) const;
  TreeOp insertion(uint32_t at, char32_t scalar, const CharacterId& id) const;
  std::optional<CharacterId> visible(uint32_t at) const;

  std::map<CharacterId, Node> nodes_;
  std::vector<CharacterId> top_;  // right children of the root
};

// All transactions of a session as tree operations.
class Oracle {
 public:
  void write(const ReplicaId& replica, uint64_t counter, const model::Version& shown,
             const std::vector<merge::text::Edit>& edits);
  std::u32string text_at(const model::Version& version) const;

 private:
  Tree tree_at(const model::Version& version) const;
  struct Written {
    ReplicaId replica;
    uint64_t counter;
    std::vector<TreeOp> ops;
  };
  std::vector<Written> written_;  // in a causal order
};

}  // namespace satchel::text_test
