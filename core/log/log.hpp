// core/log: what device and centre share - the sequenced log of a scope, its fold into records, digests, snapshots,
// verify (DESIGN §2). Owned invariants:
//   records == fold(snapshot, entries), after every call that commits;
//   positions of a scope are dense; every entry's base precedes it; a slot (replica, counter) appears once;
//   log digest = chain over (position, id, hash); state digest = sum over records of H(key, state).
// Knows no outbox (core/store lays it over), no rights, no network. Every call runs inside the caller's SQLite
// transaction; nothing is cached between calls (several processes may use one file). A call that returns an error may
// have written part of what it does: roll the transaction back. The exception is append(), whose Code::protocol means
// that nothing changed. docs/STORAGE.md describes the tables.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/merge/record.hpp"
#include "core/model/transaction.hpp"
#include "core/sqlite/database.hpp"
#include "proto/codec.hpp"
#include "proto/messages.hpp"

namespace satchel::log {

// SQL of the tables of this folder (strict), for the owner's migrations.
// The first column of every key is `org`, an integer: 1 on a device, one per organisation at the centre.
extern const char* const tables_sql;

// A scope inside one file: (organisation number, scope number). Numbers are local to the file and never travel; the
// same scope gets the same number again after forget_scope, and no other scope ever gets it.
struct ScopeKey {
  int64_t org = 1;
  int64_t scope = 0;
  std::strong_ordering operator<=>(const ScopeKey&) const = default;
};

struct ScopeState {
  ScopeKey key;
  ScopeId id;
  std::string kind;
  ScopeId parent;
  std::string organisation;
  uint64_t head = 0;                // position of the last entry
  uint64_t snapshot_position = 0;   // entries at or below are folded into the snapshot; 0 at the centre
  uint64_t layer = 0;               // position whose states are at hand: a snapshot of it folds nothing
  bool receiving = false;           // a snapshot is under way: no entry can be appended yet
  uint64_t kept_to = 0;             // up to where a verified backup reaches
  bool keeps_older = false;         // entries that the snapshot covers are kept as well, as far as they are here
  uint64_t older_from = 0;          // entries of older_from + 1 .. head are here; snapshot_position: none older
  EpochId epoch;                    // current
  int64_t last_received_ms = 0;     // monotone per scope
  Hash256 log_digest, state_digest; // at head
  Hash256 older_digest;             // of the log at older_from
};

struct ReplicaState {
  ReplicaId replica;
  uint64_t counter = 0;             // last sequenced slot
  model::Version base;              // full, of that slot
  uint64_t ord = 0;                 // of that slot; grows with the counter
};

struct Touched {                     // what an append changed
  std::vector<model::RecordKey> records;
};

class Log {
 public:
  explicit Log(sqlite::Database& db) : db_(db) {}

  // ---- scopes
  Result<ScopeKey> create_scope(int64_t org, std::string_view organisation, const ScopeId& id, std::string_view kind,
                                const ScopeId& parent, const EpochId& epoch);
  Result<std::optional<ScopeState>> find_scope(int64_t org, const ScopeId& id);
  Result<ScopeState> scope(ScopeKey key);
  Result<std::vector<ScopeState>> scopes(int64_t org);
  Result<> forget_scope(ScopeKey key);             // entries, records, replicas, snapshot; the scope row goes too

  // ---- history of epochs
  Result<proto::History> history(ScopeKey key);
  Result<> set_history(ScopeKey key, const proto::History& history);
  // From head + 1 on, positions belong to `epoch`. No effect when it is the current one.
  Result<> begin_epoch(ScopeKey key, const EpochId& epoch);

  // ---- reading
  Result<std::optional<ReplicaState>> replica(ScopeKey key, const ReplicaId& replica);
  Result<model::Version> version(ScopeKey key);    // replica -> last sequenced counter
  Result<uint64_t> greatest_ord(ScopeKey key);     // of what is sequenced; 0: nothing is
  // Ord of the slot; empty when it is not there. Also answers for slots folded into the snapshot when they are a
  // replica's last one.
  Result<std::optional<uint64_t>> ord_of(ScopeKey key, const ReplicaId& replica, uint64_t counter);
  // Greatest ord among the slots in `base` (0 for none). Code::not_found when base names a slot that is not there.
  Result<uint64_t> greatest_ord(ScopeKey key, const model::Version& base);
  // The same for a transaction whose replica's previous slot is `previous` and whose base gained `gained` over that
  // one's (own entry left out): ord grows along a replica's counters, because its own previous slot is in base, so the
  // rest of base need not be looked at again.
  Result<uint64_t> greatest_ord_gained(ScopeKey key, const std::optional<ReplicaState>& previous,
                                       const std::vector<model::Version::Entry>& gained);
  // The first slot named by `base` that is not sequenced here; empty when all are.
  Result<std::optional<std::pair<ReplicaId, uint64_t>>> first_missing(ScopeKey key, const model::Version& base);
  // Entries with position > after and above the snapshot, ascending, until `budget` bytes are full (at least one). As on the wire, `base` is
  // set for empty and lost slots only: that of content stands in its bytes.
  Result<std::vector<model::Entry>> entries_after(ScopeKey key, uint64_t after, size_t budget);
  Result<std::optional<model::Entry>> entry_of(ScopeKey key, const ReplicaId& replica, uint64_t counter);
  Result<std::optional<model::Entry>> entry_at(ScopeKey key, uint64_t position);
  Result<Hash256> log_digest_at(ScopeKey key, uint64_t position);  // at a kept position, the snapshot's or head
  Result<std::optional<Bytes>> record_state(ScopeKey key, const model::RecordKey& record);
  // Records in key order after `after` (exclusive), for snapshots and verify.
  Result<std::vector<proto::SnapshotRecord>> records_after(ScopeKey key, const std::optional<model::RecordKey>& after,
                                                           size_t budget);

