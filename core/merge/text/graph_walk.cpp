// Questions about the event graph, answered from the newest event downwards: what lies near the top costs little,
// however long the history is.
#include <algorithm>

#include "core/merge/text/graph.hpp"

namespace satchel::merge::text {
namespace {

enum Side : uint8_t { in_a = 1, in_b = 2, in_both = 3 };

// Events still to be visited, greatest first. Few: a line per branch that is open at this height.
class Pending {
 public:
  bool empty() const { return items_.empty(); }
  size_t size() const { return items_.size(); }
  Lv top() const { return items_.back().event; }
  Side top_side() const { return items_.back().side; }
  size_t undecided() const { return undecided_; }  // those that are not in both

  void push(Lv event, Side side) {
    auto at = items_.end();
    while (at != items_.begin() && (at - 1)->event >= event) --at;
    if (at != items_.end() && at->event == event) {
      if (at->side != in_both && (at->side | side) == in_both) --undecided_;
      at->side = static_cast<Side>(at->side | side);
      return;
    }
    items_.insert(at, {event, side});
    if (side != in_both) ++undecided_;
  }
  void pop() {
    if (top_side() != in_both) --undecided_;
    items_.pop_back();
  }

 private:
  struct Item {
    Lv event;
    Side side;
  };
  std::vector<Item> items_;
  size_t undecided_ = 0;
};

void add_below(std::vector<LvRange>& ranges, LvRange range) {
  if (!ranges.empty() && ranges.back().first == range.last + 1) {
    ranges.back().first = range.first;
  } else {
    ranges.push_back(range);
  }
}

}  // namespace

void Graph::compare(const Frontier& a, const Frontier& b, Difference& out) const {
  out.only_a.clear();
  out.only_b.clear();
  if (a == b) return;
  Pending pending;
  for (const Lv event : a) pending.push(event, in_a);
  for (const Lv event : b) pending.push(event, in_b);
  const auto add = [&](LvRange range, Side side) {
    if (side != in_both) add_below(side == in_a ? out.only_a : out.only_b, range);
  };
  while (!pending.empty() && pending.undecided() > 0) {
    Lv event = pending.top();
    Side side = pending.top_side();
    pending.pop();
    const uint32_t index = transactions_at(event);
    const Lv first = transactions_[index].first;
    while (!pending.empty() && pending.top() >= first) {
      if (pending.top_side() != side) {
        add({pending.top() + 1, event}, side);
        event = pending.top();
        side = static_cast<Side>(side | pending.top_side());
      }
      pending.pop();
    }
    add({first, event}, side);
    for (const Lv parent : parents_of(index)) pending.push(parent, side);
  }
}

Lv Graph::common(const Frontier& a, const Frontier& b) const {
  Pending pending;
  for (const Lv event : a) pending.push(event, in_a);
  for (const Lv event : b) pending.push(event, in_a);
  if (a.empty() || b.empty()) return beginning;
  while (pending.size() > 1) {
    const uint32_t index = transactions_at(pending.top());
    pending.pop();
    const Transactions& run = transactions_[index];
    // What else hangs on this run: go on from there.
    if (pending.top() >= run.first) continue;
    const std::span<const Lv> parents = parents_of(index);
    if (parents.empty()) return beginning;
    for (const Lv parent : parents) pending.push(parent, in_a);
  }
  return pending.top();
}

bool Graph::contains(const Frontier& version, Lv event) const {
  if (event == beginning) return true;
  Pending pending;
  for (const Lv top : version) {
    if (top >= event) pending.push(top, in_a);
  }
  while (!pending.empty()) {
    const uint32_t index = transactions_at(pending.top());
    if (transactions_[index].first <= event) return true;
    pending.pop();
    for (const Lv parent : parents_of(index)) {
      if (parent >= event) pending.push(parent, in_a);
    }
  }
  return false;
}

Frontier Graph::dominators(Frontier events) const {
  if (events.size() < 2) return events;
  Frontier left;
  for (size_t i = events.size(); i-- > 0;) {  // the greatest is in nobody's past
    if (i + 1 < events.size() && events[i] == events[i + 1]) continue;
    if (!contains(left, events[i])) left.insert(left.begin(), events[i]);
  }
  return left;
}

}  // namespace satchel::merge::text
