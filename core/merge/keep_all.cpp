// keep_all: text that no machine may choose between. All heads are shown side by side; a person decides, later.
#include "core/merge/kinds.hpp"

namespace satchel::merge {

Resolved resolve_keep_all(Heads heads) {
  Resolved resolved = resolve_unknown(std::move(heads));
  resolved.decide = resolved.rule == Rule::all_kept;
  return resolved;
}

}  // namespace satchel::merge
