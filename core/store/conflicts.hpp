// The conflict inbox: what each record has in it. The entries are a function of the record's merge state and the schema
// (core/merge/resolve.hpp). They are computed when the state is written, where its texts are open already, and kept
// beside it: a full inbox is read at once, whoever asks. verify() compares them with the states.
#pragma once

#include "core/merge/resolve.hpp"
#include "core/store/store.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

struct InboxCount {
  int64_t decide = 0;  // a person has to choose
  int64_t know = 0;    // for you to know
  bool operator==(const InboxCount&) const = default;
};

// What the table has of one record. All zero and empty: no row.
struct InboxRow {
  InboxCount count;
  Bytes entries;  // merge::encode
  bool operator==(const InboxRow&) const = default;
};

InboxRow inbox_row_of(const merge::RecordState& state, const model::Collection* collection);
Result<InboxRow> inbox_row(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record);
Result<> note_conflicts(Work& work, log::ScopeKey scope, const model::RecordKey& record,
                        const merge::RecordState& state);
Result<> forget_conflicts(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record);
Result<InboxCount> total_conflicts(sqlite::Database& db);
// A record with a row that is in no index: for verify(), which has compared those.
Result<std::optional<model::RecordKey>> stray_conflict(sqlite::Database& db, log::ScopeKey scope);
// All of it, by scope and record.
Result<std::vector<InboxEntry>> read_inbox(sqlite::Database& db);

}  // namespace satchel::store
