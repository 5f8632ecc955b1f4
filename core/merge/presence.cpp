// Presence of records and elements: a remove takes away what it was shown, nothing else. [Counting only adds as touches
// loses a move beside a remove: tests/merge/presence_test.cpp.]
#include <algorithm>

#include "core/merge/kinds.hpp"

namespace satchel::merge {

bool Touches::present() const {
  return std::any_of(touched.entries().begin(), touched.entries().end(),
                     [&](const model::Version::Entry& touch) { return !removed.includes(touch.first, touch.second); });
}

// That a remove has seen (replica, counter) before it is applied is possible in one case only: the remove stands
// earlier in the same transaction. What comes behind it counts again.
void Touches::touch(const ReplicaId& replica, uint64_t counter) {
  if (removed.includes(replica, counter)) removed.set(replica, counter - 1);
  touched.raise(replica, counter);
}

void Touches::remove(const model::Version& shown, const ReplicaId& replica, uint64_t counter) {
  removed.join(shown);
  if (touched[replica] == counter) removed.raise(replica, counter);  // earlier in the same transaction
}

bool is_record_op(const model::Op& op) {
  return op.kind == model::Kind::none && op.field.empty() &&
         (op.action == model::Action::create || op.action == model::Action::void_ ||
          op.action == model::Action::restore);
}

bool touches_record(const model::Op& op, const model::Header& header) {
  if (is_record_op(op) && op.action == model::Action::restore) return true;
  if (is_record_op(op) && op.action == model::Action::void_) return false;
  return !op.settles && (header.author == model::Author::worker || header.origin.has_value());
}

// Without a head among the voids there was none, or restores took them all away; then one of those restores is a touch
// that no void saw.
bool RecordState::present() const { return created() && (voids.empty() || presence.present()); }

}  // namespace satchel::merge
