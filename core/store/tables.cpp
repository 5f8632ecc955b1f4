#include "core/store/tables.hpp"

#include <array>

#include "core/log/log.hpp"
#include "core/sqlite/tokenizer.hpp"

namespace satchel::store {
namespace {

// Scope numbers are those of core/log (org is always 1 here); ids travel, numbers do not.
const char* const store_tables = R"sql(
CREATE TABLE store (               -- one row
  one INTEGER PRIMARY KEY CHECK (one = 1),
  organisation TEXT NOT NULL,
  worker TEXT NOT NULL,
  replica BLOB NOT NULL,
  secret_check BLOB NOT NULL,      -- recognises the secret, which is not in this file: secret_keeper.hpp
  incarnation BLOB NOT NULL,       -- read tokens of another store are refused by it
  schema_version INTEGER NOT NULL,
  seq INTEGER NOT NULL,            -- number of writes that moved a version
  oldest_seq INTEGER NOT NULL,     -- read tokens below are no longer known
  heard_ms INTEGER NOT NULL,
  last_sync_ms INTEGER NOT NULL,
  clock_skew_ms INTEGER NOT NULL,
  grants_version INTEGER NOT NULL,
  sealing_key BLOB NOT NULL,       -- the organisation's, public; empty: none heard of
  sealing_key_id BLOB NOT NULL
) STRICT;
CREATE TABLE app_schema (          -- one row, apart: its text is long, and every write reads and writes the row above
  one INTEGER PRIMARY KEY CHECK (one = 1),
  json TEXT NOT NULL
) STRICT;
CREATE TABLE held_scopes (
  scope INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  parent BLOB NOT NULL,
  role TEXT NOT NULL,
  label TEXT NOT NULL,
  opened INTEGER NOT NULL,         -- opened here, not yet listed by the centre
  withdrawn INTEGER NOT NULL,
  complete INTEGER NOT NULL,       -- has reached the head once
  head INTEGER NOT NULL,           -- last one heard of
  restart INTEGER NOT NULL,        -- ask for a snapshot, what is held is wrong
  restarted_at INTEGER NOT NULL,   -- head at the last restart for differing digests
  unfit INTEGER NOT NULL,          -- 1: a page did not fit, fetched anew; 2: nor did one then; 0 again at the head
  own_floor INTEGER NOT NULL,      -- own transactions up to here are not in this file and must come with their bytes
  send_history INTEGER NOT NULL,
  snapshot_position INTEGER,       -- a snapshot under way, else NULL
  snapshot_collection TEXT,
  snapshot_record BLOB,
  snapshot_version BLOB NOT NULL   -- what its records hold, until it is whole
) STRICT;
CREATE TABLE own_counters (        -- survives the purge of a scope: a counter is never used twice
  scope_id BLOB NOT NULL,
  replica BLOB NOT NULL,
  counter INTEGER NOT NULL,
  base BLOB NOT NULL,              -- of that transaction, full
  PRIMARY KEY (scope_id, replica)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
  place INTEGER PRIMARY KEY,       -- causal order
  scope INTEGER NOT NULL,
  replica BLOB NOT NULL,
  counter INTEGER NOT NULL,
  state INTEGER NOT NULL,          -- 0 unsent, 1 accepted (its page is to come), 2 offer after a restore
  slot INTEGER NOT NULL,
  waiting INTEGER NOT NULL,        -- depends on a refused one: out of the fold, still to be pushed
  urgent INTEGER NOT NULL,
  hash BLOB NOT NULL,
  base BLOB NOT NULL,
  bytes BLOB NOT NULL,
  wall_ms INTEGER NOT NULL,
  ord INTEGER NOT NULL,            -- a guess until the centre's is known
  verdicts_known INTEGER NOT NULL,
  position INTEGER NOT NULL,       -- place in the centre's log; 0: none known
  epoch BLOB NOT NULL,             -- envelope, nil while unsent
  original_position INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  mac BLOB NOT NULL,
  reason TEXT NOT NULL,
  UNIQUE (scope, replica, counter)
) STRICT;
-- All that the status asks of the outbox after each commit, however much waits: no row is read for it.
CREATE INDEX outbox_state ON outbox (state, scope, place, wall_ms);
CREATE INDEX outbox_waiting ON outbox (place) WHERE waiting = 1;
CREATE TABLE outbox_records (
  scope INTEGER NOT NULL,
  collection TEXT NOT NULL,
  record BLOB NOT NULL,
  place INTEGER NOT NULL,
  PRIMARY KEY (scope, collection, record, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_records_place ON outbox_records (place);
CREATE TABLE overlay (             -- state of a record including the outbox; only of records that the outbox touches
  scope INTEGER NOT NULL,
  collection TEXT NOT NULL,
  record BLOB NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY (scope, collection, record)
) STRICT;
CREATE TABLE set_aside (           -- refused; survives the purge of its scope
  scope_id BLOB NOT NULL,
  replica BLOB NOT NULL,
  counter INTEGER NOT NULL,
  reason TEXT NOT NULL,
  wall_ms INTEGER NOT NULL,
  wanted INTEGER NOT NULL,         -- 1: the centre lost it and asks for it again; 2: it was sent and not taken
  bytes BLOB NOT NULL,
  PRIMARY KEY (scope_id, replica, counter)
) STRICT;
CREATE TABLE conflicts (           -- records with something in the inbox
  scope INTEGER NOT NULL,
  collection TEXT NOT NULL,
  record BLOB NOT NULL,
  decide INTEGER NOT NULL,         -- how many of the entries a person has to decide
  know INTEGER NOT NULL,           -- and how many are only to be known
  entries BLOB NOT NULL,           -- sync.proto, Inbox; packed like a state
  PRIMARY KEY (scope, collection, record)
) STRICT;
-- For the status, which is told after each commit.
CREATE INDEX conflicts_count ON conflicts (decide, know);
CREATE TABLE record_index (
  collection TEXT NOT NULL,
  record BLOB NOT NULL,
  scope INTEGER NOT NULL,
  present INTEGER NOT NULL,        -- 0: voided
  PRIMARY KEY (collection, record, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_index_scope ON record_index (scope);
CREATE TABLE field_index (         -- sort keys: sort_key.hpp. An empty key: nothing written
  scope INTEGER NOT NULL,
  collection TEXT NOT NULL,
  record BLOB NOT NULL,
  field TEXT NOT NULL,
  key BLOB NOT NULL,
  pick INTEGER NOT NULL,           -- 1: the value to order by, one per record and field
  PRIMARY KEY (scope, collection, record, field, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX field_index_key ON field_index (collection, field, key, record, scope, pick);
CREATE TABLE arrivals (            -- what each write that moved a version found: see arrivals.hpp
  seq INTEGER NOT NULL,            -- first: written at the end, pruned from the beginning, read from a token on
  scope BLOB NOT NULL,             -- its id: it may go and come back with another number
  replica BLOB NOT NULL,
  counter_before INTEGER NOT NULL,
  PRIMARY KEY (seq, scope, replica)
) STRICT, WITHOUT ROWID;
CREATE TABLE changed_records (     -- what a write changed of what is shown: changed_records.hpp. Scope 0: anything
  number INTEGER PRIMARY KEY,
  scope INTEGER NOT NULL,
  collection TEXT NOT NULL,
  record BLOB NOT NULL
) STRICT;
CREATE TABLE search_state (        -- how far the full-text index has come: search_index.cpp
  one INTEGER PRIMARY KEY CHECK (one = 1),
  indexed INTEGER NOT NULL,        -- last number of changed_records
  last_doc INTEGER NOT NULL,       -- rows given out so far, downwards from -1
  stale INTEGER NOT NULL,          -- of them, those that belong to no record any more
  building INTEGER NOT NULL,       -- it is made anew: records up to the following are in it
  collection TEXT NOT NULL,
  record BLOB NOT NULL,
  scope INTEGER NOT NULL,
  walked INTEGER NOT NULL
) STRICT;
CREATE TABLE search_docs (         -- which row of search_words has the words of which record
  doc INTEGER PRIMARY KEY,
  scope INTEGER NOT NULL,
  collection TEXT NOT NULL,
  record BLOB NOT NULL,
  print BLOB NOT NULL,             -- of the words: nothing is written when they stay as they are
  UNIQUE (collection, record, scope)
) STRICT;
CREATE VIRTUAL TABLE search_words USING fts5 (
  title, text, content='', columnsize=0, tokenize=')sql" SATCHEL_TOKENIZE R"sql('
);
CREATE TABLE purged_scopes (       -- gone from here, to be confirmed to the centre
  id BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE sealed (              -- of purged scopes: what no backup of the centre covers yet, readable by nobody here
  scope_id BLOB NOT NULL,
  epoch BLOB NOT NULL,             -- stretch of the centre's history that the position belongs to
  position INTEGER NOT NULL,
  state INTEGER NOT NULL,          -- 0 kept, 1 the centre lost it: to be offered, 2 offered, waits for another one
  key_id BLOB NOT NULL,            -- which of the organisation's keys opens it
  content BLOB NOT NULL,
  PRIMARY KEY (scope_id, epoch, position)
) STRICT;
)sql";

std::array<sqlite::Migration, 2> migrations() { return {{{1, log::tables_sql}, {2, store_tables}}}; }

}  // namespace

Result<> bring_up_to_date(sqlite::Database& db) { return sqlite::migrate(db, migrations().data(), migrations().size()); }

void expect_tables(sqlite::Database& db) { db.expect_tables(migrations().data(), migrations().size()); }

}  // namespace satchel::store
