// server: only the centre writes. It refuses others' ops; should one be in a log all the same, it is kept and shown as
// "for you to know", and takes nothing of the centre's away.
#include <algorithm>

#include "core/merge/kinds.hpp"

namespace satchel::merge {

void merge_server(std::vector<Head>& heads, const Arrival& arrival) {
  const bool by_centre = arrival.header().author == model::Author::centre;
  std::erase_if(heads, [&](const Head& head) {
    return (by_centre || head.author != model::Author::centre) && arrival.saw(head);
  });
  insert(heads, arrival.head());
}

Resolved resolve_server(Heads heads) {
  std::stable_partition(heads.begin(), heads.end(),
                        [](const Head* head) { return head->author == model::Author::centre; });
  Resolved resolved = resolve_register(std::move(heads));
  if (resolved.rule != Rule::only_one) resolved.rule = Rule::centre_writes;
  return resolved;
}

}  // namespace satchel::merge
