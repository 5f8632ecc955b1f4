#include "tests/text_support/oracle.hpp"

#include <algorithm>

#include "core/merge/text/utf.hpp"

namespace satchel::text_test {

void Tree::walk(const CharacterId& id, std::vector<CharacterId>& out) const {
  // By hand, because a typed text is a chain as deep as it is long.
  struct Step {
    CharacterId id;
    bool itself;
  };
  std::vector<Step> steps{{id, false}};
  while (!steps.empty()) {
    const Step step = steps.back();
    steps.pop_back();
    if (step.itself) {
      out.push_back(step.id);
      continue;
    }
    const Node& node = nodes_.at(step.id);
    for (auto child = node.right.rbegin(); child != node.right.rend(); ++child) steps.push_back({*child, false});
    steps.push_back({step.id, true});
    for (auto child = node.left.rbegin(); child != node.left.rend(); ++child) steps.push_back({*child, false});
  }
}

std::vector<CharacterId> Tree::in_order() const {
  std::vector<CharacterId> out;
  for (const CharacterId& child : top_) walk(child, out);
  return out;
}

std::u32string Tree::text() const {
  std::u32string out;
  for (const CharacterId& id : in_order()) {
    if (!nodes_.at(id).removed) out += nodes_.at(id).made.scalar;
  }
  return out;
}

std::optional<CharacterId> Tree::visible(uint32_t at) const {
  for (const CharacterId& id : in_order()) {
    if (nodes_.at(id).removed) continue;
    if (at == 0) return id;
    --at;
  }
  return std::nullopt;
}

// Left children are in the order of their ids. Right children: the one whose right origin is further right comes first,
// equal ones in the order of their ids.
void Tree::apply(const TreeOp& op) {
  if (op.removes) {
    nodes_.at(op.id).removed = true;
    return;
  }
  std::vector<CharacterId>& siblings =
      !op.parent ? top_ : op.on_right ? nodes_.at(*op.parent).right : nodes_.at(*op.parent).left;
  const std::vector<CharacterId> order = siblings.empty() ? std::vector<CharacterId>() : in_order();
  const auto place = [&](const std::optional<CharacterId>& id) {
    return id ? std::find(order.begin(), order.end(), *id) : order.end();
  };
  const auto before = [&](const CharacterId& sibling) {
    if (op.on_right) {
      const auto theirs = place(nodes_.at(sibling).made.right_origin), ours = place(op.right_origin);
      if (theirs != ours) return theirs > ours;
    }
    return sibling < op.id;
  };
  auto at = siblings.begin();
  while (at != siblings.end() && before(*at)) ++at;
  siblings.insert(at, op.id);
  nodes_[op.id].made = op;
}

TreeOp Tree::insertion(uint32_t at, char32_t scalar, const CharacterId& id) const {
  TreeOp op;
  op.id = id;
  op.scalar = scalar;
  const std::vector<CharacterId> order = in_order();
  const std::optional<CharacterId> left = at == 0 ? std::nullopt : visible(at - 1);
  const auto behind = left ? std::find(order.begin(), order.end(), *left) + 1 : order.begin();
  if (behind != order.end()) op.right_origin = *behind;
  const std::vector<CharacterId>& right_children = left ? nodes_.at(*left).right : top_;
  if (right_children.empty()) {
    op.parent = left;
  } else {
    op.parent = op.right_origin;
    op.on_right = false;
  }
  return op;
}

std::vector<TreeOp> Tree::write(const ReplicaId& replica, uint64_t counter,
                                const std::vector<merge::text::Edit>& edits) {
  std::vector<TreeOp> ops;
  CharacterId id{replica, counter, 0};
  const auto add = [&](const TreeOp& op) {
    apply(op);
    ops.push_back(op);
    ++id.event;
  };
  for (const auto& edit : edits) {
    uint32_t at = std::min<uint32_t>(edit.at, static_cast<uint32_t>(text().size()));
    for (uint32_t i = 0; i < edit.removed; ++i) {
      const auto gone = visible(at);
      if (!gone) break;
      TreeOp op;
      op.id = *gone;
      op.removes = true;
      add(op);
    }
    for (const char32_t scalar : merge::text::to_utf32(edit.inserted)) add(insertion(at++, scalar, id));
  }
  return ops;
}

Tree Oracle::tree_at(const model::Version& version) const {
  Tree tree;
  for (const Written& each : written_) {
    if (!version.includes(each.replica, each.counter)) continue;
    for (const TreeOp& op : each.ops) tree.apply(op);
  }
  return tree;
}

void Oracle::write(const ReplicaId& replica, uint64_t counter, const model::Version& shown,
                   const std::vector<merge::text::Edit>& edits) {
  Tree tree = tree_at(shown);
  written_.push_back({replica, counter, tree.write(replica, counter, edits)});
}

std::u32string Oracle::text_at(const model::Version& version) const { return tree_at(version).text(); }

}  // namespace satchel::text_test
