// core/query: reading many records - by indexed field, filter, order, paging. Reads only; owns no invariant, writes
// nothing, and knows no SQL that core/store has not indexed for it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/value.hpp"
#include "core/store/store.hpp"

namespace satchel::query {

enum class Compare { equal, not_equal, less, less_or_equal, greater, greater_or_equal, starts_with };

struct Filter {
  std::string field;  // an indexed field, else Code::invalid; text compares folded (case, accents)
  Compare compare = Compare::equal;
  model::Value value;
};

struct Query {
  std::string collection;
  std::optional<ScopeId> scope;
  std::vector<Filter> filters;  // all must hold
  std::string order_by;         // an indexed field; empty: by id (time of creation)
  bool descending = false;
  uint32_t limit = 50;  // 1..1000
  std::string after;    // continuation of an earlier page; empty: from the start
  bool include_voided = false;
};

struct Page {
  std::vector<store::Record> records;
  std::string next;  // empty: no more
  store::ReadToken token;
};

// Would run() take it? Reads no record.
Result<> check(store::Reader& reader, const Query& query);
Result<Page> run(store::Reader& reader, const Query& query);
Result<uint64_t> count(store::Reader& reader, const Query& query);

}  // namespace satchel::query
