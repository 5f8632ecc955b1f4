// The messages of /v1/session and /v1/sync as plain structs, so that neither sync/ nor server/ sees protobuf.
// Fields mean what sync.proto says of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/limits.hpp"
#include "core/model/transaction.hpp"

namespace satchel::proto {

inline constexpr uint32_t protocol_version = 0;

struct HistoryItem {
  EpochId epoch;
  uint64_t first_position = 1;
  bool operator==(const HistoryItem&) const = default;
};
using History = std::vector<HistoryItem>;  // ascending by first_position
// Which stretch a position belongs to: the last one that begins at or before it. Nil in an empty history.
EpochId epoch_at(const History& history, uint64_t position);
// Last position of the stretch in a log that reaches to `head`; 0 when the history does not hold it.
uint64_t end_of_epoch(const History& history, const EpochId& epoch, uint64_t head);

struct SnapshotRecord {
  model::RecordKey key;
  Bytes state;  // encoded RecordState
};

struct ReplicaTail {
  ReplicaId replica;
  uint64_t counter = 0;
  model::Version base;
  uint64_t ord = 0;
};

struct SessionRequest {
  uint32_t protocol = protocol_version;
  ReplicaId replica;
  std::string token;
  Bytes secret_proof;
};
struct SessionResponse {
  std::string credential;
  int64_t expires_in_ms = 0;
  std::string organisation, worker;
  int64_t server_ms = 0;
};

// How far a snapshot has been received; key empty: none of it yet.
struct SnapshotProgress {
  uint64_t position = 0;
  model::RecordKey after;
};

struct Cursor {
  ScopeId scope;
  std::optional<EpochId> epoch;
  uint64_t position = 0;
  uint64_t own_counter = 0;
  Hash256 log_digest, state_digest;
  History history;
  std::optional<SnapshotProgress> snapshot;
};

struct Offer {
  ScopeId scope;
  model::Entry entry;  // position is ignored; slot, id, hash, base, envelope, reason, bytes count
};

inline constexpr size_t sealing_key_bytes = 32;    // X25519
inline constexpr size_t sealing_key_id_bytes = 8;  // which of the organisation's keys
// The content of one: a transaction with its envelope, or an empty slot with its base.
inline constexpr size_t sealed_bytes = model::limits::transaction_bytes + (1 << 20);

struct SealedEntry {
  ScopeId scope;
  EpochId epoch;  // where the device held it, with position
  uint64_t position = 0;
  Bytes key_id, content;  // content: sealed box of encode(Offer)
};

struct SealedStretch {
  ScopeId scope;
  EpochId epoch;
  uint64_t first = 0, last = 0;
  bool operator==(const SealedStretch&) const = default;
};

struct Push {
  Bytes transaction;           // or
  std::optional<Offer> offer;  // or
  std::optional<SealedEntry> sealed;
  bool refused = false;        // `transaction` is the content of a refused slot, asked for by content_wanted
};

// Older history, which a snapshot covers: entries that end at up_to, where the log has this digest.
struct OlderWanted {
  ScopeId scope;
  uint64_t up_to = 0;
  Hash256 log_digest;
};

struct SyncRequest {
  uint32_t protocol = protocol_version;
  int64_t sent_at_ms = 0;
  std::vector<Cursor> cursors;
  bool all_cursors = false;
  std::vector<Push> push;
  uint64_t budget_bytes = 1 << 20;
  uint32_t wait_ms = 0;
  std::vector<ScopeId> purged;
  uint32_t schema_version = 0;
  std::vector<ScopeId> urgent;
  uint64_t grants_version = 0;
  std::vector<SealedStretch> sealed;
  bool all_sealed = false;
  std::vector<OlderWanted> older;
};

enum class VerdictKind : uint32_t { accepted = 1, quarantined = 2, not_yet = 3, fork = 4, refused_offer = 5 };

struct Verdict {
  model::TransactionId id;
  VerdictKind kind = VerdictKind::accepted;
  uint64_t position = 0;
  model::Envelope envelope;
  std::string reason;
  ReplicaId missing_replica;   // not_yet; nil with counter 0: a budget
  uint64_t missing_counter = 0;
  uint64_t released_at = 0;    // quarantined: the position of its release; 0: not released
};

struct Page {
  ScopeId scope;
  History history;
  std::optional<uint64_t> rewind_to;
  bool send_history = false;
  bool restart = false;
  uint64_t snapshot_position = 0;
  std::vector<SnapshotRecord> snapshot;
  bool snapshot_last = false;
  std::vector<ReplicaTail> replicas;
  Hash256 log_digest;
  // Entries whose bytes are empty although slot == content are the receiver's own: it has them in its outbox.
  // hash is always set; base is full for empty and lost slots and unset for content (decode_transaction().complete()).
  std::vector<model::Entry> entries;
  uint64_t head = 0;
  uint64_t kept_to = 0;
  std::optional<Hash256> head_log_digest, head_state_digest;
  EpochId epoch;
  std::vector<model::TransactionId> released;  // with the last part: refused ones whose release the snapshot holds
  model::Version snapshot_version;  // with the first part, when more follow: what the records of all parts hold
};

struct Grant {
  ScopeId scope;
  std::string kind;
  ScopeId parent;
  std::string role;
  bool withdrawn = false;
  std::string label;
};

struct OlderPage {
  ScopeId scope;
  EpochId epoch;
  std::vector<model::Entry> entries;  // at least one, dense, ascending; content with its bytes
  Hash256 log_digest;                 // of the log below the first
};

struct SealedState {
  ScopeId scope;
  EpochId epoch;
  uint64_t held_to = 0, kept_to = 0;
};

struct SealedVerdict {
  ScopeId scope;
  EpochId epoch;
  uint64_t position = 0;
  VerdictKind kind = VerdictKind::accepted;
  EpochId now_epoch;  // nil unless accepted or quarantined
  uint64_t now_position = 0;
  std::string reason;
};

struct SyncResponse {
  uint32_t protocol = protocol_version;
  int64_t server_ms = 0;
  std::vector<Verdict> verdicts;
  std::vector<Page> pages;
  std::vector<Grant> grants;
  uint64_t grants_version = 0;
  bool more = false;
  bool send_all_cursors = false;
  Bytes sealing_key, sealing_key_id;  // both or none
  std::vector<SealedState> sealed;
  std::vector<SealedVerdict> sealed_verdicts;
  std::vector<OlderPage> older;
  std::vector<model::TransactionId> content_wanted;
};

struct Failure {
  std::string code, message;
  uint32_t retry_after_s = 0;
};

Bytes encode(const SessionRequest&);
Bytes encode(const SessionResponse&);
Bytes encode(const SyncRequest&);
Bytes encode(const SyncResponse&);
Bytes encode(const Failure&);
Bytes encode(const Offer&);  // as a Push of nothing else: what is sealed
// Code::protocol with the name of the field that is wrong.
Result<SessionRequest> decode_session_request(BytesView);
Result<SessionResponse> decode_session_response(BytesView);
Result<SyncRequest> decode_sync_request(BytesView);
Result<SyncResponse> decode_sync_response(BytesView);
Result<Failure> decode_failure(BytesView);
Result<Offer> decode_offer(BytesView);

// ---- bodies: zstd, marked by Content-Encoding
Bytes compress(BytesView plain);
// Refuses what would exceed `most` bytes before allocating it.
Result<Bytes> decompress(BytesView packed, size_t most);

}  // namespace satchel::proto