  // The merge state of the scope as it stood at `position` (<= head), for a first sync: from the records where nothing
  // touched them since, else folded again from the log. Centre only (needs the whole log).
  struct Snapshot {
    std::vector<proto::SnapshotRecord> records;  // in key order
    std::vector<proto::ReplicaTail> replicas;
    Hash256 log_digest;
  };
  Result<Snapshot> snapshot_at(ScopeKey key, uint64_t position);
  // The same in parts, in key order after `after` (exclusive), until `budget` bytes are full (at least one record).
  // `replicas` and `log_digest` come with the last part. The first of several says in `version` what the records of all
  // of them hold.
  struct SnapshotPart {
    Snapshot snapshot;
    bool last = false;
    model::Version version;
    uint64_t folded = 0;  // entries that had to be folded again for it: none at the layer and at the head
  };
  Result<SnapshotPart> snapshot_part(ScopeKey key, uint64_t position, const std::optional<model::RecordKey>& after,
                                     size_t budget);
  // Keeps the states of `position` (at most head) at hand, so that snapshot_part() there folds nothing again. Worth
  // calling when kept_to moves; never needed for a right answer. Only where no entry has been folded away.
  Result<> checkpoint(ScopeKey key, uint64_t position);

  // ---- appending
  // Appends at head + 1 (entry.position must say so), folds content into the records, moves digests and replica rows.
  // `decoded` must be the complete()d transaction of entry.bytes when slot == content. Checks density, base and slot
  // uniqueness, and that ord grows along the replica's counters: Code::protocol when the entry does not fit (from
  // outside), nothing changed. For more than a few at a time use Appender (appender.hpp).
  Result<Touched> append(ScopeKey key, const model::Entry& entry, const proto::DecodedTransaction* decoded);

  // ---- older history: entries that the snapshot covers (older.cpp)
  // From now on what is folded away is kept too, and what lies below is wanted; false lets go of it.
  Result<> keep_older(ScopeKey key, bool keep);
  // The next piece to ask for, from the top down: entries up to `up_to`, where the log has `digest`. Empty: not kept,
  // or all there.
  struct OlderWanted {
    uint64_t up_to = 0;
    Hash256 digest;
  };
  Result<std::optional<OlderWanted>> older_wanted(ScopeKey key);
  Result<std::vector<int64_t>> scopes_keeping_older(int64_t org);  // their numbers, ascending
  // Takes a piece whose last entry is the one at older_from; `digest` is the log's below its first. The chain of
  // hashes has to lead to what is held, and every content to its hash: Code::protocol otherwise, nothing changed.
  Result<> add_older(ScopeKey key, const std::vector<model::Entry>& entries, const Hash256& digest);
  // Entries with position > after, ascending, of all that is here: from older_from + 1 on.
  Result<std::vector<model::Entry>> kept_after(ScopeKey key, uint64_t after, size_t budget);
  // Every entry from position 1 to the head, ascending, with its transaction decoded and complete()d (null for empty and
  // lost slots), until `visit` returns false. Code::not_found when not all of the older history is here.
  using Visit = std::function<Result<bool>(const model::Entry& entry, const proto::DecodedTransaction* content)>;
  Result<> each_entry(ScopeKey key, const Visit& visit);
  // The entries that end at `up_to`, ascending, as many as `budget` bytes hold (at least one).
  Result<std::vector<model::Entry>> entries_up_to(ScopeKey key, uint64_t up_to, size_t budget);

  // ---- device only: snapshots, rewinding, folding away
  // Begins to receive a snapshot: forgets what was held of the scope's log and records.
  Result<> begin_snapshot(ScopeKey key, uint64_t position);
  Result<> add_snapshot_records(ScopeKey key, const std::vector<proto::SnapshotRecord>& records);
  Result<> finish_snapshot(ScopeKey key, uint64_t position, const std::vector<proto::ReplicaTail>& replicas,
                           const Hash256& log_digest);
  // Takes every entry above `position` out again (position >= snapshot_position) and returns them, ascending.
  // `touched` names the records whose state changed. The history of epochs is the caller's to set.
  Result<std::vector<model::Entry>> rewind(ScopeKey key, uint64_t position, Touched& touched);
  // Folds entries at or below `position` (or head, if that is less) into the snapshot and drops their bytes, unless the
  // scope keeps_older. The caller keeps `position` at or below kept_to.
  Result<> fold_away(ScopeKey key, uint64_t position);
  Result<> set_kept_to(ScopeKey key, uint64_t position);

  // Recomputes everything of the scope from snapshot and entries and compares byte for byte: records, replicas,
  // digests. Code::corrupt with the first difference.
  Result<> verify(ScopeKey key);

 private:
  sqlite::Database& db_;
};

}  // namespace satchel::log
