#include "core/store/store_row.hpp"

#include "core/store/secret_keeper.hpp"

namespace satchel::store {

Result<StoreRow> load_store_row(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare(
      "SELECT organisation, worker, replica, secret_check, incarnation, schema_version, seq, oldest_seq, heard_ms,"
      " last_sync_ms, clock_skew_ms, grants_version, sealing_key, sealing_key_id FROM store"));
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return make_error(Code::not_found, "This file holds no store.");
  StoreRow row;
  row.organisation = q->text(0);
  row.worker = q->text(1);
  auto replica = ReplicaId::from_bytes(q->blob(2));
  if (!replica) return make_error(Code::corrupt, "The store does not name its replica.", "store.replica");
  row.replica = *replica;
  row.secret_check = q->blob(3);
  row.incarnation = q->blob(4);
  row.schema_version = static_cast<uint32_t>(q->int64(5));
  row.seq = static_cast<uint64_t>(q->int64(6));
  row.oldest_seq = static_cast<uint64_t>(q->int64(7));
  row.heard.heard_ms = q->int64(8);
  row.heard.last_sync_ms = q->int64(9);
  row.heard.clock_skew_ms = q->int64(10);
  row.grants_version = static_cast<uint64_t>(q->int64(11));
  row.sealing_key = q->blob(12);
  row.sealing_key_id = q->blob(13);
  return row;
}

Result<> save_store_row(sqlite::Database& db, const StoreRow& row) {
  sqlite::Statement& q = db.prepare(
      "INSERT INTO store (one, organisation, worker, replica, secret_check, incarnation, schema_version, seq, oldest_seq,"
      " heard_ms, last_sync_ms, clock_skew_ms, grants_version, sealing_key, sealing_key_id)"
      " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (one) DO UPDATE SET replica = excluded.replica, secret_check = excluded.secret_check,"
      " schema_version = excluded.schema_version, seq = excluded.seq,"
      " oldest_seq = excluded.oldest_seq, heard_ms = excluded.heard_ms, last_sync_ms = excluded.last_sync_ms,"
      " clock_skew_ms = excluded.clock_skew_ms, grants_version = excluded.grants_version,"
      " sealing_key = excluded.sealing_key, sealing_key_id = excluded.sealing_key_id");
  q.bind_text(0, row.organisation).bind_text(1, row.worker).bind_blob(2, row.replica.view());
  q.bind_blob(3, row.secret.empty() ? row.secret_check : secret_check(row.replica, row.secret));
  q.bind_blob(4, row.incarnation).bind(5, static_cast<int64_t>(row.schema_version));
  q.bind(6, static_cast<int64_t>(row.seq)).bind(7, static_cast<int64_t>(row.oldest_seq)).bind(8, row.heard.heard_ms);
  q.bind(9, row.heard.last_sync_ms).bind(10, row.heard.clock_skew_ms).bind(11, static_cast<int64_t>(row.grants_version));
  q.bind_blob(12, row.sealing_key).bind_blob(13, row.sealing_key_id);
  return q.run();
}

Result<model::Schema> load_schema(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare("SELECT json FROM app_schema"));
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return make_error(Code::corrupt, "The store does not hold the schema that it was written by.", "app_schema");
  auto schema = model::Schema::parse(q->text(0));
  if (schema.ok()) return schema;
  return make_error(Code::corrupt, "The store file is damaged: its schema cannot be read. " + schema.error().message,
                    "app_schema.json" + schema.error().place);
}

Result<> save_schema(sqlite::Database& db, const model::Schema& schema) {
  return db.prepare("INSERT INTO app_schema (one, json) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json")
      .bind_text(0, schema.source())
      .run();
}

}  // namespace satchel::store
