#include "core/log/digest.hpp"
#include "core/log/rows.hpp"

namespace satchel::log::rows {
namespace {

// Columns: id, counter, ord, base and, for `replicas`, position.
Result<ReplicaRow> replica_of(const sqlite::Statement& statement, const char* table) {
  const auto id = ReplicaId::from_bytes(statement.blob(0));
  auto base = proto::decode_version(statement.blob(3));
  if (!id || !base.ok()) return damaged(table, "a base or a name");
  ReplicaRow row;
  row.replica = *id;
  row.counter = from_sql(statement.int64(1));
  row.ord = from_sql(statement.int64(2));
  row.base = std::move(base).value();
  row.position = from_sql(statement.int64(4));
  return row;
}

}  // namespace

Hash256 digest_of(const ReplicaState& replica) {
  return replica_digest(replica.replica, replica.counter, proto::encode_version(replica.base), replica.ord);
}

Result<std::optional<ReplicaRow>> read_replica(sqlite::Database& db, ScopeKey key, const ReplicaId& replica) {
  sqlite::StatementScope find(db.prepare(
      "SELECT id, counter, ord, base, position FROM names "
      "JOIN replicas ON replicas.org = names.org AND replica = number "
      "WHERE names.org = ?1 AND id = ?3 AND scope = ?2"));
  find->bind(0, key.org).bind(1, key.scope).bind_blob(2, replica.view());
  SATCHEL_ASSIGN(const bool found, find->step());
  if (!found) return std::optional<ReplicaRow>{};
  SATCHEL_ASSIGN(ReplicaRow row, replica_of(*find, "replicas"));
  return std::optional(std::move(row));
}

Result<std::vector<ReplicaRow>> read_replicas(sqlite::Database& db, ScopeKey key) {
  sqlite::StatementScope list(db.prepare(
      "SELECT id, counter, ord, base, position FROM replicas LEFT JOIN names ON names.org = replicas.org AND "
      "number = replica WHERE replicas.org = ?1 AND scope = ?2 ORDER BY id"));
  list->bind(0, key.org).bind(1, key.scope);
  std::vector<ReplicaRow> all;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, list->step());
    if (!more) return all;
    SATCHEL_ASSIGN(ReplicaRow row, replica_of(*list, "replicas"));
    all.push_back(std::move(row));
  }
}

Result<> write_replica(sqlite::Database& db, ScopeKey key, const ReplicaRow& row) {
  SATCHEL_ASSIGN(const int64_t number, intern(db, key.org, row.replica.view()));
  sqlite::StatementScope put(db.prepare(
      "INSERT INTO replicas(org, scope, replica, counter, position, ord, base) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) "
      "ON CONFLICT(org, scope, replica) DO UPDATE SET counter = ?4, position = ?5, ord = ?6, base = ?7"));
  put->bind(0, key.org).bind(1, key.scope).bind(2, number).bind(3, to_sql(row.counter));
  put->bind(4, to_sql(row.position)).bind(5, to_sql(row.ord)).bind_blob(6, proto::encode_version(row.base));
  return put->run();
}

Result<std::vector<ReplicaState>> read_layer_replicas(sqlite::Database& db, ScopeKey key) {
  sqlite::StatementScope list(db.prepare(
      "SELECT id, counter, ord, base, 0 FROM snapshot_replicas AS s LEFT JOIN names ON names.org = s.org AND "
      "number = replica WHERE s.org = ?1 AND scope = ?2 ORDER BY id"));
  list->bind(0, key.org).bind(1, key.scope);
  std::vector<ReplicaState> all;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, list->step());
    if (!more) return all;
    SATCHEL_ASSIGN(ReplicaRow row, replica_of(*list, "snapshot_replicas"));
    all.push_back(std::move(row));
  }
}

Result<> write_layer_replica(sqlite::Database& db, ScopeKey key, const ReplicaState& replica) {
  SATCHEL_ASSIGN(const int64_t number, intern(db, key.org, replica.replica.view()));
  sqlite::StatementScope put(db.prepare(
      "INSERT INTO snapshot_replicas(org, scope, replica, counter, ord, base) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"));
  put->bind(0, key.org).bind(1, key.scope).bind(2, number).bind(3, to_sql(replica.counter));
  put->bind(4, to_sql(replica.ord)).bind_blob(5, proto::encode_version(replica.base));
  return put->run();
}

namespace {

Result<> drop(sqlite::Database& db, const char* sql, ScopeKey key, const ReplicaId& replica) {
  SATCHEL_ASSIGN(const std::optional<int64_t> number, number_of(db, key.org, replica.view()));
  if (!number) return {};
  sqlite::StatementScope remove(db.prepare(sql));
  remove->bind(0, key.org).bind(1, key.scope).bind(2, *number);
  return remove->run();
}

}  // namespace

Result<> drop_replica(sqlite::Database& db, ScopeKey key, const ReplicaId& replica) {
  return drop(db, "DELETE FROM replicas WHERE org = ?1 AND scope = ?2 AND replica = ?3", key, replica);
}

Result<> drop_layer_replica(sqlite::Database& db, ScopeKey key, const ReplicaId& replica) {
  return drop(db, "DELETE FROM snapshot_replicas WHERE org = ?1 AND scope = ?2 AND replica = ?3", key, replica);
}

}  // namespace satchel::log::rows
