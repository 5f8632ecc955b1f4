// May this be written? Pure checks of one op at commit: against the schema, and against what the person had in front of
// them (DESIGN §2.3, §3). What arrived behind an open form neither forbids a write nor makes it informed.
#pragma once

#include "core/merge/record.hpp"
#include "core/model/schema.hpp"

namespace satchel::store {

// A record as the commit finds it, and what the same draft does to it as a whole.
struct JudgedRecord {
  const merge::RecordState* state = nullptr;  // null: no such record
  const model::Version* shown = nullptr;
  bool creates = false;   // this draft creates it
  bool restores = false;  // this draft restores it
};

// Code::invalid, Code::permission or Code::limit; place is "collection.field".
Result<> check_op(const model::Schema& schema, std::string_view scope_kind, const model::Op& op,
                  const JudgedRecord& record);

// Does the op raise a severity or restrictive field (a new high risk)? Such a scope is sent first.
bool raises_alarm(const model::Schema& schema, const model::Op& op, const merge::RecordState* state);

}  // namespace satchel::store
