#include "server/authorise.hpp"

#include "server/tables.hpp"

namespace satchel::server {
namespace {

Result<> move_version(sqlite::Database& db, int64_t org, const std::string& worker) {
  return db
      .prepare(
          "INSERT INTO centre_workers VALUES(?, ?, 1) "
          "ON CONFLICT(org, worker) DO UPDATE SET version = version + 1")
      .bind(0, org)
      .bind_text(1, worker)
      .run();
}

Result<> end_grants(sqlite::Database& db, int64_t org, const Event& event) {
  return db
      .prepare(
          "UPDATE centre_grants SET to_ms = max(?, from_ms) "
          "WHERE org = ? AND worker = ? AND scope = ? AND to_ms IS NULL")
      .bind(0, event.at_ms)
      .bind(1, org)
      .bind_text(2, event.worker)
      .bind_blob(3, event.scope.view())
      .run();
}

Result<> apply_grant(sqlite::Database& db, int64_t org, const Event& event) {
  SATCHEL_TRY(end_grants(db, org, event));
  return db.prepare("INSERT OR REPLACE INTO centre_grants VALUES(?, ?, ?, ?, NULL, ?, ?)")
      .bind(0, org)
      .bind_text(1, event.worker)
      .bind_blob(2, event.scope.view())
      .bind(3, event.at_ms)
      .bind_text(4, event.role)
      .bind_text(5, event.label)
      .run();
}

Result<> apply_suspend(sqlite::Database& db, int64_t org, const Event& event) {
  return db.prepare("INSERT OR IGNORE INTO centre_suspensions VALUES(?, ?, ?, NULL)")
      .bind(0, org)
      .bind_text(1, event.worker)
      .bind(2, event.at_ms)
      .run();
}

Result<> apply_reinstate(sqlite::Database& db, int64_t org, const Event& event) {
  return db
      .prepare("UPDATE centre_suspensions SET to_ms = max(?, from_ms) WHERE org = ? AND worker = ? AND to_ms IS NULL")
      .bind(0, event.at_ms)
      .bind(1, org)
      .bind_text(2, event.worker)
      .run();
}

Result<> apply_scope(Centre& centre, int64_t org, const Event& event) {
  SATCHEL_ASSIGN(const auto known, centre.log().find_scope(org, event.scope));
  if (known) return {};
  SATCHEL_ASSIGN(const EpochId epoch, centre.epoch());
  SATCHEL_TRY(centre.log().create_scope(org, event.organisation, event.scope, event.scope_kind, event.parent, epoch));
  return {};
}

Result<> apply_decision(sqlite::Database& db, int64_t org, const Event& event) {
  SATCHEL_TRY(db.prepare("INSERT OR REPLACE INTO centre_decisions VALUES(?, ?, ?, ?, ?, ?)")
                  .bind(0, org)
                  .bind_blob(1, event.scope.view())
                  .bind_blob(2, event.replica.view())
                  .bind(3, static_cast<int64_t>(event.counter))
                  .bind(4, event.state)
                  .bind_text(5, event.words)
                  .run());
  return db
      .prepare(
          "UPDATE centre_quarantine SET state = ?, decision = ? "
          "WHERE org = ? AND scope = ? AND replica = ? AND counter = ?")
      .bind(0, event.state)
      .bind_text(1, event.words)
      .bind(2, org)
      .bind_blob(3, event.scope.view())
      .bind_blob(4, event.replica.view())
      .bind(5, static_cast<int64_t>(event.counter))
      .run();
}

}  // namespace

bool is_role(std::string_view role) { return role == role_writer || role == role_reader || role == role_supervisor; }
bool may_write(std::string_view role) { return role == role_writer || role == role_supervisor; }

Result<> apply_event(Centre& centre, const Event& event) {
  sqlite::Database& db = centre.db();
  if (event.kind == Event::Kind::epoch) {
    SATCHEL_ASSIGN(const auto known, value_of(db, "epoch"));
    // Ids of epochs are as blobs in the order of time. The scopes follow in Work::begin_epoch, not in a replay.
    if (known && BytesView(*known) >= event.epoch.view()) return {};
    return set_value(db, "epoch", event.epoch.view());
  }
  SATCHEL_ASSIGN(const int64_t org, organisation_number(db, event.organisation));
  switch (event.kind) {
    case Event::Kind::scope:
      return apply_scope(centre, org, event);
    case Event::Kind::decision:
      return apply_decision(db, org, event);
    case Event::Kind::grant:
      SATCHEL_TRY(apply_grant(db, org, event));
      break;
    case Event::Kind::withdraw:
      SATCHEL_TRY(end_grants(db, org, event));
      break;
    case Event::Kind::suspend:
      SATCHEL_TRY(apply_suspend(db, org, event));
      break;
    case Event::Kind::reinstate:
      SATCHEL_TRY(apply_reinstate(db, org, event));
      break;
    case Event::Kind::epoch:
      break;
  }
  return move_version(db, org, event.worker);
}

Result<bool> suspended_at(sqlite::Database& db, int64_t org, std::string_view worker, int64_t ms) {
  sqlite::StatementScope select(
      db.prepare("SELECT 1 FROM centre_suspensions WHERE org = ? AND worker = ? AND from_ms <= ? "
                 "AND (to_ms IS NULL OR to_ms > ?)"));
  select->bind(0, org).bind_text(1, worker).bind(2, ms).bind(3, ms);
  return select->step();
}

Result<std::optional<std::string>> role_at(sqlite::Database& db, int64_t org, std::string_view worker,
                                           const ScopeId& scope, int64_t ms) {
  sqlite::StatementScope select(
      db.prepare("SELECT role FROM centre_grants WHERE org = ? AND worker = ? AND scope = ? AND from_ms <= ? "
                 "AND (to_ms IS NULL OR to_ms > ?) ORDER BY from_ms DESC"));
  select->bind(0, org).bind_text(1, worker).bind_blob(2, scope.view()).bind(3, ms).bind(4, ms);
  SATCHEL_ASSIGN(const bool found, select->step());
  if (!found) return std::optional<std::string>();
  return std::optional<std::string>(std::string(select->text(0)));
}

Result<bool> has_role_at(sqlite::Database& db, int64_t org, std::string_view worker, std::string_view role,
                         int64_t ms) {
  sqlite::StatementScope select(
      db.prepare("SELECT 1 FROM centre_grants WHERE org = ? AND worker = ? AND role = ? AND from_ms <= ? "
                 "AND (to_ms IS NULL OR to_ms > ?)"));
  select->bind(0, org).bind_text(1, worker).bind_text(2, role).bind(3, ms).bind(4, ms);
  return select->step();
}

Result<std::vector<GrantRow>> grants_of(sqlite::Database& db, int64_t org, std::string_view worker) {
  std::vector<GrantRow> rows;
  sqlite::StatementScope select(
      db.prepare("SELECT scope, role, label, from_ms, to_ms FROM centre_grants WHERE org = ? AND worker = ? ORDER BY "
                 "scope, from_ms"));
  select->bind(0, org).bind_text(1, worker);
  for (;;) {
    SATCHEL_ASSIGN(const bool row, select->step());
    if (!row) return rows;
    const auto scope = ScopeId::from_bytes(select->blob(0));
    if (!scope) return make_error(Code::corrupt, "A grant does not name a scope.", "centre_grants");
    rows.push_back(
        {*scope, std::string(select->text(1)), std::string(select->text(2)), select->int64(3), std::nullopt});
    if (!select->is_null(4)) rows.back().to_ms = select->int64(4);
  }
}

Result<uint64_t> grants_version(sqlite::Database& db, int64_t org, std::string_view worker, int64_t now_ms) {
  uint64_t version = 0;
  {
    sqlite::StatementScope select(db.prepare("SELECT version FROM centre_workers WHERE org = ? AND worker = ?"));
    select->bind(0, org).bind_text(1, worker);
    SATCHEL_ASSIGN(const bool found, select->step());
    if (found) version = static_cast<uint64_t>(select->int64(0));
  }
  SATCHEL_ASSIGN(const bool suspended, suspended_at(db, org, worker, now_ms));
  return 2 * version + (suspended ? 1 : 0) + 1;  // never 0: that is how a device asks for all
}

}  // namespace satchel::server
