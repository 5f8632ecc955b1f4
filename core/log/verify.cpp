// Recomputes a scope from its snapshot and entries and compares everything that was kept incrementally.
#include <set>

#include "core/log/digest.hpp"
#include "core/log/fold.hpp"
#include "core/log/packing.hpp"

namespace satchel::log {
namespace {

std::string name_of(const model::RecordKey& key) { return key.collection + "/" + key.record.text(); }

struct VerifiedRecord : FoldedRecord {
  std::optional<Bytes> at_layer;  // what the layer must hold, once something above it changed the record
};

class Verification {
 public:
  Verification(sqlite::Database& db, const rows::ScopeRow& scope)
      : db_(db), scope_(scope), replay_(scope.organisation) {}
  Result<> run();

 private:
  Result<> start();
  Result<> chain_older();
  Result<> replay_entries();
  Result<> check_envelope(const rows::EntryRow& row);
  Result<> replay_entry(const rows::EntryRow& row);
  Result<> apply(const model::Entry& entry, const proto::DecodedTransaction& decoded);
  Result<VerifiedRecord*> load(const model::RecordKey& key);
  Result<> compare_records();
  Result<> compare_record(const model::RecordKey& key, uint64_t touched, BytesView state);
  Result<> compare_layer_records();
  Result<> compare_replicas();
  Result<> compare_layer_replicas();
  Result<> compare_history();

