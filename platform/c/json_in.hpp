// json_in: changes, decisions and queries as docs/ABI.md writes them. Every error names its place as a JSON pointer;
// members that nobody knows are errors too, so that a typing mistake is not a change left out.
#pragma once

#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/query/query.hpp"
#include "core/store/store.hpp"

namespace satchel::abi {

struct ParsedDraft {
  store::Draft draft;
  std::vector<RecordId> records;  // one per change in the JSON
};

struct DraftContext {
  store::Reader& reader;          // to find the scope of a record that is there
  const Clock& clock;             // for the ids of new records
  Random& random;
};

Result<ParsedDraft> parse_draft(std::string_view json, const DraftContext& context);
Result<ParsedDraft> parse_decision(std::string_view json, const DraftContext& context);

struct ParsedQuery {
  query::Query query;
  bool count = false;
};
Result<ParsedQuery> parse_query(std::string_view json, const model::Schema& schema);

}  // namespace satchel::abi
