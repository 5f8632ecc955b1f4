#include "core/store/field_index.hpp"

#include <algorithm>

#include "core/merge/resolve.hpp"
#include "core/store/sort_key.hpp"

namespace satchel::store {
namespace {

Bytes key_of(const model::Field& field, BytesView encoded) {
  if (encoded.empty()) return {};
  auto value = proto::decode_value(encoded);
  return value.ok() ? sort_key(field, *value) : Bytes();
}

void add_field(std::vector<IndexKey>& keys, const model::Field& field, const merge::FieldState* state) {
  const size_t first = keys.size();
  keys.push_back({field.name, {}, true});
  if (state == nullptr) return;
  const merge::Resolved resolved = merge::resolve(*state, &field);
  for (size_t i = 0; i < resolved.standing.size(); ++i) {
    Bytes key = key_of(field, resolved.standing[i]->value);
    if (i == 0) {
      keys[first].key = std::move(key);
    } else if (!key.empty()) {
      keys.push_back({field.name, std::move(key), false});
    }
  }
}

Result<> insert_key(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record, const IndexKey& key) {
  sqlite::Statement& q =
      db.prepare("INSERT INTO field_index (scope, collection, record, field, key, pick) VALUES (?, ?, ?, ?, ?, ?)");
  q.bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view()).bind_text(3, key.field);
  q.bind_blob(4, key.key).bind(5, int64_t{key.pick});
  return q.run();
}

Result<> delete_keys(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  sqlite::Statement& q = db.prepare("DELETE FROM field_index WHERE scope = ? AND collection = ? AND record = ?");
  q.bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  return q.run();
}

}  // namespace

std::vector<IndexKey> index_keys(const merge::RecordState& state, const model::Collection& collection) {
  std::vector<IndexKey> keys;
  for (const auto& [name, field] : collection.fields) {
    if (field.indexed) add_field(keys, field, state.field(name, field.kind));
  }
  std::sort(keys.begin(), keys.end());
  // The same value twice (two heads agree): the one to order by stays.
  std::vector<IndexKey> unique;
  for (auto& key : keys) {
    if (!unique.empty() && unique.back().field == key.field && unique.back().key == key.key) {
      unique.back().pick = unique.back().pick || key.pick;
    } else {
      unique.push_back(std::move(key));
    }
  }
  return unique;
}

Result<std::vector<IndexKey>> stored_keys(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  sqlite::StatementScope q(
      db.prepare("SELECT field, key, pick FROM field_index WHERE scope = ? AND collection = ? AND record = ? ORDER BY "
                 "field, key"));
  q->bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  std::vector<IndexKey> keys;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return keys;
    keys.push_back({std::string(q->text(0)), Bytes(q->blob(1)), q->int64(2) != 0});
  }
}

Result<> index_record(Work& work, log::ScopeKey scope, const model::RecordKey& record,
                      const merge::RecordState& state) {
  sqlite::Statement& q = work.db.prepare(
      "INSERT INTO record_index (collection, record, scope, present) VALUES (?, ?, ?, ?)"
      " ON CONFLICT (collection, record, scope) DO UPDATE SET present = excluded.present"
      " WHERE present <> excluded.present");
  q.bind_text(0, record.collection).bind_blob(1, record.record.view()).bind(2, scope.scope);
  q.bind(3, int64_t{state.present()});
  SATCHEL_TRY(q.run());
  const model::Collection* collection = work.schema.collection(record.collection);
  const auto keys = collection == nullptr ? std::vector<IndexKey>() : index_keys(state, *collection);
  SATCHEL_ASSIGN(const auto stored, stored_keys(work.db, scope, record));
  if (keys == stored) return {};  // most edits change no key, and a page that stays as it is is not written again
  SATCHEL_TRY(delete_keys(work.db, scope, record));
  for (const auto& key : keys) SATCHEL_TRY(insert_key(work.db, scope, record, key));
  return {};
}

Result<> unindex_record(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  SATCHEL_TRY(delete_keys(db, scope, record));
  sqlite::Statement& q = db.prepare("DELETE FROM record_index WHERE collection = ? AND record = ? AND scope = ?");
  q.bind_text(0, record.collection).bind_blob(1, record.record.view()).bind(2, scope.scope);
  return q.run();
}

Result<std::optional<log::ScopeKey>> scope_of(sqlite::Database& db, std::string_view collection, const RecordId& id) {
  sqlite::StatementScope q(
      db.prepare("SELECT scope FROM record_index WHERE collection = ? AND record = ? ORDER BY scope LIMIT 1"));
  q->bind_text(0, collection).bind_blob(1, id.view());
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return std::optional<log::ScopeKey>();
  return std::optional(log::ScopeKey{1, q->int64(0)});
}

Result<std::vector<model::RecordKey>> indexed_records(sqlite::Database& db, log::ScopeKey scope) {
  sqlite::StatementScope q(
      db.prepare("SELECT collection, record FROM record_index WHERE scope = ? ORDER BY collection, record"));
  q->bind(0, scope.scope);
  std::vector<model::RecordKey> records;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return records;
    SATCHEL_ASSIGN(const RecordId id, id_column<RecordId>(*q, 1, "record_index.record"));
    records.push_back({std::string(q->text(0)), id});
  }
}

}  // namespace satchel::store
