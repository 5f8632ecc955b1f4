#include "core/store/set_aside.hpp"

#include <algorithm>
#include <set>

#include "core/model/same_words.hpp"
#include "core/store/overlay.hpp"
#include "core/store/own_ids.hpp"

namespace satchel::store {
namespace {

// The centre refuses these by the same rule when they arrive, so the two sides agree without talking.
Result<> hold_back_dependants(Work& work, const OutboxRow& refused, std::set<model::RecordKey> records,
                              std::vector<std::pair<log::ScopeKey, model::RecordKey>>& touched) {
  int64_t after = refused.place;
  uint64_t last_refused = refused.id.counter;
  for (;;) {
    SATCHEL_ASSIGN(auto rows, outbox_rows(work.db, refused.scope, after, 256));
    if (rows.empty()) return {};
    for (auto& row : rows) {
      after = row.place;
      if (row.id.replica != refused.id.replica || row.state != OutboxState::unsent || row.waiting) continue;
      if (row.verdicts_known >= last_refused) continue;
      SATCHEL_ASSIGN(const auto own, records_of(work.db, row.place));
      const bool depends = std::any_of(own.begin(), own.end(), [&](const auto& r) { return records.count(r) != 0; });
      if (!depends) continue;
      row.waiting = true;
      SATCHEL_TRY(update_outbox(work.db, row));
      records.insert(own.begin(), own.end());
      for (const auto& record : own) touched.emplace_back(row.scope, record);
    }
  }
}

// Its author's tablet was quicker to issue it again than this one to be told that its place is taken.
Result<bool> stands_again(Work& work, const OutboxRow& row) {
  const auto mine = proto::decode_transaction(work.row.organisation, row.bytes);
  if (!mine.ok()) return false;
  SATCHEL_ASSIGN(const log::ScopeState state, work.log.scope(row.scope));
  SATCHEL_ASSIGN(const auto entries, work.log.entries_after(row.scope, state.snapshot_position, SIZE_MAX));
  for (const auto& entry : entries) {
    if (entry.slot != model::Slot::content) continue;
    SATCHEL_ASSIGN(const auto other, proto::decode_transaction(work.row.organisation, entry.bytes));
    if (model::same_words(mine->transaction, other.transaction)) return true;
  }
  return false;
}

SetAside readable(std::string_view organisation, const model::TransactionId& id, std::string_view reason,
                          int64_t wall_ms, bool waiting, BytesView bytes) {
  SetAside item;
  item.id = id;
  item.reason = reason;
  item.written_ms = wall_ms;
  item.waiting = waiting;
  // One that was damaged may not be readable any more; the list is.
  if (auto decoded = proto::decode_transaction(organisation, bytes); decoded.ok()) {
    item.ops = std::move(decoded->transaction.ops);
  }
  return item;
}

}  // namespace

Result<> set_aside_row(Work& work, const OutboxRow& row, std::string_view reason,
                       std::vector<std::pair<log::ScopeKey, model::RecordKey>>& touched) {
  SATCHEL_ASSIGN(const auto records, records_of(work.db, row.place));
  SATCHEL_TRY(put_aside_alone(work, row, reason, touched));
  SATCHEL_ASSIGN(const bool own, is_own(work, row.id.scope, row.id.replica));
  if (!own) {
    SATCHEL_ASSIGN(const bool again, stands_again(work, row));
    return again ? forget_set_aside(work.db, row.id) : Result<>();
  }
  return hold_back_dependants(work, row, {records.begin(), records.end()}, touched);
}

Result<> put_aside_alone(Work& work, const OutboxRow& row, std::string_view reason,
                         std::vector<std::pair<log::ScopeKey, model::RecordKey>>& touched) {
  SATCHEL_ASSIGN(const auto records, records_of(work.db, row.place));
  for (const auto& record : records) touched.emplace_back(row.scope, record);
  if (row.slot == model::Slot::content) {
    SATCHEL_TRY(insert_set_aside(work.db, row.id, reason, row.wall_ms, row.bytes));
  }
  return delete_outbox(work.db, row.place);
}

Result<> set_damaged_aside(Work& work) {
  std::vector<std::pair<log::ScopeKey, model::RecordKey>> touched;
  SATCHEL_ASSIGN(const auto scopes, held_scopes(work.db));
  for (const auto& scope : scopes) {
    for (int64_t after = INT64_MIN;;) {
      SATCHEL_ASSIGN(const auto rows, outbox_rows(work.db, scope.key, after, 256));
      if (rows.empty()) break;
      after = rows.back().place;
      for (const auto& row : rows) {
        if (row.slot != model::Slot::content || decode_row(work.row.organisation, row).ok()) continue;
        SATCHEL_TRY(put_aside_alone(work, row, damaged_words, touched));
        work.logger.log(LogLevel::error, "outbox_row_damaged",
                        {{"scope", scope.id.text()}, {"counter", std::to_string(row.id.counter)}});
      }
    }
  }
  Refresher refresher(work);
  for (const auto& [scope, record] : touched) SATCHEL_TRY(refresher.refresh(scope, record));
  return {};
}

Result<> insert_set_aside(sqlite::Database& db, const model::TransactionId& id, std::string_view reason,
                          int64_t wall_ms, BytesView bytes) {
  sqlite::Statement& q = db.prepare(
      "INSERT INTO set_aside (scope_id, replica, counter, reason, wall_ms, wanted, bytes) VALUES (?, ?, ?, ?, ?, 0, ?)"
      " ON CONFLICT (scope_id, replica, counter) DO UPDATE SET reason = excluded.reason");
  q.bind_blob(0, id.scope.view()).bind_blob(1, id.replica.view()).bind(2, number(id.counter)).bind_text(3, reason);
  q.bind(4, wall_ms).bind_blob(5, bytes);
  return q.run();
}

Result<> forget_set_aside(sqlite::Database& db, const model::TransactionId& id) {
  sqlite::Statement& q = db.prepare("DELETE FROM set_aside WHERE scope_id = ? AND replica = ? AND counter = ?");
  q.bind_blob(0, id.scope.view()).bind_blob(1, id.replica.view()).bind(2, number(id.counter));
  return q.run();
}

Result<> forget_released(Work& work, const model::Transaction& release) {
  const model::TransactionId& id = release.header.origin->id;
  {
    sqlite::StatementScope q(
        work.db.prepare("SELECT bytes FROM set_aside WHERE scope_id = ? AND replica = ? AND counter = ?"));
    q->bind_blob(0, id.scope.view()).bind_blob(1, id.replica.view()).bind(2, number(id.counter));
    SATCHEL_ASSIGN(const bool here, q->step());
    if (!here) return {};
    const auto aside = proto::decode_transaction(work.row.organisation, q->blob(0));
    const bool other = aside.ok() && (aside->transaction.ops != release.ops ||
                                      aside->transaction.header.worker != release.header.origin->worker);
    if (other) return {};
  }
  return forget_set_aside(work.db, id);
}

Result<> forget_what_stands_again(Work& work, const model::Transaction& standing) {
  const model::TransactionId& id = standing.header.id;
  std::vector<model::TransactionId> same;
  {
    sqlite::StatementScope q(
        work.db.prepare("SELECT replica, counter, bytes FROM set_aside WHERE scope_id = ? AND wall_ms = ?"));
    q->bind_blob(0, id.scope.view()).bind(1, standing.header.wall_ms);
    for (;;) {
      SATCHEL_ASSIGN(const bool more, q->step());
      if (!more) break;
      const auto aside = proto::decode_transaction(work.row.organisation, q->blob(2));
      if (!aside.ok() || !model::same_words(aside->transaction, standing)) continue;
      SATCHEL_ASSIGN(const ReplicaId replica, id_column<ReplicaId>(*q, 0, "set_aside.replica"));
      same.push_back({id.scope, replica, static_cast<uint64_t>(q->int64(1))});
    }
  }
  for (const auto& one : same) SATCHEL_TRY(forget_set_aside(work.db, one));
  return {};
}

Result<bool> want_set_aside(sqlite::Database& db, const std::vector<model::TransactionId>& ids) {
  bool any = false;
  for (const model::TransactionId& id : ids) {
    const auto bind = [&](sqlite::Statement& q) -> sqlite::Statement& {
      return q.bind_blob(0, id.scope.view()).bind_blob(1, id.replica.view()).bind(2, number(id.counter));
    };
    sqlite::StatementScope q(db.prepare(
        "SELECT 1 FROM set_aside WHERE scope_id = ? AND replica = ? AND counter = ? AND wanted < 2"));
    bind(*q);
    SATCHEL_ASSIGN(const bool here, q->step());
    if (!here) continue;
    any = true;
    sqlite::Statement& want = db.prepare(
        "UPDATE set_aside SET wanted = 1 WHERE scope_id = ? AND replica = ? AND counter = ?");
    SATCHEL_TRY(bind(want).run());
  }
  return any;
}

Result<std::vector<proto::Push>> wanted_content(sqlite::Database& db, size_t budget) {
  std::vector<proto::Push> pushes;
  size_t bytes = 0;
  sqlite::StatementScope q(db.prepare("SELECT bytes FROM set_aside WHERE wanted = 1 ORDER BY rowid"));
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return pushes;
    bytes += q->blob(0).size();
    if (!pushes.empty() && bytes > budget) return pushes;
    proto::Push& push = pushes.emplace_back();
    push.transaction = q->blob(0);
    push.refused = true;
  }
}

