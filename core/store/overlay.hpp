// What a read shows of a record: the log's state with the outbox laid over it. Owned invariant: an overlay row exists
// exactly for the records that the outbox changes, and equals fold(log, outbox).
#pragma once

#include <map>

#include "core/store/outbox.hpp"

namespace satchel::store {

// As a read sees it; empty: no such record. `whole`: to be merged into (merge::decode_whole).
Result<std::optional<merge::RecordState>> shown_state(sqlite::Database& db, log::ScopeKey scope,
                                                      const model::RecordKey& record, bool whole = false);
// The log's alone.
Result<std::optional<merge::RecordState>> logged_state(sqlite::Database& db, log::ScopeKey scope,
                                                       const model::RecordKey& record, bool whole = false);
Result<std::optional<Bytes>> overlay_state(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record);
Result<std::vector<model::RecordKey>> overlaid_records(sqlite::Database& db, log::ScopeKey scope);
// Is there a change of the record that has no verdict?
Result<bool> has_unsent(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record);

merge::Context merge_context(const OutboxRow& row, const model::Header& header);

// Writes the overlay row (when `overlaid`), the indexes and the inbox of one record, and notes that it changed.
Result<> write_views(Work& work, log::ScopeKey scope, const model::RecordKey& record, const merge::RecordState& state,
                     bool overlaid);

// Recomputes records whose log state or outbox changed. Keeps what it decoded for its lifetime, so it must not outlive
// the SQLite transaction, and not the next change of the outbox.
class Refresher {
 public:
  explicit Refresher(Work& work) : work_(work) {}
  // The state including the outbox; overlaid: whether the outbox contributes. Empty: no such record.
  struct Folded {
    std::optional<merge::RecordState> state;
    bool overlaid = false;
  };
  Result<Folded> fold(log::ScopeKey scope, const model::RecordKey& record);
  Result<> refresh(log::ScopeKey scope, const model::RecordKey& record);

 private:
  struct Row {
    OutboxRow row;
    proto::DecodedTransaction decoded;
  };
  Result<const Row*> row_at(int64_t place);
  struct Held {
    model::Version log;
    model::Version snapshot;  // of one that is still coming: what its records hold, those that are here
  };
  Result<const Held*> held(log::ScopeKey scope);

  Work& work_;
  std::map<int64_t, Row> rows_;
  std::map<log::ScopeKey, Held> held_;
};

}  // namespace satchel::store
