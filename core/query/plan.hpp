// plan: a query checked against the schema, and the SQL that finds what it asks for. For the files of this folder.
#pragma once

#include "core/query/continuation.hpp"
#include "core/query/query.hpp"
#include "core/store/changed_records.hpp"

namespace satchel::query {

struct KeyFilter {
  std::string field;
  Compare compare = Compare::equal;
  Bytes key;
};

struct Plan {
  const model::Collection* collection = nullptr;  // of the reader's schema
  std::vector<KeyFilter> filters;
  std::optional<int64_t> scope;
  bool nothing = false;  // the scope is not held
};

// Inside a pinned view, as all of these.
Result<Plan> plan(store::Reader& reader, const Query& query);
// In order; one more than the limit where there are more.
Result<std::vector<Continuation>> find(sqlite::Database& db, const Plan& plan, const Query& query);
// Where this record stands in the order, did nothing limit the page; empty: it is not in the result.
Result<std::optional<Continuation>> find_one(sqlite::Database& db, const Plan& plan, const Query& query,
                                             const store::ChangedRecord& record);
Result<uint64_t> count(sqlite::Database& db, const Plan& plan, const Query& query);

// Does `one` stand before `other` in the order of the query?
bool before(const Query& query, const Continuation& one, const Continuation& other);

}  // namespace satchel::query
