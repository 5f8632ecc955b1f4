// register: the newest head stands, the rest is "for you to know". Also how kinds of a newer app are carried.
#include "core/merge/kinds.hpp"

namespace satchel::merge {

void merge_heads(std::vector<Head>& heads, const Arrival& arrival) {
  erase_seen(heads, arrival);
  insert(heads, arrival.head());
}

Resolved resolve_register(Heads heads) {
  Resolved resolved;
  if (heads.empty()) return resolved;
  resolved.rule = all_same_value(heads) ? Rule::only_one : Rule::latest;
  resolved.standing.push_back(heads.front());
  resolved.others.assign(heads.begin() + 1, heads.end());
  return resolved;
}

// Nothing is known about the values, so nothing is hidden and nobody is asked.
Resolved resolve_unknown(Heads heads) {
  Resolved resolved;
  if (heads.size() > 1 && !all_same_value(heads)) resolved.rule = Rule::all_kept;
  resolved.standing = std::move(heads);
  return resolved;
}

}  // namespace satchel::merge
