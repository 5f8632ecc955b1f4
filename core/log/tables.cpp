#include "core/log/log.hpp"

namespace satchel::log {

// docs/STORAGE.md explains every table. Tables that carry transactions or merge state have a rowid: in a table without
// one, a row above a quarter of a page goes to overflow pages of its own, and a note is larger than that.
const char* const tables_sql = R"sql(
CREATE TABLE names(
  org INTEGER NOT NULL,
  number INTEGER NOT NULL,
  id BLOB NOT NULL CHECK(length(id) = 16),
  PRIMARY KEY(org, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX names_by_id ON names(org, id);

CREATE TABLE scopes(
  org INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  organisation TEXT NOT NULL,
  kind TEXT NOT NULL,
  parent BLOB NOT NULL,
  head INTEGER NOT NULL,
  snapshot_position INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  receiving INTEGER NOT NULL,
  kept_to INTEGER NOT NULL,
  keeps_older INTEGER NOT NULL,
  older_from INTEGER NOT NULL,
  epoch BLOB NOT NULL,
  last_received_ms INTEGER NOT NULL,
  log_digest BLOB NOT NULL,
  state_digest BLOB NOT NULL,
  replicas_digest BLOB NOT NULL,
  snapshot_log_digest BLOB NOT NULL,
  layer_state_digest BLOB NOT NULL,
  layer_replicas_digest BLOB NOT NULL,
  history_digest BLOB NOT NULL,
  older_digest BLOB NOT NULL,
  row_check INTEGER NOT NULL,
  PRIMARY KEY(org, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE history(
  org INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  number INTEGER NOT NULL,
  epoch BLOB NOT NULL,
  first_position INTEGER NOT NULL,
  PRIMARY KEY(org, scope, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE entries(
  org INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  position INTEGER NOT NULL,
  replica INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  original_position INTEGER,
  received_ms INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  envelope_check INTEGER NOT NULL,
  hash BLOB NOT NULL,
  mac BLOB NOT NULL,
  digest BLOB NOT NULL,
  base BLOB,
  reason TEXT,
  bytes BLOB,
  PRIMARY KEY(org, scope, position)
) STRICT;
CREATE UNIQUE INDEX entries_by_slot ON entries(org, scope, replica, counter);

CREATE TABLE replicas(
  org INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  replica INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  position INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  base BLOB NOT NULL,
  PRIMARY KEY(org, scope, replica)
) STRICT;

CREATE TABLE records(
  org INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  collection TEXT NOT NULL,
  record BLOB NOT NULL,
  touched INTEGER NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY(org, scope, collection, record)
) STRICT;

CREATE TABLE snapshot_replicas(
  org INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  replica INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  base BLOB NOT NULL,
  PRIMARY KEY(org, scope, replica)
) STRICT;

CREATE TABLE snapshot_records(
  org INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  collection TEXT NOT NULL,
  record BLOB NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY(org, scope, collection, record)
) STRICT;
)sql";

}  // namespace satchel::log
