#include "core/store/conflicts.hpp"

#include <utility>

#include "core/log/packing.hpp"

namespace satchel::store {

InboxRow inbox_row_of(const merge::RecordState& state, const model::Collection* collection) {
  InboxRow row;
  const auto conflicts = merge::conflicts(state, collection);
  for (const auto& conflict : conflicts) (conflict.decide ? row.count.decide : row.count.know) += 1;
  row.entries = merge::encode(conflicts);
  return row;
}

Result<InboxRow> inbox_row(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  sqlite::StatementScope q(
      db.prepare("SELECT decide, know, entries FROM conflicts WHERE scope = ? AND collection = ? AND record = ?"));
  q->bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return InboxRow{};
  SATCHEL_ASSIGN(Bytes entries, log::unpack(q->blob(2), "conflicts"));
  return InboxRow{{q->int64(0), q->int64(1)}, std::move(entries)};
}

Result<> note_conflicts(Work& work, log::ScopeKey scope, const model::RecordKey& record,
                        const merge::RecordState& state) {
  const InboxRow row = inbox_row_of(state, work.schema.collection(record.collection));
  if (row.entries.empty()) return forget_conflicts(work.db, scope, record);
  sqlite::Statement& q = work.db.prepare(
      "INSERT INTO conflicts (scope, collection, record, decide, know, entries) VALUES (?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (scope, collection, record) DO UPDATE SET decide = excluded.decide, know = excluded.know,"
      " entries = excluded.entries");
  const Bytes packed = log::pack(row.entries);
  q.bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  q.bind(3, row.count.decide).bind(4, row.count.know).bind_blob(5, packed);
  return q.run();
}

Result<> forget_conflicts(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  sqlite::Statement& q = db.prepare("DELETE FROM conflicts WHERE scope = ? AND collection = ? AND record = ?");
  q.bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  return q.run();
}

Result<InboxCount> total_conflicts(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare("SELECT coalesce(sum(decide), 0), coalesce(sum(know), 0) FROM conflicts"));
  SATCHEL_TRY(q->step());
  return InboxCount{q->int64(0), q->int64(1)};
}

Result<std::optional<model::RecordKey>> stray_conflict(sqlite::Database& db, log::ScopeKey scope) {
  sqlite::StatementScope q(
      db.prepare("SELECT collection, record FROM conflicts c WHERE scope = ? AND NOT EXISTS"
                 " (SELECT 1 FROM record_index r WHERE r.collection = c.collection AND r.record = c.record AND r.scope = c.scope) LIMIT 1"));
  q->bind(0, scope.scope);
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return std::optional<model::RecordKey>();
  SATCHEL_ASSIGN(const RecordId id, id_column<RecordId>(*q, 1, "conflicts.record"));
  return std::optional(model::RecordKey{std::string(q->text(0)), id});
}

// One statement for all: a full inbox has hundreds of records, in as many scopes.
Result<std::vector<InboxEntry>> read_inbox(sqlite::Database& db) {
  sqlite::StatementScope q(
      db.prepare("SELECT h.id, c.collection, c.record, c.entries FROM conflicts c"
                 " LEFT JOIN held_scopes h ON h.scope = c.scope ORDER BY c.scope, c.collection, c.record"));
  std::vector<InboxEntry> inbox;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return inbox;
    SATCHEL_ASSIGN(const ScopeId scope, id_column<ScopeId>(*q, 0, "held_scopes.id"));
    model::RecordKey record{std::string(q->text(1)), {}};
    SATCHEL_ASSIGN(record.record, id_column<RecordId>(*q, 2, "conflicts.record"));
    SATCHEL_ASSIGN(const Bytes entries, log::unpack(q->blob(3), "conflicts"));
    auto conflicts = merge::decode_conflicts(entries);
    if (!conflicts.ok()) {
      return make_error(Code::corrupt, "The inbox of this store cannot be read: " + conflicts.error().message + ".",
                        "conflicts.entries");
    }
    for (auto& conflict : *conflicts) inbox.push_back({scope, record, std::move(conflict)});
  }
}

}  // namespace satchel::store
