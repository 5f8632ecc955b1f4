// core/model: the plain data of Satchel - values, versions, schema, ops, transactions (DESIGN §1). No behaviour beyond
// parsing and comparing, no storage, no merge. Invariant owned here: what these types can hold, the wire can carry.
#pragma once

#include <cstddef>
#include <cstdint>

// Limits of the protocol, not of an implementation (DESIGN §2.9): checked at commit on the device and again by the
// centre, so that whatever commits can be sent. They bound one commit; a merged value may grow larger.
namespace satchel::model::limits {

inline constexpr size_t field_bytes = 1 << 20;        // one encoded value
inline constexpr size_t transaction_bytes = 4 << 20;  // one encoded transaction
inline constexpr size_t ops_per_transaction = 10'000;
inline constexpr size_t name_bytes = 64;              // collection, field, kind, scope kind, role
inline constexpr size_t id_bytes = 128;               // worker, organisation, element of a set, code
inline constexpr size_t value_depth = 8;
inline constexpr size_t version_entries = 10'000;     // replicas that ever wrote in one scope
inline constexpr size_t reason_bytes = 4096;
inline constexpr uint32_t decimal_scale = 18;
inline constexpr size_t blob_hash_bytes = 32;
inline constexpr uint64_t counter_most = INT64_MAX;   // counters and positions rest in SQLite integers
inline constexpr int64_t time_ms_most = int64_t{1} << 47;  // about the year 6429, either way from 1970: fits an ord

// Of a schema.
inline constexpr size_t schema_bytes = 1 << 20;
inline constexpr size_t collections = 1000;
inline constexpr size_t fields_per_collection = 1000;
inline constexpr size_t labels_per_field = 100;

// Of one request or answer.
inline constexpr uint32_t text_position_most = 1u << 30;  // scalar values; an edit may name a place up to there
inline constexpr size_t push_items = 20'000;
inline constexpr size_t cursors = 50'000;

}  // namespace satchel::model::limits
