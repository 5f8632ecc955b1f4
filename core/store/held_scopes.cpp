#include "core/store/held_scopes.hpp"

namespace satchel::store {
namespace {

Result<HeldScope> read_scope(const sqlite::Statement& q) {
  HeldScope scope;
  scope.key.scope = q.int64(0);
  SATCHEL_ASSIGN(scope.id, id_column<ScopeId>(q, 1, "held_scopes.id"));
  scope.kind = q.text(2);
  SATCHEL_ASSIGN(scope.parent, id_column<ScopeId>(q, 3, "held_scopes.parent"));
  scope.role = q.text(4);
  scope.label = q.text(5);
  scope.opened = q.int64(6) != 0;
  scope.withdrawn = q.int64(7) != 0;
  scope.complete = q.int64(8) != 0;
  scope.head = static_cast<uint64_t>(q.int64(9));
  scope.restart = q.int64(10) != 0;
  scope.restarted_at = static_cast<uint64_t>(q.int64(11));
  scope.own_floor = static_cast<uint64_t>(q.int64(12));
  scope.send_history = q.int64(13) != 0;
  scope.unfit = q.int64(17);
  SATCHEL_ASSIGN(scope.snapshot_version, proto::decode_version(q.blob(18)));
  if (!q.is_null(14)) {
    proto::SnapshotProgress progress;
    progress.position = static_cast<uint64_t>(q.int64(14));
    progress.after.collection = q.text(15);
    SATCHEL_ASSIGN(progress.after.record, id_column<RecordId>(q, 16, "held_scopes.snapshot_record"));
    scope.snapshot = progress;
  }
  return scope;
}

Error not_held() {
  return make_error(Code::corrupt, "A row of the store names a scope that it does not hold.", "held_scopes");
}

Result<std::vector<HeldScope>> scopes_listed_by(sqlite::Database& db, const char* sql) {
  std::vector<int64_t> numbers;
  {
    sqlite::StatementScope q(db.prepare(sql));
    for (;;) {
      SATCHEL_ASSIGN(const bool more, q->step());
      if (!more) break;
      numbers.push_back(q->int64(0));
    }
  }
  std::vector<HeldScope> scopes;
  for (const int64_t scope : numbers) {
    SATCHEL_ASSIGN(HeldScope row, held_scope(db, {1, scope}));
    scopes.push_back(std::move(row));
  }
  return scopes;
}

}  // namespace

Result<std::vector<HeldScope>> held_scopes(sqlite::Database& db) {
  return scopes_listed_by(db, "SELECT scope FROM held_scopes ORDER BY scope");
}

Result<std::vector<HeldScope>> withdrawn_scopes(sqlite::Database& db) {
  return scopes_listed_by(db, "SELECT scope FROM held_scopes WHERE withdrawn = 1 ORDER BY scope");
}

Result<ScopeCount> count_scopes(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare("SELECT count(*), count(*) FILTER (WHERE complete = 0 AND opened = 0),"
                                      " count(*) FILTER (WHERE unfit > 1) FROM held_scopes"));
  SATCHEL_TRY(q->step());
  const auto number_in = [&](int column) { return static_cast<uint64_t>(q->int64(column)); };
  return ScopeCount{number_in(0), number_in(1), number_in(2)};
}

Result<std::optional<HeldScope>> find_held_scope(sqlite::Database& db, const ScopeId& id) {
  sqlite::StatementScope q(db.prepare("SELECT scope FROM held_scopes WHERE id = ?"));
  q->bind_blob(0, id.view());
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return std::optional<HeldScope>();
  SATCHEL_ASSIGN(HeldScope scope, held_scope(db, {1, q->int64(0)}));
  return std::optional(std::move(scope));
}

Result<HeldScope> held_scope(sqlite::Database& db, log::ScopeKey key) {
  // The one statement that reads whole rows: to prepare it costs as much as to run it a dozen times.
  sqlite::StatementScope q(
      db.prepare("SELECT scope, id, kind, parent, role, label, opened, withdrawn, complete, head, restart, restarted_at,"
                 " own_floor, send_history, snapshot_position, snapshot_collection, snapshot_record, unfit,"
                 " snapshot_version, EXISTS (SELECT 1 FROM scopes l WHERE l.org = 1 AND l.scope = h.scope)"
                 " FROM held_scopes h WHERE scope = ?"));
  q->bind(0, key.scope);
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return not_held();
  if (q->int64(19) == 0) return make_error(Code::corrupt, "The store holds a scope without its log.", "scopes");
  return read_scope(*q);
}

