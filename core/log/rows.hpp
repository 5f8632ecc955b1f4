// Inside core/log only: rows of its tables as structs, each read and written in one place. Blobs of a wrong size and
// numbers that cannot be are Code::corrupt, with the table named.
#pragma once

#include <map>
#include <optional>

#include "core/log/log.hpp"

namespace satchel::log::rows {

// ScopeState and what only this folder needs. The layer is the state as it stood at `layer`: a record or replica that
// nothing touched above it has that state in its own row, the others have theirs in snapshot_records and
// snapshot_replicas (no row there: it was not there yet). On a device layer == snapshot_position.
struct ScopeRow : ScopeState {
  uint64_t receiving_at = 0;       // 1 + position of a snapshot under way, 0: none
  Hash256 replicas_digest;         // sum over `replicas`
  Hash256 snapshot_log_digest;     // at snapshot_position
  Hash256 layer_state_digest, layer_replicas_digest;
  Hash256 history_digest;
};

struct ReplicaRow : ReplicaState {
  uint64_t position = 0;           // of its last slot; at or below snapshot_position: some position there
};

inline int64_t to_sql(uint64_t value) { return static_cast<int64_t>(value); }
inline uint64_t from_sql(int64_t value) { return static_cast<uint64_t>(value); }

Error damaged(const char* table, std::string what);

// ---- names: 128-bit ids as small numbers of this file
Result<int64_t> intern(sqlite::Database& db, int64_t org, BytesView id);
Result<std::optional<int64_t>> number_of(sqlite::Database& db, int64_t org, BytesView id);

// ---- scopes, history
Result<ScopeRow> read_scope(sqlite::Database& db, ScopeKey key);  // Code::not_found
Result<> insert_scope(sqlite::Database& db, const ScopeRow& row);
Result<> update_scope(sqlite::Database& db, const ScopeRow& row);
Result<proto::History> read_history(sqlite::Database& db, ScopeKey key);
// Replaces it and sets row.history_digest; the caller writes the row.
Result<> write_history(sqlite::Database& db, ScopeRow& row, const proto::History& history);
Hash256 history_digest(const proto::History& history);
// Does the row still hold what was written to it?
Result<> check_scope(sqlite::Database& db, const ScopeRow& row);

// ---- replicas
Result<std::optional<ReplicaRow>> read_replica(sqlite::Database& db, ScopeKey key, const ReplicaId& replica);
Result<std::vector<ReplicaRow>> read_replicas(sqlite::Database& db, ScopeKey key);
Result<> write_replica(sqlite::Database& db, ScopeKey key, const ReplicaRow& row);
Hash256 digest_of(const ReplicaState& replica);
// Where replicas stood at the layer that have moved since (snapshot_replicas).
Result<std::vector<ReplicaState>> read_layer_replicas(sqlite::Database& db, ScopeKey key);
Result<> write_layer_replica(sqlite::Database& db, ScopeKey key, const ReplicaState& replica);

// ---- entries
struct EntryRow {
  model::Entry entry;
  Hash256 digest;                  // of the log after it
  int64_t check = 0;               // envelope_check as stored
};
int64_t envelope_check(const model::Entry& entry);
std::vector<model::Entry> entries_of(std::vector<EntryRow> rows);
// Numbers (names) of the entry's replica and epoch.
struct EntryNames {
  int64_t replica = 0, epoch = 0;
};
Result<> insert_entry(sqlite::Database& db, ScopeKey key, const model::Entry& entry, const EntryNames& names,
                      const Hash256& digest);
// How much of a log those who go through all of it read at a time.
inline constexpr size_t read_batch_bytes = 1 << 20;
// Positions > after and <= up_to, ascending, until `budget` bytes are full (at least one).
Result<std::vector<EntryRow>> read_entries(sqlite::Database& db, ScopeKey key, uint64_t after, uint64_t up_to,
                                           size_t budget);
// The same from `up_to` down: descending.
Result<std::vector<EntryRow>> read_entries_down(sqlite::Database& db, ScopeKey key, uint64_t after, uint64_t up_to,
                                                size_t budget);

// ---- records
struct RecordRow {
  int64_t rowid = 0;
  uint64_t touched = 0;            // position of the last entry that changed it; 0: the snapshot
  Bytes state;
};
Result<std::optional<RecordRow>> read_record(sqlite::Database& db, ScopeKey key, const model::RecordKey& record);
Result<> insert_record(sqlite::Database& db, ScopeKey key, const model::RecordKey& record, uint64_t touched,
                       BytesView state);
Result<> update_record(sqlite::Database& db, int64_t rowid, uint64_t touched, BytesView state);
Result<> delete_record(sqlite::Database& db, int64_t rowid);
// Records that an entry above `position` changed, in key order.
Result<std::vector<model::RecordKey>> records_above(sqlite::Database& db, ScopeKey key, uint64_t position);
Result<std::optional<Bytes>> read_layer_record(sqlite::Database& db, ScopeKey key, const model::RecordKey& record);
Result<> write_layer_record(sqlite::Database& db, ScopeKey key, const model::RecordKey& record, BytesView state);
// As it stands in `records` now.
Result<> copy_to_layer(sqlite::Database& db, int64_t rowid);
Result<> drop_layer_record(sqlite::Database& db, ScopeKey key, const model::RecordKey& record);
Result<> drop_layer_replica(sqlite::Database& db, ScopeKey key, const ReplicaId& replica);
Result<> drop_replica(sqlite::Database& db, ScopeKey key, const ReplicaId& replica);
Result<> clear_layer(sqlite::Database& db, ScopeKey key);

// Runs a statement whose parameters are org, scope and, if given, one position.
Result<> run(sqlite::Database& db, const char* sql, ScopeKey key, std::optional<uint64_t> position = {});

}  // namespace satchel::log::rows
