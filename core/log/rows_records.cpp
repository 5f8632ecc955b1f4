#include "core/log/packing.hpp"
#include "core/log/rows.hpp"

namespace satchel::log::rows {

Result<std::optional<RecordRow>> read_record(sqlite::Database& db, ScopeKey key, const model::RecordKey& record) {
  sqlite::StatementScope find(db.prepare(
      "SELECT rowid, touched, state FROM records WHERE org = ?1 AND scope = ?2 AND collection = ?3 AND record = ?4"));
  find->bind(0, key.org).bind(1, key.scope).bind_text(2, record.collection).bind_blob(3, record.record.view());
  SATCHEL_ASSIGN(const bool found, find->step());
  if (!found) return std::optional<RecordRow>{};
  SATCHEL_ASSIGN(Bytes state, unpack(find->blob(2), "records"));
  return std::optional(RecordRow{find->int64(0), from_sql(find->int64(1)), std::move(state)});
}

Result<> insert_record(sqlite::Database& db, ScopeKey key, const model::RecordKey& record, uint64_t touched,
                       BytesView state) {
  sqlite::StatementScope add(db.prepare(
      "INSERT INTO records(org, scope, collection, record, touched, state) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"));
  add->bind(0, key.org).bind(1, key.scope).bind_text(2, record.collection).bind_blob(3, record.record.view());
  const Bytes packed = pack(state);
  add->bind(4, to_sql(touched)).bind_blob(5, packed);
  return add->run();
}

Result<> update_record(sqlite::Database& db, int64_t rowid, uint64_t touched, BytesView state) {
  sqlite::StatementScope update(db.prepare("UPDATE records SET touched = ?2, state = ?3 WHERE rowid = ?1"));
  const Bytes packed = pack(state);
  update->bind(0, rowid).bind(1, to_sql(touched)).bind_blob(2, packed);
  return update->run();
}

Result<> delete_record(sqlite::Database& db, int64_t rowid) {
  sqlite::StatementScope remove(db.prepare("DELETE FROM records WHERE rowid = ?1"));
  remove->bind(0, rowid);
  return remove->run();
}

Result<std::vector<model::RecordKey>> records_above(sqlite::Database& db, ScopeKey key, uint64_t position) {
  sqlite::StatementScope list(db.prepare(
      "SELECT collection, record FROM records WHERE org = ?1 AND scope = ?2 AND touched > ?3 "
      "ORDER BY collection, record"));
  list->bind(0, key.org).bind(1, key.scope).bind(2, to_sql(position));
  std::vector<model::RecordKey> keys;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, list->step());
    if (!more) return keys;
    const auto id = RecordId::from_bytes(list->blob(1));
    if (!id) return damaged("records", "the id of a record");
    keys.push_back({std::string(list->text(0)), *id});
  }
}

Result<std::optional<Bytes>> read_layer_record(sqlite::Database& db, ScopeKey key, const model::RecordKey& record) {
  sqlite::StatementScope find(db.prepare(
      "SELECT state FROM snapshot_records WHERE org = ?1 AND scope = ?2 AND collection = ?3 AND record = ?4"));
  find->bind(0, key.org).bind(1, key.scope).bind_text(2, record.collection).bind_blob(3, record.record.view());
  SATCHEL_ASSIGN(const bool found, find->step());
  if (!found) return std::optional<Bytes>{};
  SATCHEL_ASSIGN(Bytes state, unpack(find->blob(0), "snapshot_records"));
  return std::optional(std::move(state));
}

Result<> write_layer_record(sqlite::Database& db, ScopeKey key, const model::RecordKey& record, BytesView state) {
  sqlite::StatementScope add(db.prepare(
      "INSERT INTO snapshot_records(org, scope, collection, record, state) VALUES(?1, ?2, ?3, ?4, ?5)"));
  add->bind(0, key.org).bind(1, key.scope).bind_text(2, record.collection).bind_blob(3, record.record.view());
  const Bytes packed = pack(state);
  add->bind_blob(4, packed);
  return add->run();
}

Result<> copy_to_layer(sqlite::Database& db, int64_t rowid) {
  sqlite::StatementScope copy(db.prepare(
      "INSERT INTO snapshot_records(org, scope, collection, record, state) "
      "SELECT org, scope, collection, record, state FROM records WHERE rowid = ?1"));
  copy->bind(0, rowid);
  return copy->run();
}

Result<> drop_layer_record(sqlite::Database& db, ScopeKey key, const model::RecordKey& record) {
  sqlite::StatementScope remove(db.prepare(
      "DELETE FROM snapshot_records WHERE org = ?1 AND scope = ?2 AND collection = ?3 AND record = ?4"));
  remove->bind(0, key.org).bind(1, key.scope).bind_text(2, record.collection).bind_blob(3, record.record.view());
  return remove->run();
}

Result<> clear_layer(sqlite::Database& db, ScopeKey key) {
  SATCHEL_TRY(run(db, "DELETE FROM snapshot_records WHERE org = ?1 AND scope = ?2", key));
  return run(db, "DELETE FROM snapshot_replicas WHERE org = ?1 AND scope = ?2", key);
}

}  // namespace satchel::log::rows
