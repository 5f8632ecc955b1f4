#include "server/tables.hpp"

#include "core/log/log.hpp"

namespace satchel::server {
namespace {

// Scopes and replicas are named by their ids here, not by the log's numbers: rows must survive a scope's absence
// (a grant replayed from the ledger) and be readable in a restored file.
constexpr const char* tables_sql = R"sql(
CREATE TABLE centre_values(
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row that no other write ever shares a page with while the centre runs: read without the write-ahead log, it
-- says whether the main file belongs to that log (life.hpp).
CREATE TABLE centre_generation(
  value BLOB NOT NULL
) STRICT;

CREATE TABLE centre_organisations(
  org INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- Rights as intervals: from_ms <= t < to_ms (open when null), in the time of ord.
CREATE TABLE centre_grants(
  org INTEGER NOT NULL,
  worker TEXT NOT NULL,
  scope BLOB NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER,
  role TEXT NOT NULL,
  label TEXT NOT NULL,
  PRIMARY KEY(org, worker, scope, from_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX centre_grants_by_scope ON centre_grants(org, scope);

CREATE TABLE centre_suspensions(
  org INTEGER NOT NULL,
  worker TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER,
  PRIMARY KEY(org, worker, from_ms)
) STRICT, WITHOUT ROWID;

-- version: grows with every change to the worker's rights.
CREATE TABLE centre_workers(
  org INTEGER NOT NULL,
  worker TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY(org, worker)
) STRICT, WITHOUT ROWID;

-- proof: hash of what the replica proved at its first session; no other is accepted for this id.
CREATE TABLE centre_devices(
  org INTEGER NOT NULL,
  replica BLOB NOT NULL,
  worker TEXT NOT NULL,
  proof BLOB NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL,
  PRIMARY KEY(org, replica)
) STRICT, WITHOUT ROWID;

-- What a device may hold: the row is there before the first byte of the scope leaves, and until it confirmed that it
-- purged. position: up to where it said it holds.
CREATE TABLE centre_holdings(
  org INTEGER NOT NULL,
  replica BLOB NOT NULL,
  scope BLOB NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY(org, replica, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX centre_holdings_by_scope ON centre_holdings(org, scope);

-- First syncs in several parts: the log keeps the states of one position of the scope at hand (its layer) until nobody
-- has asked for a part since used_ms for a while.
CREATE TABLE centre_pins(
  org INTEGER NOT NULL,
  scope BLOB NOT NULL,
  used_ms INTEGER NOT NULL,
  PRIMARY KEY(org, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE centre_sessions(
  credential BLOB PRIMARY KEY,
  org INTEGER NOT NULL,
  organisation TEXT NOT NULL,
  worker TEXT NOT NULL,
  replica BLOB NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX centre_sessions_by_end ON centre_sessions(expires_ms);

-- Content of empty slots, whole. state: 0 waiting, 1 released, 2 refused for good, 3 stands again. Never deleted.
CREATE TABLE centre_quarantine(
  org INTEGER NOT NULL,
  scope BLOB NOT NULL,
  replica BLOB NOT NULL,
  counter INTEGER NOT NULL,
  worker TEXT NOT NULL,
  reason TEXT NOT NULL,
  received_ms INTEGER NOT NULL,
  state INTEGER NOT NULL,
  decision TEXT NOT NULL,
  base BLOB NOT NULL,
  shown BLOB NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY(org, scope, replica, counter)
) STRICT;
CREATE INDEX centre_quarantine_waiting ON centre_quarantine(org, state);

-- Decisions of the ledger about transactions whose content is not here (any more): a restored file.
CREATE TABLE centre_decisions(
  org INTEGER NOT NULL,
  scope BLOB NOT NULL,
  replica BLOB NOT NULL,
  counter INTEGER NOT NULL,
  state INTEGER NOT NULL,
  decision TEXT NOT NULL,
  PRIMARY KEY(org, scope, replica, counter)
) STRICT, WITHOUT ROWID;

-- Where in the log a refused transaction was brought back, for those who are told of it by a snapshot.
CREATE TABLE centre_releases(
  org INTEGER NOT NULL,
  scope BLOB NOT NULL,
  replica BLOB NOT NULL,
  counter INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY(org, scope, replica, counter)
) STRICT, WITHOUT ROWID;

-- Refused slots that a tablet brought back after a restore, without what was in them: the author's tablet has it.
CREATE TABLE centre_content_wanted(
  org INTEGER NOT NULL,
  replica BLOB NOT NULL,
  scope BLOB NOT NULL,
  counter INTEGER NOT NULL,
  PRIMARY KEY(org, replica, scope, counter)
) STRICT, WITHOUT ROWID;

-- Which records a refused transaction touched: what its replica wrote to them before it knew goes with it.
CREATE TABLE centre_refused_records(
  org INTEGER NOT NULL,
  scope BLOB NOT NULL,
  replica BLOB NOT NULL,
  collection TEXT NOT NULL,
  record BLOB NOT NULL,
  counter INTEGER NOT NULL,
  PRIMARY KEY(org, scope, replica, collection, record, counter)
) STRICT, WITHOUT ROWID;
)sql";

// Content in quarantine that has no place any more: the slot in which it was written, which may hold other content, and
// the name under which it waits there (as replica, with counter 1).
constexpr const char* displaced_sql = R"sql(
CREATE TABLE centre_displaced(
  org INTEGER NOT NULL,
  scope BLOB NOT NULL,
  replica BLOB NOT NULL,
  counter INTEGER NOT NULL,
  hash BLOB NOT NULL,
  name BLOB NOT NULL,
  PRIMARY KEY(org, scope, replica, counter, hash)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace

Result<> migrate_centre(sqlite::Database& db) {
  const sqlite::Migration migrations[] = {{1, log::tables_sql}, {2, tables_sql}, {3, displaced_sql}};
  return sqlite::migrate(db, migrations, std::size(migrations));
}

Result<std::optional<Bytes>> value_of(sqlite::Database& db, std::string_view name) {
  sqlite::StatementScope select(db.prepare("SELECT value FROM centre_values WHERE name = ?"));
  select->bind_text(0, name);
  SATCHEL_ASSIGN(const bool found, select->step());
  if (!found) return std::optional<Bytes>();
  return std::optional<Bytes>(Bytes(select->blob(0)));
}

Result<> set_value(sqlite::Database& db, std::string_view name, BytesView value) {
  return db.prepare("INSERT INTO centre_values VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value")
      .bind_text(0, name)
      .bind_blob(1, value)
      .run();
}

Result<std::optional<int64_t>> find_organisation(sqlite::Database& db, std::string_view name) {
  sqlite::StatementScope select(db.prepare("SELECT org FROM centre_organisations WHERE name = ?"));
  select->bind_text(0, name);
  SATCHEL_ASSIGN(const bool found, select->step());
  if (!found) return std::optional<int64_t>();
  return std::optional<int64_t>(select->int64(0));
}

Result<std::vector<int64_t>> organisations(sqlite::Database& db) {
  std::vector<int64_t> numbers;
  sqlite::StatementScope select(db.prepare("SELECT org FROM centre_organisations ORDER BY org"));
  for (;;) {
    SATCHEL_ASSIGN(const bool row, select->step());
    if (!row) return numbers;
    numbers.push_back(select->int64(0));
  }
}

Result<int64_t> organisation_number(sqlite::Database& db, std::string_view name) {
  SATCHEL_ASSIGN(const std::optional<int64_t> known, find_organisation(db, name));
  if (known) return *known;
  SATCHEL_TRY(db.prepare("INSERT INTO centre_organisations(name) VALUES(?)").bind_text(0, name).run());
  return db.last_insert_rowid();
}

}  // namespace satchel::server
