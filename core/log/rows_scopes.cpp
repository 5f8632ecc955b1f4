#include <cstring>

#include "core/log/rows.hpp"

namespace satchel::log::rows {
namespace {

// Ties the columns of a scope's row to each other, so that verify notices a change that no digest covers.
int64_t row_check(const ScopeRow& row) {
  Hasher hasher("satchel.scope-row.0");
  hasher.part(row.id.view()).part(row.organisation).part(row.kind).part(row.parent.view());
  hasher.number(row.head).number(row.snapshot_position).number(row.layer).number(row.receiving_at).number(row.kept_to);
  hasher.number(row.keeps_older ? 1 : 0).number(row.older_from).part(row.older_digest.view());
  hasher.part(row.epoch.view()).number(from_sql(row.last_received_ms));
  hasher.part(row.log_digest.view()).part(row.state_digest.view()).part(row.replicas_digest.view());
  hasher.part(row.snapshot_log_digest.view()).part(row.layer_state_digest.view());
  hasher.part(row.layer_replicas_digest.view()).part(row.history_digest.view());
  const Hash256 hash = hasher.finish();
  int64_t check = 0;
  std::memcpy(&check, hash.bytes.data(), sizeof check);
  return check;
}

void bind_scope(sqlite::Statement& statement, const ScopeRow& row) {
  statement.bind(0, row.key.org).bind(1, row.key.scope);
  statement.bind_text(2, row.organisation).bind_text(3, row.kind).bind_blob(4, row.parent.view());
  statement.bind(5, to_sql(row.head)).bind(6, to_sql(row.snapshot_position)).bind(7, to_sql(row.layer));
  statement.bind(8, to_sql(row.receiving_at)).bind(9, to_sql(row.kept_to)).bind_blob(10, row.epoch.view());
  statement.bind(11, row.last_received_ms).bind(12, int64_t{row.keeps_older}).bind(13, to_sql(row.older_from));
  const Hash256* digests[] = {&row.log_digest,          &row.state_digest,       &row.replicas_digest,
                              &row.snapshot_log_digest, &row.layer_state_digest, &row.layer_replicas_digest,
                              &row.history_digest,      &row.older_digest};
  int column = 14;
  for (const Hash256* digest : digests) statement.bind_blob(column++, digest->view());
  statement.bind(column, row_check(row));
}

Result<ScopeRow> scope_of(const sqlite::Statement& statement, ScopeKey key) {
  ScopeRow row;
  row.key = key;
  row.organisation = statement.text(0);
  row.kind = statement.text(1);
  const auto parent = ScopeId::from_bytes(statement.blob(2));
  row.head = from_sql(statement.int64(3));
  row.snapshot_position = from_sql(statement.int64(4));
  row.layer = from_sql(statement.int64(5));
  row.receiving_at = from_sql(statement.int64(6));
  row.receiving = row.receiving_at != 0;
  row.kept_to = from_sql(statement.int64(7));
  const auto epoch = EpochId::from_bytes(statement.blob(8));
  row.last_received_ms = statement.int64(9);
  row.keeps_older = statement.int64(10) == 1;
  row.older_from = from_sql(statement.int64(11));
  Hash256* digests[] = {&row.log_digest,          &row.state_digest,       &row.replicas_digest,
                        &row.snapshot_log_digest, &row.layer_state_digest, &row.layer_replicas_digest,
                        &row.history_digest,      &row.older_digest};
  int column = 12;
  bool whole = true;
  for (Hash256* digest : digests) whole = Hash256::from_bytes(statement.blob(column++), *digest) && whole;
  const auto id = ScopeId::from_bytes(statement.blob(column));
  if (!whole || !parent || !epoch || !id) return damaged("scopes", "scope number " + std::to_string(key.scope));
  row.parent = *parent;
  row.epoch = *epoch;
  row.id = *id;
  return row;
}

}  // namespace

Error damaged(const char* table, std::string what) {
  const std::string where = std::string("table ") + table + ", ";
  return make_error(Code::corrupt, "The store does not hold what it must: " + where + what + ".", table);
}

Result<> run(sqlite::Database& db, const char* sql, ScopeKey key, std::optional<uint64_t> position) {
  sqlite::StatementScope statement(db.prepare(sql));
  statement->bind(0, key.org).bind(1, key.scope);
  if (position) statement->bind(2, to_sql(*position));
  return statement->run();
}

Result<std::optional<int64_t>> number_of(sqlite::Database& db, int64_t org, BytesView id) {
  sqlite::StatementScope find(db.prepare("SELECT number FROM names WHERE org = ?1 AND id = ?2"));
  find->bind(0, org).bind_blob(1, id);
  SATCHEL_ASSIGN(const bool found, find->step());
  if (!found) return std::optional<int64_t>{};
  return std::optional(find->int64(0));
}

Result<int64_t> intern(sqlite::Database& db, int64_t org, BytesView id) {
  SATCHEL_ASSIGN(const std::optional<int64_t> known, number_of(db, org, id));
  if (known) return *known;
  int64_t number = 1;
  {
    sqlite::StatementScope last(db.prepare("SELECT max(number) FROM names WHERE org = ?1"));
    last->bind(0, org);
    SATCHEL_TRY(last->step());
    number = last->int64(0) + 1;
  }
  sqlite::StatementScope add(db.prepare("INSERT INTO names(org, number, id) VALUES(?1, ?2, ?3)"));
  add->bind(0, org).bind(1, number).bind_blob(2, id);
  SATCHEL_TRY(add->run());
  return number;
}

Result<ScopeRow> read_scope(sqlite::Database& db, ScopeKey key) {
  sqlite::StatementScope find(db.prepare(
      "SELECT organisation, kind, parent, head, snapshot_position, layer, receiving, kept_to, epoch, last_received_ms, "
      "keeps_older, older_from, log_digest, state_digest, replicas_digest, snapshot_log_digest, layer_state_digest, "
      "layer_replicas_digest, history_digest, older_digest, names.id FROM scopes LEFT JOIN names ON names.org = scopes.org AND number = scope "
      "WHERE scopes.org = ?1 AND scope = ?2"));
  find->bind(0, key.org).bind(1, key.scope);
  SATCHEL_ASSIGN(const bool found, find->step());
  if (!found) return make_error(Code::not_found, "This scope is not here.", "scope");
  return scope_of(*find, key);
}

Result<> insert_scope(sqlite::Database& db, const ScopeRow& row) {
  sqlite::StatementScope add(db.prepare(
      "INSERT INTO scopes(org, scope, organisation, kind, parent, head, snapshot_position, layer, receiving, kept_to, "
      "epoch, last_received_ms, keeps_older, older_from, log_digest, state_digest, replicas_digest, "
      "snapshot_log_digest, layer_state_digest, layer_replicas_digest, history_digest, older_digest, row_check) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, "
      "?23)"));
  bind_scope(*add, row);
  return add->run();
}

Result<> update_scope(sqlite::Database& db, const ScopeRow& row) {
  sqlite::StatementScope update(db.prepare(
      "UPDATE scopes SET organisation = ?3, kind = ?4, parent = ?5, head = ?6, snapshot_position = ?7, layer = ?8, "
      "receiving = ?9, kept_to = ?10, epoch = ?11, last_received_ms = ?12, keeps_older = ?13, older_from = ?14, "
      "log_digest = ?15, state_digest = ?16, replicas_digest = ?17, snapshot_log_digest = ?18, "
      "layer_state_digest = ?19, layer_replicas_digest = ?20, history_digest = ?21, older_digest = ?22, "
      "row_check = ?23 WHERE org = ?1 AND scope = ?2"));
  bind_scope(*update, row);
  return update->run();
}

Result<> check_scope(sqlite::Database& db, const ScopeRow& row) {
  sqlite::StatementScope find(db.prepare("SELECT row_check FROM scopes WHERE org = ?1 AND scope = ?2"));
  find->bind(0, row.key.org).bind(1, row.key.scope);
  SATCHEL_TRY(find->step());
  if (find->int64(0) != row_check(row)) return damaged("scopes", "the row of scope " + row.id.text() + " was changed");
  return {};
}

Hash256 history_digest(const proto::History& history) {
  Hasher hasher("satchel.history.0");
  for (const proto::HistoryItem& item : history) hasher.part(item.epoch.view()).number(item.first_position);
  return hasher.finish();
}

Result<proto::History> read_history(sqlite::Database& db, ScopeKey key) {
  sqlite::StatementScope list(
      db.prepare("SELECT epoch, first_position, number FROM history WHERE org = ?1 AND scope = ?2 ORDER BY number"));
  list->bind(0, key.org).bind(1, key.scope);
  proto::History history;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, list->step());
    if (!more) return history;
    const auto epoch = EpochId::from_bytes(list->blob(0));
    const size_t number = history.size() + 1;
    if (!epoch || list->int64(2) != static_cast<int64_t>(number)) return damaged("history", "an epoch");
    history.push_back({*epoch, from_sql(list->int64(1))});
  }
}

Result<> write_history(sqlite::Database& db, ScopeRow& row, const proto::History& history) {
  SATCHEL_TRY(run(db, "DELETE FROM history WHERE org = ?1 AND scope = ?2", row.key));
  int64_t number = 0;
  for (const proto::HistoryItem& item : history) {
    sqlite::StatementScope add(db.prepare(
        "INSERT INTO history(org, scope, number, epoch, first_position) VALUES(?1, ?2, ?3, ?4, ?5)"));
    add->bind(0, row.key.org).bind(1, row.key.scope).bind(2, ++number);
    add->bind_blob(3, item.epoch.view()).bind(4, to_sql(item.first_position));
    SATCHEL_TRY(add->run());
  }
  row.history_digest = history_digest(history);
  return {};
}

}  // namespace satchel::log::rows
