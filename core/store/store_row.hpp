// The one row that says whose store this is and how far it has come. Read inside every write transaction, never
// cached: another process may have moved it.
#pragma once

#include <string>

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/model/schema.hpp"
#include "core/sqlite/database.hpp"

namespace satchel::store {

// What the last answer of the centre said of the time.
struct Heard {
  int64_t heard_ms = 0;  // the latest ever
  int64_t last_sync_ms = 0, clock_skew_ms = 0;
};

struct StoreRow {
  std::string organisation, worker;
  ReplicaId replica;
  Bytes secret;        // only where it was drawn in this transaction: the secret keeper has it, the file never
  Bytes secret_check;  // what recognises it
  Bytes incarnation;  // 16 random bytes of this file
  uint32_t schema_version = 0;
  uint64_t seq = 0, oldest_seq = 0;
  Heard heard;
  uint64_t grants_version = 0;
  Bytes sealing_key, sealing_key_id;  // X25519 public key of the organisation; empty: none
};

// Code::not_found in a file without one.
Result<StoreRow> load_store_row(sqlite::Database& db);
Result<> save_store_row(sqlite::Database& db, const StoreRow& row);

// The schema, of which the row names the version. It was read when it came in: one that cannot be read now is
// Code::corrupt.
Result<model::Schema> load_schema(sqlite::Database& db);
Result<> save_schema(sqlite::Database& db, const model::Schema& schema);

}  // namespace satchel::store
