#include "core/store/own_ids.hpp"

#include "core/base/hash.hpp"
#include "core/store/outbox.hpp"

namespace satchel::store {
namespace {

// Of the last one in this state that this store wrote; nil: there is none.
Result<ReplicaId> last_writer(Work& work, const HeldScope& scope, OutboxState state) {
  sqlite::StatementScope q(
      work.db.prepare("SELECT replica FROM outbox WHERE state = ? AND scope = ? ORDER BY place DESC"));
  q->bind(0, static_cast<int64_t>(state)).bind(1, scope.key.scope);
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return ReplicaId{};
    SATCHEL_ASSIGN(const ReplicaId replica, id_column<ReplicaId>(*q, 0, "outbox.replica"));
    SATCHEL_ASSIGN(const bool own, is_own(work, scope.id, replica));
    if (own) return replica;
  }
}

// The same after each write, so nothing has to keep it. Should a copy of this file come to it as well, that is cured like any
// other id of a copy (fork.hpp).
ReplicaId beside(const ScopeId& scope, const ReplicaId& line, uint64_t counter) {
  const Hash256 name = Hasher("satchel.beside").part(scope.view()).part(line.view()).number(counter).finish();
  return *ReplicaId::from_bytes(name.view().substr(0, 16));
}

// Under which all that is not decided was written, or else the tablet's own.
Result<ReplicaId> line_in(Work& work, const HeldScope& scope) {
  for (const OutboxState undecided : {OutboxState::unsent, OutboxState::offer}) {
    SATCHEL_ASSIGN(const ReplicaId writer, last_writer(work, scope, undecided));
    if (!writer.is_nil()) return writer;
  }
  return work.row.replica;
}

}  // namespace

Result<bool> is_own(Work& work, const ScopeId& scope, const ReplicaId& replica) {
  if (replica == work.row.replica) return true;
  sqlite::StatementScope q(work.db.prepare("SELECT 1 FROM own_counters WHERE scope_id = ? AND replica = ?"));
  q->bind_blob(0, scope.view()).bind_blob(1, replica.view());
  return q->step();
}

Result<Writer> writer_in(Work& work, const HeldScope& scope, const model::Version& held) {
  Writer writer;
  SATCHEL_ASSIGN(writer.id, line_in(work, scope));
  for (;;) {
    SATCHEL_ASSIGN(writer.own, own_counter(work.db, scope.id, writer.id));
    if (held[writer.id] >= writer.own.counter) return writer;
    writer.id = beside(scope.id, writer.id, writer.own.counter);
  }
}

}  // namespace satchel::store
