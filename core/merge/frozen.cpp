// frozen: all ops are kept with their original place; the lowest stands for good, whatever a clock says. Those in an
// outbox come last. What was written beside or after it is "for you to know" until somebody has seen it.
#include <algorithm>

#include "core/merge/kinds.hpp"

namespace satchel::merge {

void merge_frozen(std::vector<Head>& heads, const Arrival& arrival) {
  insert_with_shown(heads, arrival, with_place(arrival.head(), arrival));
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