  sqlite::Database& db_;
  const rows::ScopeRow& scope_;
  Replay replay_;
  std::map<model::RecordKey, VerifiedRecord> records_;
  std::map<ReplicaId, std::optional<ReplicaState>> replicas_at_layer_;  // of those that moved above it
  Hash256 digest_;
  uint64_t position_ = 0;
  Hash256 layer_state_;  // sum over the layer
};

Result<> Verification::start() {
  SATCHEL_TRY(chain_older());
  if (position_ == 0) return {};
  SATCHEL_ASSIGN(const std::vector<rows::ReplicaRow> rows, rows::read_replicas(db_, scope_.key));
  for (const rows::ReplicaRow& row : rows) {
    if (row.position <= position_) replay_.replicas[row.replica] = row;
  }
  SATCHEL_ASSIGN(const std::vector<ReplicaState> moved, rows::read_layer_replicas(db_, scope_.key));
  for (const ReplicaState& state : moved) static_cast<ReplicaState&>(replay_.replicas[state.replica]) = state;
  return {};
}

// What is kept below the snapshot: its bytes, and that its chain of digests leads to the snapshot's.
Result<> Verification::chain_older() {
  position_ = scope_.older_from;
  digest_ = scope_.older_digest;
  while (position_ < scope_.snapshot_position) {
    SATCHEL_ASSIGN(const std::vector<rows::EntryRow> rows,
                   rows::read_entries(db_, scope_.key, position_, scope_.snapshot_position, rows::read_batch_bytes));
    if (rows.empty()) return rows::damaged("entries", "an older entry is gone");
    for (const rows::EntryRow& row : rows) {
      SATCHEL_TRY(check_envelope(row));
      if (row.entry.slot != model::Slot::content) continue;
      const auto decoded = proto::decode_transaction(scope_.organisation, row.entry.bytes);
      const bool whole = decoded.ok() && decoded->hash == row.entry.hash;
      if (whole && decoded->transaction.header.id == row.entry.id) continue;
      return rows::damaged("entries", "the older entry at position " + std::to_string(row.entry.position));
    }
  }
  if (digest_ != scope_.snapshot_log_digest) return rows::damaged("entries", "older entries do not lead to the snapshot");
  return {};
}

// The next position, unchanged, in the chain.
Result<> Verification::check_envelope(const rows::EntryRow& row) {
  const model::Entry& entry = row.entry;
  const std::string at = "the entry at position " + std::to_string(position_ + 1);
  if (entry.position != position_ + 1) return rows::damaged("entries", at + " is not there");
  if (row.check != rows::envelope_check(entry)) return rows::damaged("entries", at + ": its envelope was changed");
  digest_ = next_log_digest(digest_, entry.position, entry.id.replica, entry.id.counter, entry.hash);
  if (row.digest != digest_) return rows::damaged("entries", at + ": the digest of the log differs");
  position_ = entry.position;
  return {};
}

Result<VerifiedRecord*> Verification::load(const model::RecordKey& key) {
  const auto known = records_.find(key);
  if (known != records_.end()) return &known->second;
  VerifiedRecord& record = records_[key];
  if (scope_.snapshot_position == 0) return &record;
  SATCHEL_ASSIGN(const std::optional<Bytes> bytes, rows::read_layer_record(db_, scope_.key, key));
  if (!bytes) return &record;
  auto state = merge::decode_whole(*bytes);
  if (!state.ok()) return rows::damaged("snapshot_records", name_of(key));
  record.state = std::move(state).value();
  return &record;
}

Result<> Verification::apply(const model::Entry& entry, const proto::DecodedTransaction& decoded) {
  const merge::Context context = context_of(entry, decoded.transaction.header);
  const std::vector<model::Op>& ops = decoded.transaction.ops;
  for (uint32_t index = 0; index < ops.size(); ++index) {
    if (is_erased(decoded, index)) continue;
    SATCHEL_ASSIGN(VerifiedRecord* record, load({ops[index].collection, ops[index].record}));
    if (entry.position > scope_.layer && record->touched <= scope_.layer && record->state) {
      record->at_layer = merge::encode(*record->state);
    }
    if (!record->state) record->state.emplace();
    if (!merge::apply(*record->state, ops[index], index, context).ok()) {
      return rows::damaged("entries", "the entry at position " + std::to_string(entry.position) + ": its text does not fit");
    }
    record->touched = entry.position;
  }
  return {};
}

Result<> Verification::replay_entry(const rows::EntryRow& row) {
  const model::Entry& entry = row.entry;
  const std::string at = "the entry at position " + std::to_string(position_ + 1);
  SATCHEL_TRY(check_envelope(row));
  const rows::ReplicaRow& replica = replay_.replicas[entry.id.replica];
  if (entry.position > scope_.layer && replica.position <= scope_.layer) {
    replicas_at_layer_[entry.id.replica] = replica.counter == 0 ? std::nullopt : std::optional<ReplicaState>(replica);
  }
  SATCHEL_ASSIGN(const std::optional<proto::DecodedTransaction> content, replay_.next(entry));
  for (const auto& [id, counter] : replay_.replicas[entry.id.replica].base.entries()) {
    if (replay_.replicas[id].counter < counter) return rows::damaged("entries", at + ": its base does not precede it");
  }
  if (content) SATCHEL_TRY(apply(entry, *content));
  return {};
}

Result<> Verification::replay_entries() {
  while (position_ < scope_.head) {
    SATCHEL_ASSIGN(const std::vector<rows::EntryRow> rows,
                   rows::read_entries(db_, scope_.key, position_, scope_.head, rows::read_batch_bytes));
    if (rows.empty()) {
      return rows::damaged("entries", "the entry after position " + std::to_string(position_) + " is gone");
    }
    for (const rows::EntryRow& row : rows) SATCHEL_TRY(replay_entry(row));
  }
  if (digest_ != scope_.log_digest) return rows::damaged("scopes", "the digest of the log differs");
  sqlite::StatementScope count(db_.prepare("SELECT count(*) FROM entries WHERE org = ?1 AND scope = ?2"));
  count->bind(0, scope_.key.org).bind(1, scope_.key.scope);
  SATCHEL_TRY(count->step());
  if (rows::from_sql(count->int64(0)) != scope_.head - scope_.older_from) {
    return rows::damaged("entries", "there are entries above the head or below what is kept");
  }
  return {};
}

Result<> Verification::compare_record(const model::RecordKey& key, uint64_t touched, BytesView state) {
  const auto found = records_.find(key);
  if (found == records_.end()) {
    if (touched > scope_.snapshot_position || (scope_.snapshot_position == 0 && scope_.receiving_at == 0)) {
      return rows::damaged("records", name_of(key) + " stands in no entry");
    }
    if (!merge::decode_whole(state).ok()) return rows::damaged("records", name_of(key) + " cannot be read");
    return {};
  }
  if (merge::encode(*found->second.state) != state || found->second.touched != touched) {
    return rows::damaged("records", name_of(key) + " is not what its entries make of it");
  }
  return {};
}

Result<> Verification::compare_records() {
  Hash256 sum;
  size_t folded = 0;
  sqlite::StatementScope list(db_.prepare(
      "SELECT collection, record, touched, state FROM records WHERE org = ?1 AND scope = ?2 "
      "ORDER BY collection, record"));
  list->bind(0, scope_.key.org).bind(1, scope_.key.scope);
  for (;;) {
    SATCHEL_ASSIGN(const bool more, list->step());
    if (!more) break;
    const auto id = RecordId::from_bytes(list->blob(1));
    if (!id) return rows::damaged("records", "the id of a record");
    const model::RecordKey key{std::string(list->text(0)), *id};
    const uint64_t touched = rows::from_sql(list->int64(2));
    SATCHEL_ASSIGN(const Bytes state, unpack(list->blob(3), "records"));
    SATCHEL_TRY(compare_record(key, touched, state));
    folded += records_.count(key);
    const Hash256 digest = record_digest(key, state);
    add(sum, digest);
    if (touched <= scope_.layer) add(layer_state_, digest);
  }
  if (folded != records_.size()) return rows::damaged("records", "a record that stands in the entries is missing");
  if (sum != scope_.state_digest) return rows::damaged("records", "the digest of the records differs");
  return {};
}

Result<> Verification::compare_layer_records() {
  size_t expected = 0;
  for (const auto& [key, record] : records_) expected += record.at_layer ? 1 : 0;
  sqlite::StatementScope list(db_.prepare(
      "SELECT collection, record, state FROM snapshot_records WHERE org = ?1 AND scope = ?2 "
      "ORDER BY collection, record"));
  list->bind(0, scope_.key.org).bind(1, scope_.key.scope);
  for (;; --expected) {
    SATCHEL_ASSIGN(const bool more, list->step());
    if (!more) break;
    const auto id = RecordId::from_bytes(list->blob(1));
    if (!id) return rows::damaged("snapshot_records", "the id of a record");
    const model::RecordKey key{std::string(list->text(0)), *id};
    const auto found = records_.find(key);
    SATCHEL_ASSIGN(const Bytes state, unpack(list->blob(2), "snapshot_records"));
    if (found == records_.end() || found->second.at_layer != state) {
      return rows::damaged("snapshot_records", name_of(key) + " is not what its entries make of it");
    }
    add(layer_state_, record_digest(key, state));
  }
  if (expected != 0) return rows::damaged("snapshot_records", "a record is missing");
  if (scope_.receiving_at == 0 && layer_state_ != scope_.layer_state_digest) {
    return rows::damaged("snapshot_records", "the digest of the snapshot differs");
  }
  return {};
}

Result<> Verification::compare_replicas() {
  SATCHEL_ASSIGN(const std::vector<rows::ReplicaRow> rows, rows::read_replicas(db_, scope_.key));
  Hash256 sum;
  std::set<ReplicaId> there;
  for (const rows::ReplicaRow& row : rows) {
    const auto found = replay_.replicas.find(row.replica);
    const bool same = found != replay_.replicas.end() && found->second.counter == row.counter &&
                      found->second.base == row.base && found->second.ord == row.ord &&
                      found->second.position == row.position;
    if (!same) return rows::damaged("replicas", row.replica.text() + " is not where its entries leave it");
    there.insert(row.replica);
    add(sum, rows::digest_of(row));
  }
  for (const auto& [id, replica] : replay_.replicas) {
    if (replica.counter != 0 && there.count(id) == 0) return rows::damaged("replicas", id.text() + " is missing");
  }
  if (sum != scope_.replicas_digest) return rows::damaged("replicas", "their digest differs");
  return {};
}

Result<> Verification::compare_layer_replicas() {
  SATCHEL_ASSIGN(const std::vector<ReplicaState> rows, rows::read_layer_replicas(db_, scope_.key));
  Hash256 sum;
  size_t expected = 0;
  for (const auto& [id, state] : replicas_at_layer_) expected += state ? 1 : 0;
  for (const ReplicaState& row : rows) {
    const auto found = replicas_at_layer_.find(row.replica);
    const bool same = found != replicas_at_layer_.end() && found->second && found->second->counter == row.counter &&
                      found->second->base == row.base && found->second->ord == row.ord;
    if (!same) return rows::damaged("snapshot_replicas", row.replica.text() + " is not where its entries leave it");
    add(sum, rows::digest_of(row));
  }
  if (rows.size() != expected) return rows::damaged("snapshot_replicas", "a replica is missing");
  for (const auto& [id, replica] : replay_.replicas) {
    if (replica.counter != 0 && replica.position <= scope_.layer) add(sum, rows::digest_of(replica));
  }
  if (sum != scope_.layer_replicas_digest) return rows::damaged("snapshot_replicas", "their digest differs");
  return {};
}

Result<> Verification::compare_history() {
  SATCHEL_ASSIGN(const proto::History history, rows::read_history(db_, scope_.key));
  if (rows::history_digest(history) != scope_.history_digest) {
    return rows::damaged("history", "the history of epochs was changed");
  }
  return {};
}

Result<> Verification::run() {
  SATCHEL_TRY(rows::check_scope(db_, scope_));
  SATCHEL_TRY(compare_history());
  SATCHEL_TRY(start());
  SATCHEL_TRY(replay_entries());
  SATCHEL_TRY(compare_records());
  SATCHEL_TRY(compare_layer_records());
  SATCHEL_TRY(compare_replicas());
  return compare_layer_replicas();
}

}  // namespace

Result<> Log::verify(ScopeKey key) {
  SATCHEL_ASSIGN(const rows::ScopeRow scope, rows::read_scope(db_, key));
  return Verification(db_, scope).run();
}

}  // namespace satchel::log
