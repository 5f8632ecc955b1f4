// Headers of cases in their team's scope (DESIGN §5): what the schema says that a team's list shows of a record,
// written by the centre whenever it changes, in the database transaction that changes it. Owned invariant: after
// write(), each header says what its record says at the head of its case, nothing else, and is void when the record is.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/centre.hpp"

namespace satchel::server {

// The same on every centre, so that a header that comes back after a restore is the one that was written anew.
RecordId header_id(std::string_view collection, const ScopeId& scope, const RecordId& record);

class Headers {
 public:
  explicit Headers(Work& work) : work_(work) {}
  // Notes records that an append changed, as far as they have headers; and headers themselves, which a tablet brought back
  // after a restore: what they are of may say something else by now, or be lost.
  void changed(const log::ScopeState& scope, const std::vector<model::RecordKey>& records);
  // Notes that the record had a header in `collection` under another schema, which is put away unless it goes there
  // still.
  void was_in(const std::string& collection, const log::ScopeState& scope, const model::RecordKey& record);
  // Brings their headers up to date: one transaction for each team, more only where one cannot hold them. What was
  // appended must have been flushed, and nobody else may have an appender open. Returns the teams written to.
  Result<std::vector<ScopeId>> write();

 private:
  using Records = std::set<std::pair<log::ScopeKey, model::RecordKey>>;
  // Of a header that came back: notes the record that it is of, for write(). False: there is none.
  Result<bool> note_source(const log::ScopeState& team, const model::RecordKey& header);
  Result<bool> note_source_in(const log::ScopeState& scope, const model::Collection& from, const model::RecordKey& header);
  Result<std::vector<model::Op>> ops_for(const log::ScopeState& scope, const log::ScopeState& team,
                                         const model::RecordKey& record);

  Work& work_;
  Records changed_, came_back_;
  std::map<std::pair<log::ScopeKey, model::RecordKey>, std::set<std::string>> was_in_;
};

}  // namespace satchel::server
