// frozen: all ops are kept with their original place; the lowest stands for good, whatever a clock says. Those in an
// outbox come last. What was written beside or after it is "for you to know" until somebody has seen it.
#include <algorithm>
#include <tuple>

#include "core/merge/kinds.hpp"

namespace satchel::merge {
namespace {

bool lower_place(const Head* a, const Head* b) {
  const bool a_waits = a->epoch.is_nil(), b_waits = b->epoch.is_nil();
  return std::tie(a_waits, a->epoch, a->position, a->replica, a->counter, a->index) <
         std::tie(b_waits, b->epoch, b->position, b->replica, b->counter, b->index);
}

}  // namespace

void merge_frozen(std::vector<Head>& heads, const Arrival& arrival) {
  Head head = arrival.head();
  head.epoch = arrival.context.epoch;
  head.position = arrival.context.epoch.is_nil() ? 0 : arrival.context.position;
  insert_with_shown(heads, arrival, std::move(head));
}

Resolved resolve_frozen(Heads heads) {
  Resolved resolved;
  if (heads.empty()) return resolved;
  const Head* first = *std::min_element(heads.begin(), heads.end(), lower_place);
  resolved.standing.push_back(first);
  for (const Head* head : heads) {
    const bool seen = std::any_of(heads.begin(), heads.end(), [&](const Head* by) {
      return saw(by->shown, by->replica, by->counter, by->index, *head);
    });
    if (head != first && !seen) resolved.others.push_back(head);
  }
  const bool same = std::all_of(resolved.others.begin(), resolved.others.end(),
                                [&](const Head* other) { return same_value(*first, *other); });
  if (!same) resolved.rule = Rule::first_sent;
  return resolved;
}

}  // namespace satchel::merge
