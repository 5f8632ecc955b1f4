#include "server/quarantine.hpp"

#include <set>

namespace satchel::server {
namespace {

std::set<model::RecordKey> records_of(const std::vector<model::Op>& ops) {
  std::set<model::RecordKey> records;
  for (const model::Op& op : ops) records.insert({op.collection, op.record});
  return records;
}

#define SATCHEL_QUARANTINE_ROWS                                                                       \
  "SELECT scope, replica, counter, worker, reason, received_ms, state, decision, base, shown, bytes " \
  "FROM centre_quarantine "

Result<Quarantined> read_row(const sqlite::Statement& row) {
  const Error damaged = make_error(Code::corrupt, "A row of the quarantine cannot be read.", "centre_quarantine");
  const auto scope = ScopeId::from_bytes(row.blob(0));
  const auto replica = ReplicaId::from_bytes(row.blob(1));
  if (!scope || !replica) return damaged;
  Quarantined item;
  item.id = {*scope, *replica, static_cast<uint64_t>(row.int64(2))};
  item.worker = row.text(3);
  item.reason = row.text(4);
  item.received_ms = row.int64(5);
  item.state = static_cast<Quarantined::State>(row.int64(6));
  item.decision = row.text(7);
  SATCHEL_ASSIGN(item.base, proto::decode_version(row.blob(8)));
  SATCHEL_ASSIGN(item.shown, proto::decode_version(row.blob(9)));
  item.bytes = row.blob(10);
  return item;
}

Result<> forget_wanted(sqlite::Database& db, int64_t org, const model::TransactionId& id) {
  return db.prepare("DELETE FROM centre_content_wanted WHERE org = ? AND replica = ? AND scope = ? AND counter = ?")
      .bind(0, org)
      .bind_blob(1, id.replica.view())
      .bind_blob(2, id.scope.view())
      .bind(3, static_cast<int64_t>(id.counter))
      .run();
}

}  // namespace

Result<> put_in_quarantine(sqlite::Database& db, int64_t org, const Quarantined& item,
                           const std::vector<model::Op>& ops) {
  // A decision that the ledger brought back before the content came again stands.
  SATCHEL_TRY(db.prepare("INSERT INTO centre_quarantine SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, coalesce(d.state, 0), "
                         "coalesce(d.decision, ''), ?8, ?9, ?10 FROM (SELECT 1) LEFT JOIN centre_decisions d "
                         "ON d.org = ?1 AND d.scope = ?2 AND d.replica = ?3 AND d.counter = ?4 WHERE true "
                         "ON CONFLICT(org, scope, replica, counter) DO NOTHING")
                  .bind(0, org)
                  .bind_blob(1, item.id.scope.view())
                  .bind_blob(2, item.id.replica.view())
                  .bind(3, static_cast<int64_t>(item.id.counter))
                  .bind_text(4, item.worker)
                  .bind_text(5, item.reason)
                  .bind(6, item.received_ms)
                  .bind_blob(7, proto::encode_version(item.base))
                  .bind_blob(8, proto::encode_version(item.shown))
                  .bind_blob(9, item.bytes)
                  .run());
  SATCHEL_TRY(forget_wanted(db, org, item.id));
  for (const model::RecordKey& record : records_of(ops)) {
    SATCHEL_TRY(db.prepare("INSERT OR IGNORE INTO centre_refused_records VALUES(?, ?, ?, ?, ?, ?)")
                    .bind(0, org)
                    .bind_blob(1, item.id.scope.view())
                    .bind_blob(2, item.id.replica.view())
                    .bind_text(3, record.collection)
                    .bind_blob(4, record.record.view())
                    .bind(5, static_cast<int64_t>(item.id.counter))
                    .run());
  }
  return {};
}

Result<std::optional<Quarantined>> find_quarantined(sqlite::Database& db, int64_t org, const model::TransactionId& id) {
  sqlite::StatementScope select(
      db.prepare(SATCHEL_QUARANTINE_ROWS "WHERE org = ? AND scope = ? AND replica = ? AND counter = ?"));
  select->bind(0, org).bind_blob(1, id.scope.view()).bind_blob(2, id.replica.view());
  select->bind(3, static_cast<int64_t>(id.counter));
  SATCHEL_ASSIGN(const bool found, select->step());
  if (!found) return std::optional<Quarantined>();
  SATCHEL_ASSIGN(Quarantined item, read_row(*select));
  return std::optional<Quarantined>(std::move(item));
}

Result<> note_release(sqlite::Database& db, int64_t org, const model::TransactionId& id, uint64_t position) {
  const auto run = [&](const char* sql, int64_t value) {
    return db.prepare(sql)
        .bind(0, org)
        .bind_blob(1, id.scope.view())
        .bind_blob(2, id.replica.view())
        .bind(3, static_cast<int64_t>(id.counter))
        .bind(4, value)
        .run();
  };
  const auto released = static_cast<int64_t>(Quarantined::State::released);
  SATCHEL_TRY(run("INSERT OR REPLACE INTO centre_releases VALUES(?1, ?2, ?3, ?4, ?5)", static_cast<int64_t>(position)));
  SATCHEL_TRY(run("INSERT OR REPLACE INTO centre_decisions VALUES(?1, ?2, ?3, ?4, ?5, '')", released));
  return run(
      "UPDATE centre_quarantine SET state = ?5, decision = '' "
      "WHERE org = ?1 AND scope = ?2 AND replica = ?3 AND counter = ?4",
      released);
}

Result<uint64_t> released_at(sqlite::Database& db, int64_t org, const model::TransactionId& id) {
  sqlite::StatementScope select(db.prepare(
      "SELECT position FROM centre_releases WHERE org = ? AND scope = ? AND replica = ? AND counter = ?"));
  select->bind(0, org).bind_blob(1, id.scope.view()).bind_blob(2, id.replica.view());
  select->bind(3, static_cast<int64_t>(id.counter));
  SATCHEL_ASSIGN(const bool found, select->step());
  return found ? static_cast<uint64_t>(select->int64(0)) : uint64_t{0};
}

Result<std::vector<model::TransactionId>> released_up_to(sqlite::Database& db, int64_t org, const ScopeId& scope,
                                                         uint64_t position) {
  std::vector<model::TransactionId> slots;
  sqlite::StatementScope select(
      db.prepare("SELECT replica, counter FROM centre_releases WHERE org = ? AND scope = ? AND position <= ? "
                 "ORDER BY replica, counter"));
  select->bind(0, org).bind_blob(1, scope.view()).bind(2, static_cast<int64_t>(position));
  for (;;) {
    SATCHEL_ASSIGN(const bool row, select->step());
    if (!row) return slots;
    const auto replica = ReplicaId::from_bytes(select->blob(0));
    if (!replica) return make_error(Code::corrupt, "A release has no replica.", "centre_releases");
    slots.push_back({scope, *replica, static_cast<uint64_t>(select->int64(1))});
  }
}

Result<std::vector<Quarantined>> waiting(sqlite::Database& db, int64_t org) {
  std::vector<Quarantined> items;
  sqlite::StatementScope select(
      db.prepare(SATCHEL_QUARANTINE_ROWS "WHERE org = ? AND state = 0 ORDER BY received_ms, scope, replica, counter"));
  select->bind(0, org);
  for (;;) {
    SATCHEL_ASSIGN(const bool row, select->step());
    if (!row) return items;
    SATCHEL_ASSIGN(Quarantined item, read_row(*select));
    items.push_back(std::move(item));
  }
}

Result<std::optional<uint64_t>> refused_ground(sqlite::Database& db, int64_t org, const model::Header& header,
                                               const std::vector<model::Op>& ops) {
  for (const model::RecordKey& record : records_of(ops)) {
    sqlite::StatementScope select(
        db.prepare("SELECT counter FROM centre_refused_records WHERE org = ? AND scope = ? AND replica = ? "
                   "AND collection = ? AND record = ? AND counter > ? AND counter < ? ORDER BY counter LIMIT 1"));
    select->bind(0, org).bind_blob(1, header.id.scope.view()).bind_blob(2, header.id.replica.view());
    select->bind_text(3, record.collection).bind_blob(4, record.record.view());
    select->bind(5, static_cast<int64_t>(header.verdicts_known)).bind(6, static_cast<int64_t>(header.id.counter));
    SATCHEL_ASSIGN(const bool found, select->step());
    if (found) return std::optional<uint64_t>(static_cast<uint64_t>(select->int64(0)));
  }
  return std::optional<uint64_t>();
}

Result<> want_content(sqlite::Database& db, int64_t org, const model::TransactionId& id) {
  return db
      .prepare("INSERT OR IGNORE INTO centre_content_wanted SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM "
               "centre_quarantine WHERE org = ?1 AND scope = ?3 AND replica = ?2 AND counter = ?4)")
      .bind(0, org)
      .bind_blob(1, id.replica.view())
      .bind_blob(2, id.scope.view())
      .bind(3, static_cast<int64_t>(id.counter))
      .run();
}

Result<std::vector<model::TransactionId>> content_wanted(sqlite::Database& db, int64_t org, std::string_view worker) {
  constexpr int64_t most = 1000;  // in one answer; the rest is asked for when these are here
  std::vector<model::TransactionId> slots;
  sqlite::StatementScope select(
      db.prepare("SELECT w.scope, w.replica, w.counter FROM centre_content_wanted w LEFT JOIN centre_devices d "
                 "ON d.org = w.org AND d.replica = w.replica WHERE w.org = ? AND (d.worker = ? OR d.worker IS NULL) "
                 "ORDER BY w.replica, w.scope, w.counter LIMIT ?"));
  select->bind(0, org).bind_text(1, worker).bind(2, most);
  for (;;) {
    SATCHEL_ASSIGN(const bool row, select->step());
    if (!row) return slots;
    const auto scope = ScopeId::from_bytes(select->blob(0));
    const auto replica = ReplicaId::from_bytes(select->blob(1));
    if (!scope || !replica) return make_error(Code::corrupt, "A wanted slot has no id.", "centre_content_wanted");
    slots.push_back({*scope, *replica, static_cast<uint64_t>(select->int64(2))});
  }
}

Result<std::optional<uint64_t>> unknown_ground(sqlite::Database& db, int64_t org, const model::Header& header) {
  sqlite::StatementScope select(
      db.prepare("SELECT counter FROM centre_content_wanted WHERE org = ? AND replica = ? AND scope = ? "
                 "AND counter > ? AND counter < ? ORDER BY counter LIMIT 1"));
  select->bind(0, org).bind_blob(1, header.id.replica.view()).bind_blob(2, header.id.scope.view());
  select->bind(3, static_cast<int64_t>(header.verdicts_known)).bind(4, static_cast<int64_t>(header.id.counter));
  SATCHEL_ASSIGN(const bool found, select->step());
  if (!found) return std::optional<uint64_t>();
  return std::optional<uint64_t>(static_cast<uint64_t>(select->int64(0)));
}

}  // namespace satchel::server
