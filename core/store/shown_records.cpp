#include "core/store/shown_records.hpp"

#include "core/store/held_scopes.hpp"
#include "core/store/overlay.hpp"

namespace satchel::store {

Result<std::optional<Record>> ShownRecords::find(log::ScopeKey scope, const model::RecordKey& key) {
  Record record;
  record.key = key;
  SATCHEL_ASSIGN(record.scope, id_of(scope));
  SATCHEL_ASSIGN(const bool touched, outbox_touches_any());
  SATCHEL_ASSIGN(auto state, touched ? shown_state(db_, scope, key) : logged_state(db_, scope, key));
  if (!state) return std::optional<Record>();
  record.state = std::move(*state);
  if (touched) {
    SATCHEL_ASSIGN(record.unsent, has_unsent(db_, scope, key));
  }
  return std::optional(std::move(record));
}

Result<Record> ShownRecords::listed(log::ScopeKey scope, const model::RecordKey& key) {
  SATCHEL_ASSIGN(auto record, find(scope, key));
  if (!record) return make_error(Code::corrupt, "The list of records holds one that is not there.", "record_index");
  return *std::move(record);
}

Result<ScopeId> ShownRecords::id_of(log::ScopeKey scope) {
  const auto known = ids_.find(scope);
  if (known != ids_.end()) return known->second;
  SATCHEL_ASSIGN(const ScopeId id, id_of_scope(db_, scope));
  ids_.emplace(scope, id);
  return id;
}

// Mostly nothing waits to be sent, and then no record has to be asked for it.
Result<bool> ShownRecords::outbox_touches_any() {
  if (touched_) return *touched_;
  sqlite::StatementScope q(
      db_.prepare("SELECT EXISTS (SELECT 1 FROM outbox_records) OR EXISTS (SELECT 1 FROM overlay)"));
  SATCHEL_TRY(q->step());
  touched_ = q->int64(0) != 0;
  return *touched_;
}

}  // namespace satchel::store
