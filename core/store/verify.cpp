#include "core/store/verify.hpp"

#include <algorithm>
#include <set>

#include "core/store/conflicts.hpp"
#include "core/store/field_index.hpp"
#include "core/store/overlay.hpp"
#include "core/store/own_ids.hpp"

namespace satchel::store {
namespace {

Error differs(const HeldScope& scope, const model::RecordKey& record, std::string_view what) {
  return make_error(Code::corrupt, "What the store shows is not what its transactions say: " + std::string(what) + ".",
                    scope.id.text() + "/" + record.collection + "/" + record.record.text());
}

// Every record of the scope: of the log, and of the outbox alone.
Result<std::set<model::RecordKey>> records_of_scope(Work& work, log::ScopeKey scope) {
  std::set<model::RecordKey> records;
  std::optional<model::RecordKey> after;
  for (;;) {
    SATCHEL_ASSIGN(const auto page, work.log.records_after(scope, after, 1 << 20));
    if (page.empty()) break;
    for (const auto& record : page) records.insert(record.key);
    after = page.back().key;
  }
  sqlite::StatementScope q(work.db.prepare("SELECT DISTINCT collection, record FROM outbox_records WHERE scope = ?"));
  q->bind(0, scope.scope);
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return records;
    SATCHEL_ASSIGN(const RecordId id, id_column<RecordId>(*q, 1, "outbox_records.record"));
    records.insert({std::string(q->text(0)), id});
  }
}

Result<std::optional<bool>> stored_presence(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  sqlite::StatementScope q(
      db.prepare("SELECT present FROM record_index WHERE collection = ? AND record = ? AND scope = ?"));
  q->bind_text(0, record.collection).bind_blob(1, record.record.view()).bind(2, scope.scope);
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return std::optional<bool>();
  return std::optional(q->int64(0) != 0);
}

Result<bool> verify_record(Work& work, const HeldScope& scope, const model::RecordKey& record, Refresher& refresher) {
  SATCHEL_ASSIGN(const auto folded, refresher.fold(scope.key, record));
  SATCHEL_ASSIGN(const auto overlay, overlay_state(work.db, scope.key, record));
  if (overlay.has_value() != folded.overlaid) return differs(scope, record, "a record's unsent changes");
  if (overlay && *overlay != merge::encode(*folded.state)) return differs(scope, record, "a record's unsent changes");
  SATCHEL_ASSIGN(const auto present, stored_presence(work.db, scope.key, record));
  if (!folded.state) {  // all its changes are set aside or wait
    if (present) return differs(scope, record, "the list of records");
    return false;
  }
  if (!present || *present != folded.state->present()) return differs(scope, record, "the list of records");
  const model::Collection* collection = work.schema.collection(record.collection);
  SATCHEL_ASSIGN(const auto keys, stored_keys(work.db, scope.key, record));
  const auto wanted = collection == nullptr ? std::vector<IndexKey>{} : index_keys(*folded.state, *collection);
  if (keys != wanted) return differs(scope, record, "the index of fields");
  SATCHEL_ASSIGN(const InboxRow inbox, inbox_row(work.db, scope.key, record));
  if (inbox != inbox_row_of(*folded.state, collection)) return differs(scope, record, "the inbox");
  return true;
}

Result<> verify_outbox(Work& work, const HeldScope& scope, uint64_t& rows) {
  int64_t after = INT64_MIN;
  for (;;) {
    SATCHEL_ASSIGN(const auto page, outbox_rows(work.db, scope.key, after, 256));
    if (page.empty()) return {};
    for (const auto& row : page) {
      after = row.place;
      ++rows;
      SATCHEL_ASSIGN(const auto records, records_of(work.db, row.place));
      if (row.slot != model::Slot::content) continue;
      SATCHEL_ASSIGN(const auto decoded, decode_row(work.row.organisation, row));
      auto wanted = touched_records(decoded.transaction.ops);
      std::erase_if(wanted, [](const auto& record) { return record.collection.empty(); });
      if (records != wanted) {
        return make_error(Code::corrupt, "The outbox lists other records than it changes.", "outbox_records");
      }
      SATCHEL_ASSIGN(const bool own, is_own(work, scope.id, row.id.replica));
      SATCHEL_ASSIGN(const OwnCounter used, own_counter(work.db, scope.id, row.id.replica));
      if (own && row.id.counter > used.counter) {
        return make_error(Code::corrupt, "The outbox is ahead of its own counter.", "own_counters");
      }
    }
  }
}

Result<> verify_scope(Work& work, const HeldScope& scope, VerifyReport& report) {
  if (!scope.snapshot) SATCHEL_TRY(work.log.verify(scope.key));
  SATCHEL_TRY(verify_outbox(work, scope, report.outbox));
  Refresher refresher(work);
  SATCHEL_ASSIGN(const auto records, records_of_scope(work, scope.key));
  uint64_t shown = 0;
  for (const auto& record : records) {
    SATCHEL_ASSIGN(const bool is_shown, verify_record(work, scope, record, refresher));
    shown += is_shown ? 1 : 0;
  }
  SATCHEL_ASSIGN(const auto indexed, indexed_records(work.db, scope.key));
  if (indexed.size() != shown) {
    return make_error(Code::corrupt, "The list of records holds one that is not there.", scope.id.text());
  }
  SATCHEL_ASSIGN(const auto overlaid, overlaid_records(work.db, scope.key));
  for (const auto& record : overlaid) {
    if (records.count(record) == 0) return differs(scope, record, "a record's unsent changes");
  }
  SATCHEL_ASSIGN(const auto stray, stray_conflict(work.db, scope.key));
  if (stray) return differs(scope, *stray, "the inbox");
  SATCHEL_ASSIGN(const log::ScopeState state, work.log.scope(scope.key));
  report.records += shown;
  report.entries += state.head - state.snapshot_position;
  return {};
}

}  // namespace

Result<VerifyReport> verify_store(Work& work) {
  SATCHEL_TRY(work.db.integrity_check());
  VerifyReport report;
  SATCHEL_ASSIGN(const auto scopes, held_scopes(work.db));
  for (const auto& scope : scopes) {
    SATCHEL_TRY(verify_scope(work, scope, report));
    ++report.scopes;
  }
  return report;
}

Result<> rebuild_views(Work& work) {
  SATCHEL_ASSIGN(const auto scopes, held_scopes(work.db));
  for (const auto& scope : scopes) {
    Refresher refresher(work);
    SATCHEL_ASSIGN(const auto records, records_of_scope(work, scope.key));
    for (const auto& record : records) SATCHEL_TRY(refresher.refresh(scope.key, record));
  }
  return {};
}

}  // namespace satchel::store
