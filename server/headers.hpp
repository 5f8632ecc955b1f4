// Headers of cases in their team's scope (DESIGN §5): what the schema says that a team's list shows of a record, written
// by the centre whenever it changes, in the database transaction that changes it. Owned invariant: after write(), each
// header says what its record says at the head of its case, and is void when the record is.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "server/centre.hpp"

namespace satchel::server {

// The same on every centre, so that a header that comes back after a restore is the one that was written anew.
RecordId header_id(std::string_view collection, const ScopeId& scope, const RecordId& record);

class Headers {
 public:
  explicit Headers(Work& work) : work_(work) {}
  // Notes records that an append changed, as far as they have headers.
  void changed(const log::ScopeState& scope, const std::vector<model::RecordKey>& records);
  // Brings their headers up to date: one transaction for each team, more only where one cannot hold them. What was
  // appended must have been flushed, and nobody else may have an appender open. Returns the teams written to.
  Result<std::vector<ScopeId>> write();

 private:
  Work& work_;
  std::set<std::pair<log::ScopeKey, model::RecordKey>> changed_;
};

}  // namespace satchel::server
