// The conflict inbox: which records have something in it. The entries themselves are computed from the merge state when
// they are read (core/merge/resolve.hpp), so there is nothing that could disagree with it.
#pragma once

#include "core/merge/resolve.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

struct InboxCount {
  int64_t decide = 0;  // a person has to choose
  int64_t know = 0;    // for you to know
  bool operator==(const InboxCount&) const = default;
};

InboxCount count_conflicts(const merge::RecordState& state, const model::Collection* collection);
Result<> note_conflicts(Work& work, log::ScopeKey scope, const model::RecordKey& record,
                        const merge::RecordState& state);
Result<> forget_conflicts(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record);
Result<InboxCount> stored_conflicts(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record);
Result<InboxCount> total_conflicts(sqlite::Database& db);

// In one statement, and with the scope's id: a full inbox has hundreds, in as many scopes.
struct InboxRecord {
  log::ScopeKey scope;
  ScopeId scope_id;
  model::RecordKey record;
  std::optional<Bytes> overlaid;  // its merge state with the outbox; empty: what the log has
};
Result<std::vector<InboxRecord>> records_with_conflicts(sqlite::Database& db);

}  // namespace satchel::store
