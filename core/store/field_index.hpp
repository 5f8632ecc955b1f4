// Which records there are and the sort keys of their indexed fields, kept per record as its state changes.
#pragma once

#include "core/store/work.hpp"

namespace satchel::store {

struct IndexKey {
  std::string field;
  Bytes key;
  bool pick = false;
  std::strong_ordering operator<=>(const IndexKey&) const = default;
};
// What the index must hold of a record: ascending. One pick per indexed field (its key is empty when nothing is
// written); further keys for what stands beside it. Sets have no order and are not indexed (core/model/schema.hpp).
std::vector<IndexKey> index_keys(const merge::RecordState& state, const model::Collection& collection);

// What it holds: ascending.
Result<std::vector<IndexKey>> stored_keys(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record);
// Brings the index up to date; writes nothing that is there already.
Result<> index_record(Work& work, log::ScopeKey scope, const model::RecordKey& record, const merge::RecordState& state);
Result<> unindex_record(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record);
// The scope that a record lives in; empty: no such record here.
Result<std::optional<log::ScopeKey>> scope_of(sqlite::Database& db, std::string_view collection, const RecordId& id);
Result<std::vector<model::RecordKey>> indexed_records(sqlite::Database& db, log::ScopeKey scope);

}  // namespace satchel::store
