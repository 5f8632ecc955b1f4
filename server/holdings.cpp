#include "server/holdings.hpp"

namespace satchel::server {

Result<std::optional<Holding>> find_holding(sqlite::Database& db, int64_t org, const ReplicaId& replica,
                                            const ScopeId& scope) {
  sqlite::StatementScope select(
      db.prepare("SELECT position FROM centre_holdings WHERE org = ? AND replica = ? AND scope = ?"));
  select->bind(0, org).bind_blob(1, replica.view()).bind_blob(2, scope.view());
  SATCHEL_ASSIGN(const bool found, select->step());
  if (!found) return std::optional<Holding>();
  return std::optional<Holding>(Holding{scope, static_cast<uint64_t>(select->int64(0))});
}

Result<std::vector<Holding>> holdings_of(sqlite::Database& db, int64_t org, const ReplicaId& replica) {
  std::vector<Holding> all;
  sqlite::StatementScope select(
      db.prepare("SELECT scope, position FROM centre_holdings WHERE org = ? AND replica = ?"));
  select->bind(0, org).bind_blob(1, replica.view());
  for (;;) {
    SATCHEL_ASSIGN(const bool row, select->step());
    if (!row) return all;
    const auto scope = ScopeId::from_bytes(select->blob(0));
    if (!scope) return make_error(Code::corrupt, "A holding does not name a scope.", "centre_holdings");
    all.push_back({*scope, static_cast<uint64_t>(select->int64(1))});
  }
}

Result<> put_holding(sqlite::Database& db, int64_t org, const ReplicaId& replica, const Holding& holding) {
  return db.prepare("INSERT OR REPLACE INTO centre_holdings VALUES(?, ?, ?, ?)")
      .bind(0, org)
      .bind_blob(1, replica.view())
      .bind_blob(2, holding.scope.view())
      .bind(3, static_cast<int64_t>(holding.position))
      .run();
}

Result<> move_holding(sqlite::Database& db, int64_t org, const ReplicaId& replica, const ScopeId& scope,
                      uint64_t position) {
  return db.prepare("UPDATE centre_holdings SET position = ? WHERE org = ? AND replica = ? AND scope = ?")
      .bind(0, static_cast<int64_t>(position))
      .bind(1, org)
      .bind_blob(2, replica.view())
      .bind_blob(3, scope.view())
      .run();
}

Result<> drop_holding(sqlite::Database& db, int64_t org, const ReplicaId& replica, const ScopeId& scope) {
  return db.prepare("DELETE FROM centre_holdings WHERE org = ? AND replica = ? AND scope = ?")
      .bind(0, org)
      .bind_blob(1, replica.view())
      .bind_blob(2, scope.view())
      .run();
}

}  // namespace satchel::server
