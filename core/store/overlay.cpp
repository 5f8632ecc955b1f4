#include "core/store/overlay.hpp"

#include "core/log/packing.hpp"
#include "core/store/changed_records.hpp"
#include "core/store/conflicts.hpp"
#include "core/store/field_index.hpp"
#include "core/store/held_scopes.hpp"

namespace satchel::store {
namespace {

Result<> write_overlay(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record, BytesView state) {
  sqlite::Statement& q = db.prepare(
      "INSERT INTO overlay (scope, collection, record, state) VALUES (?, ?, ?, ?)"
      " ON CONFLICT (scope, collection, record) DO UPDATE SET state = excluded.state");
  const Bytes packed = log::pack(state);
  q.bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view()).bind_blob(3, packed);
  return q.run();
}

Result<> delete_overlay(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  sqlite::Statement& q = db.prepare("DELETE FROM overlay WHERE scope = ? AND collection = ? AND record = ?");
  q.bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  return q.run();
}

Result<std::optional<merge::RecordState>> decoded(BytesView bytes, bool whole, const char* table) {
  const log::Parts parts = whole ? log::Parts::whole : log::Parts::shown;
  SATCHEL_ASSIGN(merge::RecordState state, log::state_at_rest(bytes, parts, table));
  return std::optional(std::move(state));
}

}  // namespace

Result<std::optional<Bytes>> overlay_state(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  sqlite::StatementScope q(db.prepare("SELECT state FROM overlay WHERE scope = ? AND collection = ? AND record = ?"));
  q->bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return std::optional<Bytes>();
  SATCHEL_ASSIGN(Bytes state, log::unpack(q->blob(0), "overlay"));
  return std::optional(std::move(state));
}

Result<std::optional<merge::RecordState>> shown_state(sqlite::Database& db, log::ScopeKey scope,
                                                      const model::RecordKey& record, bool whole) {
  SATCHEL_ASSIGN(const auto bytes, overlay_state(db, scope, record));
  return bytes ? decoded(*bytes, whole, "overlay") : logged_state(db, scope, record, whole);
}

Result<std::optional<merge::RecordState>> logged_state(sqlite::Database& db, log::ScopeKey scope,
                                                       const model::RecordKey& record, bool whole) {
  SATCHEL_ASSIGN(const auto bytes, log::Log(db).record_state(scope, record));
  return bytes ? decoded(*bytes, whole, "records") : std::optional<merge::RecordState>();
}

Result<std::vector<model::RecordKey>> overlaid_records(sqlite::Database& db, log::ScopeKey scope) {
  sqlite::StatementScope q(
      db.prepare("SELECT collection, record FROM overlay WHERE scope = ? ORDER BY collection, record"));
  q->bind(0, scope.scope);
  std::vector<model::RecordKey> records;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return records;
    SATCHEL_ASSIGN(const RecordId id, id_column<RecordId>(*q, 1, "overlay.record"));
    records.push_back({std::string(q->text(0)), id});
  }
}

Result<bool> has_unsent(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  sqlite::StatementScope q(db.prepare(
      "SELECT 1 FROM outbox_records r JOIN outbox o ON o.place = r.place"
      " WHERE r.scope = ? AND r.collection = ? AND r.record = ? AND o.state IN (0, 2) AND o.waiting = 0 LIMIT 1"));
  q->bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  return q->step();
}

merge::Context merge_context(const OutboxRow& row, const model::Header& header) {
  merge::Context context;
  context.header = &header;
  context.ord = row.ord;
  context.received_ms = row.envelope.received_ms;
  context.epoch = row.envelope.epoch;
  context.position = row.envelope.position;
  return context;
}

Result<> write_views(Work& work, log::ScopeKey scope, const model::RecordKey& record, const merge::RecordState& state,
                     bool overlaid) {
  if (overlaid) {
    SATCHEL_TRY(write_overlay(work.db, scope, record, merge::encode(state)));
  } else {
    SATCHEL_TRY(delete_overlay(work.db, scope, record));
  }
  SATCHEL_TRY(index_record(work, scope, record, state));
  SATCHEL_TRY(note_conflicts(work, scope, record, state));
  return note_changed(work.db, scope, record);
}

Result<const Refresher::Row*> Refresher::row_at(int64_t place) {
  const auto found = rows_.find(place);
  if (found != rows_.end()) return static_cast<const Row*>(&found->second);
  SATCHEL_ASSIGN(auto row, outbox_at(work_.db, place));
  if (!row) return make_error(Code::corrupt, "The outbox lacks a row that it lists.", "outbox_records");
  Row loaded;
  if (row->slot == model::Slot::content) {
    SATCHEL_ASSIGN(loaded.decoded, decode_row(work_.row.organisation, *row));
  }
  loaded.row = std::move(*row);
  return static_cast<const Row*>(&rows_.emplace(place, std::move(loaded)).first->second);
}

Result<const Refresher::Held*> Refresher::held(log::ScopeKey scope) {
  const auto found = held_.find(scope);
  if (found != held_.end()) return static_cast<const Held*>(&found->second);
  Held held;
  SATCHEL_ASSIGN(held.log, work_.log.version(scope));
  SATCHEL_ASSIGN(HeldScope row, held_scope(work_.db, scope));
  held.snapshot = std::move(row.snapshot_version);
  return static_cast<const Held*>(&held_.emplace(scope, std::move(held)).first->second);
}

Result<Refresher::Folded> Refresher::fold(log::ScopeKey scope, const model::RecordKey& record) {
  Folded folded;
  SATCHEL_ASSIGN(const auto logged, work_.log.record_state(scope, record));
  SATCHEL_ASSIGN(const auto places, places_touching(work_.db, scope, record));
  if (logged) {
    const log::Parts parts = places.empty() ? log::Parts::shown : log::Parts::whole;
    SATCHEL_ASSIGN(folded.state, log::state_at_rest(*logged, parts, "records"));
  }
  if (places.empty()) return folded;
  SATCHEL_ASSIGN(const Held* here, held(scope));
  for (const int64_t place : places) {
    SATCHEL_ASSIGN(const Row* row, row_at(place));
    if (row->row.waiting) continue;
    // Each transaction once: a row whose verdict is still to come may be part of a snapshot already.
    const auto& [replica, counter] = std::pair(row->row.id.replica, row->row.id.counter);
    if (here->log.includes(replica, counter) || (logged && here->snapshot.includes(replica, counter))) continue;
    if (!folded.state) folded.state.emplace();
    folded.overlaid = true;
    const model::Transaction& transaction = row->decoded.transaction;
    for (uint32_t i = 0; i < transaction.ops.size(); ++i) {
      const model::Op& op = transaction.ops[i];
      if (op.collection != record.collection || op.record != record.record) continue;
      SATCHEL_TRY(merge::apply(*folded.state, op, i, merge_context(row->row, transaction.header)));
    }
  }
  return folded;
}

Result<> Refresher::refresh(log::ScopeKey scope, const model::RecordKey& record) {
  SATCHEL_ASSIGN(const Folded folded, fold(scope, record));
  if (folded.state) return write_views(work_, scope, record, *folded.state, folded.overlaid);
  SATCHEL_TRY(delete_overlay(work_.db, scope, record));
  SATCHEL_TRY(unindex_record(work_.db, scope, record));
  SATCHEL_TRY(forget_conflicts(work_.db, scope, record));
  return note_changed(work_.db, scope, record);
}

}  // namespace satchel::store
