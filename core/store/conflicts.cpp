#include "core/store/conflicts.hpp"

#include "core/log/packing.hpp"

namespace satchel::store {

InboxCount count_conflicts(const merge::RecordState& state, const model::Collection* collection) {
  InboxCount count;
  for (const auto& conflict : merge::conflicts(state, collection)) (conflict.decide ? count.decide : count.know) += 1;
  return count;
}

Result<> note_conflicts(Work& work, log::ScopeKey scope, const model::RecordKey& record,
                        const merge::RecordState& state) {
  const InboxCount count = count_conflicts(state, work.schema.collection(record.collection));
  if (count == InboxCount{}) return forget_conflicts(work.db, scope, record);
  sqlite::Statement& q = work.db.prepare(
      "INSERT INTO conflicts (scope, collection, record, decide, know) VALUES (?, ?, ?, ?, ?)"
      " ON CONFLICT (scope, collection, record) DO UPDATE SET decide = excluded.decide, know = excluded.know");
  q.bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  q.bind(3, count.decide).bind(4, count.know);
  return q.run();
}

Result<> forget_conflicts(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  sqlite::Statement& q = db.prepare("DELETE FROM conflicts WHERE scope = ? AND collection = ? AND record = ?");
  q.bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  return q.run();
}

Result<InboxCount> stored_conflicts(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  sqlite::StatementScope q(
      db.prepare("SELECT decide, know FROM conflicts WHERE scope = ? AND collection = ? AND record = ?"));
  q->bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return InboxCount{};
  return InboxCount{q->int64(0), q->int64(1)};
}

Result<InboxCount> total_conflicts(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare("SELECT coalesce(sum(decide), 0), coalesce(sum(know), 0) FROM conflicts"));
  SATCHEL_TRY(q->step());
  return InboxCount{q->int64(0), q->int64(1)};
}

Result<std::vector<InboxRecord>> records_with_conflicts(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare(
      "SELECT c.scope, c.collection, c.record, h.id, o.state FROM conflicts c"
      " LEFT JOIN held_scopes h ON h.scope = c.scope"
      " LEFT JOIN overlay o ON o.scope = c.scope AND o.collection = c.collection AND o.record = c.record"
      " ORDER BY c.scope, c.collection, c.record"));
  std::vector<InboxRecord> records;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return records;
    InboxRecord found;
    found.scope.scope = q->int64(0);
    found.record.collection = q->text(1);
    SATCHEL_ASSIGN(found.record.record, id_column<RecordId>(*q, 2, "conflicts.record"));
    SATCHEL_ASSIGN(found.scope_id, id_column<ScopeId>(*q, 3, "held_scopes.id"));
    if (!q->is_null(4)) {
      SATCHEL_ASSIGN(found.overlaid, log::unpack_state(q->blob(4), "overlay"));
    }
    records.push_back(std::move(found));
  }
}

}  // namespace satchel::store
