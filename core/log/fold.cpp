#include "core/log/fold.hpp"

namespace satchel::log {
namespace {

Error broken(const model::Entry& entry, const std::string& why) {
  return rows::damaged("entries", "the entry at position " + std::to_string(entry.position) + ": " + why);
}

// Replicas and records as they stood at the layer.
Result<> start_at_layer(sqlite::Database& db, const rows::ScopeRow& scope, FoldedScope& folded) {
  SATCHEL_ASSIGN(folded.replicas, replicas_at_layer(db, scope));
  for (auto& [key, record] : folded.changed_since) {
    SATCHEL_ASSIGN(const std::optional<Bytes> bytes, rows::read_layer_record(db, scope.key, key));
    if (!bytes) continue;
    auto state = merge::decode_whole(*bytes);
    if (!state.ok()) return rows::damaged("snapshot_records", key.collection + "/" + key.record.text());
    record.state = std::move(state).value();
  }
  return {};
}

Result<> apply_to(FoldedScope& folded, const model::Entry& entry, const proto::DecodedTransaction& decoded) {
  const merge::Context context = context_of(entry, decoded.transaction.header);
  const std::vector<model::Op>& ops = decoded.transaction.ops;
  for (uint32_t index = 0; index < ops.size(); ++index) {
    if (is_erased(decoded, index)) continue;
    const auto found = folded.changed_since.find({ops[index].collection, ops[index].record});
    if (found == folded.changed_since.end()) continue;
    if (!found->second.state) found->second.state.emplace();
    if (!merge::apply(*found->second.state, ops[index], index, context).ok()) return broken(entry, "its text does not fit");
    found->second.touched = entry.position;
  }
  return {};
}

}  // namespace

merge::Context context_of(const model::Entry& entry, const model::Header& header) {
  merge::Context context;
  context.header = &header;
  context.ord = entry.envelope.ord;
  context.received_ms = entry.envelope.received_ms;
  context.epoch = entry.envelope.epoch;        // the original place, not today's: `frozen` must not change its
  context.position = entry.envelope.position;  // standing value because of a restore
  return context;
}

Result<std::optional<proto::DecodedTransaction>> Replay::next(const model::Entry& entry) {
  rows::ReplicaRow& replica = replicas[entry.id.replica];
  replica.replica = entry.id.replica;
  if (entry.id.counter != replica.counter + 1) return broken(entry, "its slot is not the next of its replica");
  if (entry.envelope.ord <= replica.ord) return broken(entry, "its ordering time does not grow");
  std::optional<proto::DecodedTransaction> content;
  if (entry.slot == model::Slot::content) {
    auto decoded = proto::decode_transaction(organisation_, entry.bytes);
    if (!decoded.ok()) return broken(entry, "its transaction cannot be read");
    if (decoded->hash != entry.hash) return broken(entry, "its bytes do not have its content hash");
    if (decoded->transaction.header.id != entry.id) return broken(entry, "its transaction has another id");
    const auto completed = decoded->complete(replica.base);
    if (!completed.ok()) return broken(entry, "its base does not follow from that of its replica's last slot");
    content = std::move(decoded).value();
  }
  replica.counter = entry.id.counter;
  replica.ord = entry.envelope.ord;
  replica.position = entry.position;
  replica.base = content ? content->transaction.header.base : entry.base;
  return content;
}

Result<std::map<ReplicaId, rows::ReplicaRow>> replicas_at_layer(sqlite::Database& db, const rows::ScopeRow& scope) {
  std::map<ReplicaId, rows::ReplicaRow> replicas;
  SATCHEL_ASSIGN(const std::vector<rows::ReplicaRow> rows, rows::read_replicas(db, scope.key));
  for (const rows::ReplicaRow& row : rows) {
    if (row.position <= scope.layer) replicas[row.replica] = row;
  }
  SATCHEL_ASSIGN(const std::vector<ReplicaState> moved, rows::read_layer_replicas(db, scope.key));
  for (const ReplicaState& state : moved) static_cast<ReplicaState&>(replicas[state.replica]) = state;
  return replicas;
}

Result<FoldedScope> fold_to(sqlite::Database& db, const rows::ScopeRow& scope, uint64_t position) {
  if (position > scope.head || position < scope.snapshot_position) {
    return make_error(Code::not_found, "Position " + std::to_string(position) + " is not kept here.", "position");
  }
  FoldedScope folded;
  if (position == scope.head) {
    SATCHEL_ASSIGN(std::vector<rows::ReplicaRow> rows, rows::read_replicas(db, scope.key));
    for (rows::ReplicaRow& row : rows) folded.replicas[row.replica] = std::move(row);
    return folded;
  }
  SATCHEL_ASSIGN(const std::vector<model::RecordKey> keys, rows::records_above(db, scope.key, position));
  for (const model::RecordKey& key : keys) folded.changed_since[key] = {};
  const bool from_layer = position >= scope.layer;
  if (from_layer) SATCHEL_TRY(start_at_layer(db, scope, folded));
  Replay replay(scope.organisation);
  replay.replicas = std::move(folded.replicas);
  for (uint64_t done = from_layer ? scope.layer : 0; done < position;) {
    SATCHEL_ASSIGN(const std::vector<rows::EntryRow> rows,
                   rows::read_entries(db, scope.key, done, position, rows::read_batch_bytes));
    if (rows.empty()) return rows::damaged("entries", "the entry after position " + std::to_string(done) + " is gone");
    for (const rows::EntryRow& row : rows) {
      SATCHEL_ASSIGN(const std::optional<proto::DecodedTransaction> content, replay.next(row.entry));
      if (content) SATCHEL_TRY(apply_to(folded, row.entry, *content));
    }
    done = rows.back().entry.position;
    folded.folded += rows.size();
  }
  folded.replicas = std::move(replay.replicas);
  return folded;
}

}  // namespace satchel::log