Result<ScopeId> id_of_scope(sqlite::Database& db, log::ScopeKey key) {
  sqlite::StatementScope q(db.prepare("SELECT id FROM held_scopes WHERE scope = ?"));
  q->bind(0, key.scope);
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return not_held();
  return id_column<ScopeId>(*q, 0, "held_scopes.id");
}

Result<> insert_held_scope(Work& work, HeldScope& scope) {
  SATCHEL_ASSIGN(scope.key,
                 work.log.create_scope(1, work.row.organisation, scope.id, scope.kind, scope.parent, EpochId{}));
  sqlite::Statement& q = work.db.prepare(
      "INSERT INTO held_scopes (scope, id, kind, parent, role, label, opened, withdrawn, complete, head, restart,"
      " restarted_at, unfit, own_floor, send_history, snapshot_version)"
      " VALUES (?, ?, ?, ?, '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, x'')");
  q.bind(0, scope.key.scope).bind_blob(1, scope.id.view()).bind_text(2, scope.kind).bind_blob(3, scope.parent.view());
  SATCHEL_TRY(q.run());
  return update_held_scope(work.db, scope);
}

Result<> update_held_scope(sqlite::Database& db, const HeldScope& scope) {
  sqlite::Statement& q = db.prepare(
      "UPDATE held_scopes SET kind = ?, parent = ?, role = ?, label = ?, opened = ?, withdrawn = ?, complete = ?,"
      " head = ?, restart = ?, restarted_at = ?, own_floor = ?, send_history = ?, snapshot_position = ?,"
      " snapshot_collection = ?, snapshot_record = ?, unfit = ?, snapshot_version = ? WHERE scope = ?");
  q.bind_text(0, scope.kind).bind_blob(1, scope.parent.view()).bind_text(2, scope.role).bind_text(3, scope.label);
  q.bind(4, int64_t{scope.opened}).bind(5, int64_t{scope.withdrawn}).bind(6, int64_t{scope.complete});
  q.bind(7, number(scope.head)).bind(8, int64_t{scope.restart}).bind(9, number(scope.restarted_at));
  q.bind(10, number(scope.own_floor)).bind(11, int64_t{scope.send_history});
  if (scope.snapshot) {
    q.bind(12, number(scope.snapshot->position)).bind_text(13, scope.snapshot->after.collection);
    q.bind_blob(14, scope.snapshot->after.record.view());
  } else {
    q.bind_null(12).bind_null(13).bind_null(14);
  }
  q.bind(15, scope.unfit).bind_blob(16, proto::encode_version(scope.snapshot_version)).bind(17, scope.key.scope);
  return q.run();
}

Result<OwnCounter> own_counter(sqlite::Database& db, const ScopeId& scope, const ReplicaId& replica) {
  sqlite::StatementScope q(db.prepare("SELECT counter, base FROM own_counters WHERE scope_id = ? AND replica = ?"));
  q->bind_blob(0, scope.view()).bind_blob(1, replica.view());
  SATCHEL_ASSIGN(const bool found, q->step());
  OwnCounter value;
  if (!found) return value;
  value.counter = static_cast<uint64_t>(q->int64(0));
  SATCHEL_ASSIGN(value.base, proto::decode_version(q->blob(1)));
  return value;
}

Result<> set_own_counter(sqlite::Database& db, const ScopeId& scope, const ReplicaId& replica,
                         const OwnCounter& value) {
  sqlite::Statement& q = db.prepare(
      "INSERT INTO own_counters (scope_id, replica, counter, base) VALUES (?, ?, ?, ?)"
      " ON CONFLICT (scope_id, replica) DO UPDATE SET counter = excluded.counter, base = excluded.base");
  q.bind_blob(0, scope.view()).bind_blob(1, replica.view()).bind(2, number(value.counter));
  q.bind_blob(3, proto::encode_version(value.base));
  return q.run();
}

}  // namespace satchel::store
