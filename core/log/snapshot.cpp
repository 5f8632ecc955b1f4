#include "core/log/digest.hpp"
#include "core/log/fold.hpp"
#include "core/log/packing.hpp"

namespace satchel::log {
namespace {

constexpr size_t record_overhead_bytes = 48;  // of a record on the wire, besides its state

struct ListedRecord {
  proto::SnapshotRecord record;
  uint64_t touched = 0;
};

Result<std::vector<ListedRecord>> list_records(sqlite::Database& db, ScopeKey key,
                                               const std::optional<model::RecordKey>& after, size_t budget) {
  sqlite::StatementScope list(db.prepare(
      "SELECT collection, record, touched, state FROM records WHERE org = ?1 AND scope = ?2 AND "
      "(collection, record) > (?3, ?4) ORDER BY collection, record"));
  list->bind(0, key.org).bind(1, key.scope);
  // No key is below ("", ""): ids are 16 bytes.
  list->bind_text(2, after ? std::string_view(after->collection) : std::string_view());
  list->bind_blob(3, after ? after->record.view() : BytesView());
  std::vector<ListedRecord> found;
  for (size_t bytes = 0; found.empty() || bytes < budget;) {
    SATCHEL_ASSIGN(const bool more, list->step());
    if (!more) break;
    const auto id = RecordId::from_bytes(list->blob(1));
    if (!id) return rows::damaged("records", "the id of a record");
    SATCHEL_ASSIGN(Bytes state, unpack(list->blob(3), "records"));
    const size_t size = record_overhead_bytes + state.size();
    if (!found.empty() && bytes + size > budget) break;
    bytes += size;
    found.push_back({{{std::string(list->text(0)), *id}, std::move(state)}, rows::from_sql(list->int64(2))});
  }
  return found;
}

std::vector<proto::ReplicaTail> tails_of(const std::map<ReplicaId, rows::ReplicaRow>& replicas) {
  std::vector<proto::ReplicaTail> tails;
  for (const auto& [id, row] : replicas) {
    if (row.counter != 0) tails.push_back({id, row.counter, row.base, row.ord});
  }
  return tails;
}

Result<> check_tails(const std::vector<proto::ReplicaTail>& replicas) {
  model::Version version;
  for (const proto::ReplicaTail& tail : replicas) version.raise(tail.replica, tail.counter);
  if (version.entries().size() != replicas.size()) {
    return make_error(Code::protocol, "The snapshot names a replica twice.", "replicas");
  }
  for (const proto::ReplicaTail& tail : replicas) {
    if (tail.counter == 0 || tail.base[tail.replica] != tail.counter - 1 || !version.includes(tail.base)) {
      return make_error(Code::protocol, "The snapshot has a replica whose base does not precede it.", "replicas");
    }
  }
  return {};
}

}  // namespace

Result<std::vector<proto::SnapshotRecord>> Log::records_after(ScopeKey key,
                                                              const std::optional<model::RecordKey>& after,
                                                              size_t budget) {
  SATCHEL_ASSIGN(std::vector<ListedRecord> found, list_records(db_, key, after, budget));
  std::vector<proto::SnapshotRecord> records;
  records.reserve(found.size());
  for (ListedRecord& listed : found) records.push_back(std::move(listed.record));
  return records;
}

Result<Log::SnapshotPart> Log::snapshot_part(ScopeKey key, uint64_t position,
                                             const std::optional<model::RecordKey>& after, size_t budget) {
  SATCHEL_ASSIGN(const rows::ScopeRow scope, rows::read_scope(db_, key));
  const bool at_layer = position == scope.layer;  // then a state is read when the part comes to it
  FoldedScope folded;
  if (!at_layer) {
    SATCHEL_ASSIGN(folded, fold_to(db_, scope, position));
  }
  SnapshotPart part;
  part.folded = folded.folded;
  std::optional<model::RecordKey> from = after;
  const auto state_before = [&](const model::RecordKey& record) -> Result<std::optional<Bytes>> {
    if (at_layer) return rows::read_layer_record(db_, key, record);
    const std::optional<merge::RecordState>& state = folded.changed_since[record].state;
    return state ? std::optional<Bytes>(merge::encode(*state)) : std::nullopt;
  };
  size_t bytes = 0;
  while (!part.last && (part.snapshot.records.empty() || bytes < budget)) {
    SATCHEL_ASSIGN(std::vector<ListedRecord> found, list_records(db_, key, from, budget - bytes));
    part.last = found.empty();
    for (ListedRecord& listed : found) {
      from = listed.record.key;
      if (listed.touched > position) {
        SATCHEL_ASSIGN(std::optional<Bytes> before, state_before(listed.record.key));
        if (!before) continue;  // created later
        listed.record.state = std::move(*before);
      }
      bytes += record_overhead_bytes + listed.record.state.size();
      part.snapshot.records.push_back(std::move(listed.record));
    }
  }
  if (!part.last && after) return part;
  if (at_layer) {
    SATCHEL_ASSIGN(folded.replicas, replicas_at_layer(db_, scope));
  }
  if (!part.last) {
    for (const auto& [id, row] : folded.replicas) part.version.raise(id, row.counter);
    return part;
  }
  part.snapshot.replicas = tails_of(folded.replicas);
  SATCHEL_ASSIGN(part.snapshot.log_digest, log_digest_at(key, position));
  return part;
}

Result<Log::Snapshot> Log::snapshot_at(ScopeKey key, uint64_t position) {
  SATCHEL_ASSIGN(SnapshotPart part, snapshot_part(key, position, std::nullopt, SIZE_MAX));
  return std::move(part.snapshot);
}

Result<> Log::begin_snapshot(ScopeKey key, uint64_t position) {
  SATCHEL_ASSIGN(rows::ScopeRow scope, rows::read_scope(db_, key));
  SATCHEL_TRY(rows::clear_layer(db_, key));
  SATCHEL_TRY(rows::run(db_, "DELETE FROM entries WHERE org = ?1 AND scope = ?2", key));
  SATCHEL_TRY(rows::run(db_, "DELETE FROM replicas WHERE org = ?1 AND scope = ?2", key));
  SATCHEL_TRY(rows::run(db_, "DELETE FROM records WHERE org = ?1 AND scope = ?2", key));
  scope.head = scope.snapshot_position = scope.layer = scope.kept_to = scope.older_from = 0;
  scope.receiving_at = position + 1;
  for (Hash256* digest : {&scope.log_digest, &scope.state_digest, &scope.replicas_digest, &scope.snapshot_log_digest,
                          &scope.layer_state_digest, &scope.layer_replicas_digest, &scope.older_digest}) {
    *digest = {};
  }
  return rows::update_scope(db_, scope);
}

Result<> Log::add_snapshot_records(ScopeKey key, const std::vector<proto::SnapshotRecord>& records) {
  SATCHEL_ASSIGN(rows::ScopeRow scope, rows::read_scope(db_, key));
  if (scope.receiving_at == 0) return make_error(Code::protocol, "No snapshot of this scope is under way.", "snapshot");
  for (const proto::SnapshotRecord& record : records) {
    const std::string name = record.key.collection + "/" + record.key.record.text();
    if (!merge::decode_whole(record.state).ok()) {
      return make_error(Code::protocol, "The snapshot has a record that cannot be read: " + name + ".", "snapshot");
    }
    SATCHEL_ASSIGN(const std::optional<rows::RecordRow> known, rows::read_record(db_, key, record.key));
    if (known) return make_error(Code::protocol, "The snapshot has a record twice: " + name + ".", "snapshot");
    SATCHEL_TRY(rows::insert_record(db_, key, record.key, 0, record.state));
    add(scope.state_digest, record_digest(record.key, record.state));
  }
  return rows::update_scope(db_, scope);
}

Result<> Log::finish_snapshot(ScopeKey key, uint64_t position, const std::vector<proto::ReplicaTail>& replicas,
                              const Hash256& log_digest) {
  SATCHEL_ASSIGN(rows::ScopeRow scope, rows::read_scope(db_, key));
  if (scope.receiving_at != position + 1) {
    return make_error(Code::protocol, "No snapshot of this position is under way.", "snapshot_position");
  }
  SATCHEL_TRY(check_tails(replicas));
  for (const proto::ReplicaTail& tail : replicas) {
    rows::ReplicaRow row;
    static_cast<ReplicaState&>(row) = {tail.replica, tail.counter, tail.base, tail.ord};
    SATCHEL_TRY(rows::write_replica(db_, key, row));
    add(scope.replicas_digest, rows::digest_of(row));
  }
  scope.receiving_at = 0;
  scope.head = scope.snapshot_position = scope.layer = scope.older_from = position;
  scope.log_digest = scope.snapshot_log_digest = scope.older_digest = log_digest;
  scope.layer_state_digest = scope.state_digest;
  scope.layer_replicas_digest = scope.replicas_digest;
  return rows::update_scope(db_, scope);
}

}  // namespace satchel::log
