// Going back, and moving the layer below which nothing can go back.
#include <algorithm>

#include "core/log/digest.hpp"
#include "core/log/fold.hpp"

namespace satchel::log {
namespace {

Error gone(const model::RecordKey& key) {
  return rows::damaged("records", "the record " + key.collection + "/" + key.record.text() + " is gone");
}

Result<> put_back(sqlite::Database& db, rows::ScopeRow& scope, const model::RecordKey& key,
                  const FoldedRecord& folded) {
  SATCHEL_ASSIGN(const std::optional<rows::RecordRow> now, rows::read_record(db, scope.key, key));
  if (!now) return gone(key);
  subtract(scope.state_digest, record_digest(key, now->state));
  if (!folded.state) return rows::delete_record(db, now->rowid);
  const Bytes state = merge::encode(*folded.state);
  add(scope.state_digest, record_digest(key, state));
  if (folded.touched <= scope.layer) SATCHEL_TRY(rows::drop_layer_record(db, scope.key, key));
  return rows::update_record(db, now->rowid, folded.touched, state);
}

Result<> put_back(sqlite::Database& db, rows::ScopeRow& scope, const rows::ReplicaRow& now, const FoldedScope& folded) {
  subtract(scope.replicas_digest, rows::digest_of(now));
  const auto before = folded.replicas.find(now.replica);
  if (before == folded.replicas.end() || before->second.counter == 0) {
    return rows::drop_replica(db, scope.key, now.replica);
  }
  add(scope.replicas_digest, rows::digest_of(before->second));
  if (before->second.position <= scope.layer) {
    SATCHEL_TRY(rows::drop_layer_replica(db, scope.key, now.replica));
  }
  return rows::write_replica(db, scope.key, before->second);
}

// Where nothing was touched above the new layer, it is what the tables hold.
Result<> move_layer_to_head(sqlite::Database& db, rows::ScopeRow& scope) {
  SATCHEL_TRY(rows::clear_layer(db, scope.key));
  scope.layer_state_digest = scope.state_digest;
  scope.layer_replicas_digest = scope.replicas_digest;
  scope.layer = scope.head;
  return {};
}

Result<> move_layer(sqlite::Database& db, rows::ScopeRow& scope, uint64_t position) {
  if (position == scope.head) return move_layer_to_head(db, scope);
  SATCHEL_ASSIGN(const FoldedScope folded, fold_to(db, scope, position));
  SATCHEL_TRY(rows::clear_layer(db, scope.key));
  scope.layer_state_digest = scope.state_digest;
  for (const auto& [key, record] : folded.changed_since) {
    SATCHEL_ASSIGN(const std::optional<rows::RecordRow> now, rows::read_record(db, scope.key, key));
    if (!now) return gone(key);
    subtract(scope.layer_state_digest, record_digest(key, now->state));
    if (!record.state) continue;
    const Bytes state = merge::encode(*record.state);
    SATCHEL_TRY(rows::write_layer_record(db, scope.key, key, state));
    add(scope.layer_state_digest, record_digest(key, state));
  }
  scope.layer_replicas_digest = scope.replicas_digest;
  SATCHEL_ASSIGN(const std::vector<rows::ReplicaRow> replicas, rows::read_replicas(db, scope.key));
  for (const rows::ReplicaRow& now : replicas) {
    if (now.position <= position) continue;
    subtract(scope.layer_replicas_digest, rows::digest_of(now));
    const auto before = folded.replicas.find(now.replica);
    if (before == folded.replicas.end() || before->second.counter == 0) continue;
    SATCHEL_TRY(rows::write_layer_replica(db, scope.key, before->second));
    add(scope.layer_replicas_digest, rows::digest_of(before->second));
  }
  scope.layer = position;
  return {};
}

}  // namespace

Result<std::vector<model::Entry>> Log::rewind(ScopeKey key, uint64_t position, Touched& touched) {
  SATCHEL_ASSIGN(rows::ScopeRow scope, rows::read_scope(db_, key));
  if (position < scope.layer || position > scope.head) {
    const std::string which = "position " + std::to_string(position);
    return make_error(Code::not_found, "Cannot go back to " + which + ": it is not kept here.", "position");
  }
  SATCHEL_ASSIGN(std::vector<model::Entry> above, entries_after(key, position, SIZE_MAX));
  if (above.size() != scope.head - position) return rows::damaged("entries", "an entry is gone");
  SATCHEL_ASSIGN(const FoldedScope folded, fold_to(db_, scope, position));
  SATCHEL_ASSIGN(scope.log_digest, log_digest_at(key, position));
  for (const auto& [record, state] : folded.changed_since) {
    SATCHEL_TRY(put_back(db_, scope, record, state));
    touched.records.push_back(record);
  }
  SATCHEL_ASSIGN(const std::vector<rows::ReplicaRow> replicas, rows::read_replicas(db_, key));
  for (const rows::ReplicaRow& now : replicas) {
    if (now.position > position) SATCHEL_TRY(put_back(db_, scope, now, folded));
  }
  SATCHEL_TRY(rows::run(db_, "DELETE FROM entries WHERE org = ?1 AND scope = ?2 AND position > ?3", key, position));
  scope.head = position;
  scope.kept_to = std::min(scope.kept_to, position);
  SATCHEL_TRY(rows::update_scope(db_, scope));
  return above;
}

Result<> Log::fold_away(ScopeKey key, uint64_t position) {
  SATCHEL_ASSIGN(rows::ScopeRow scope, rows::read_scope(db_, key));
  position = std::min(position, scope.head);
  if (position <= scope.snapshot_position) return {};
  SATCHEL_ASSIGN(scope.snapshot_log_digest, log_digest_at(key, position));
  if (position != scope.layer) SATCHEL_TRY(move_layer(db_, scope, position));
  scope.snapshot_position = position;
  if (!scope.keeps_older) SATCHEL_TRY(drop_older(db_, scope));
  return rows::update_scope(db_, scope);
}

Result<> Log::checkpoint(ScopeKey key, uint64_t position) {
  SATCHEL_ASSIGN(rows::ScopeRow scope, rows::read_scope(db_, key));
  if (scope.snapshot_position != 0) {
    return make_error(Code::invalid, "Only a store that keeps the whole log can keep a second state of it.",
                      "position");
  }
  if (position > scope.head) {
    const std::string which = "Position " + std::to_string(position);
    return make_error(Code::not_found, which + " is above the head.", "position");
  }
  if (position == scope.layer) return {};
  SATCHEL_TRY(move_layer(db_, scope, position));
  return rows::update_scope(db_, scope);
}

}  // namespace satchel::log