Result<> content_answered(sqlite::Database& db, const model::TransactionId& id, proto::VerdictKind verdict) {
  if (verdict == proto::VerdictKind::not_yet) return {};  // its slot is not there yet
  const bool taken = verdict == proto::VerdictKind::quarantined;
  sqlite::Statement& q = db.prepare(
      "UPDATE set_aside SET wanted = ? WHERE scope_id = ? AND replica = ? AND counter = ? AND wanted = 1");
  q.bind(0, int64_t{taken ? 0 : 2}).bind_blob(1, id.scope.view()).bind_blob(2, id.replica.view());
  return q.bind(3, number(id.counter)).run();
}

Result<std::vector<SetAside>> list_set_aside(sqlite::Database& db, std::string_view organisation) {
  std::vector<SetAside> items;
  sqlite::StatementScope q(db.prepare(
      "SELECT scope_id, replica, counter, reason, wall_ms, bytes, 0 AS waiting, rowid AS place FROM set_aside"
      " UNION ALL SELECT h.id, o.replica, o.counter, o.reason, o.wall_ms, o.bytes, 1, o.place FROM outbox o"
      " JOIN held_scopes h ON h.scope = o.scope WHERE o.waiting = 1 ORDER BY waiting, place"));
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return items;
    model::TransactionId id;
    SATCHEL_ASSIGN(id.scope, id_column<ScopeId>(*q, 0, "set_aside.scope_id"));
    SATCHEL_ASSIGN(id.replica, id_column<ReplicaId>(*q, 1, "set_aside.replica"));
    id.counter = static_cast<uint64_t>(q->int64(2));
    const bool waiting = q->int64(6) != 0;
    const std::string_view reason =
        waiting ? std::string_view("It builds on something that was not accepted.") : q->text(3);
    items.push_back(readable(organisation, id, reason, q->int64(4), waiting, q->blob(5)));
  }
}

Result<uint64_t> count_set_aside(sqlite::Database& db) {
  sqlite::StatementScope q(
      db.prepare("SELECT (SELECT count(*) FROM set_aside) + (SELECT count(*) FROM outbox WHERE waiting = 1)"));
  SATCHEL_TRY(q->step());
  return static_cast<uint64_t>(q->int64(0));
}

}  // namespace satchel::store
