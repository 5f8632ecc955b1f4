#include "core/store/rewind.hpp"

#include <algorithm>
#include <map>

namespace satchel::store {
namespace {

// Full bases, replica by replica: an entry of the log carries only what its base gained.
class Bases {
 public:
  Bases(Work& work, log::ScopeKey scope) : work_(work), scope_(scope) {}

  Result<model::Version*> of(const ReplicaId& replica) {
    const auto known = bases_.find(replica);
    if (known != bases_.end()) return &known->second;
    SATCHEL_ASSIGN(const auto state, work_.log.replica(scope_, replica));
    return &bases_.emplace(replica, state ? state->base : model::Version{}).first->second;
  }

 private:
  Work& work_;
  log::ScopeKey scope_;
  std::map<ReplicaId, model::Version> bases_;
};

Result<> offer(Applying& a, const HeldScope& scope, const model::Entry& entry, int64_t place, Bases& bases) {
  OutboxRow row;
  row.place = place;
  row.scope = scope.key;
  row.id = {scope.id, entry.id.replica, entry.id.counter};
  row.state = OutboxState::offer;
  row.slot = entry.slot;
  row.hash = entry.hash;
  row.base = entry.base;
  row.bytes = entry.bytes;
  row.ord = entry.envelope.ord;
  row.envelope = entry.envelope;
  row.reason = entry.reason;
  std::vector<model::RecordKey> records;
  SATCHEL_ASSIGN(model::Version * base, bases.of(entry.id.replica));
  if (entry.slot == model::Slot::content) {
    SATCHEL_ASSIGN(auto decoded, proto::decode_transaction(a.work.row.organisation, entry.bytes));
    SATCHEL_TRY(decoded.complete(*base));
    row.base = decoded.transaction.header.base;
    row.wall_ms = decoded.transaction.header.wall_ms;
    row.verdicts_known = decoded.transaction.header.verdicts_known;
    records = touched_records(decoded.transaction.ops);
    std::erase_if(records, [](const auto& record) { return record.collection.empty(); });  // of erased ops
  }
  *base = row.base;
  a.touch(scope.key, records);
  return insert_outbox(a.work.db, row, records);
}

}  // namespace

Result<bool> rewind_scope(Applying& a, const HeldScope& scope, uint64_t position) {
  SATCHEL_ASSIGN(const log::ScopeState state, a.work.log.scope(scope.key));
  if (position >= state.head) return true;
  log::Touched touched;
  auto entries = a.work.log.rewind(scope.key, position, touched);
  if (!entries.ok()) {
    if (entries.error().code == Code::not_found) return false;
    return entries.error();
  }
  a.touch(scope.key, touched.records);
  // In front of everything: what is unsent may build on it.
  SATCHEL_ASSIGN(const int64_t first, first_outbox_place(a.work.db));
  int64_t place = std::min<int64_t>(first, 0) - static_cast<int64_t>(entries->size());
  Bases bases(a.work, scope.key);
  for (const auto& entry : *entries) SATCHEL_TRY(offer(a, scope, entry, place++, bases));
  a.applied.more = true;
  return true;
}

}  // namespace satchel::store
