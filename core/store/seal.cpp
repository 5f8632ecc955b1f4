#include "core/store/seal.hpp"

#include <algorithm>

#include "core/base/sealed_box.hpp"

namespace satchel::store {
namespace {

constexpr size_t portion_bytes = 1 << 20;

// ---- sealing

Result<> keep(Work& work, const ScopeId& scope, const EpochId& epoch, const model::Entry& entry) {
  SATCHEL_ASSIGN(const Bytes content,
                 sealed_box::seal(work.row.sealing_key, proto::encode(proto::Offer{scope, entry})));
  sqlite::Statement& q = work.db.prepare(
      "INSERT OR REPLACE INTO sealed (scope_id, epoch, position, state, key_id, content) VALUES (?, ?, ?, 0, ?, ?)");
  q.bind_blob(0, scope.view()).bind_blob(1, epoch.view()).bind(2, number(entry.position));
  q.bind_blob(3, work.row.sealing_key_id).bind_blob(4, content);
  return q.run();
}

// No page told yet which stretch of history its place is in, and in a scope that is left none will. The place that its
// envelope was given with is its own for certain, whatever the centre has there now.
model::Entry entry_of(const OutboxRow& row) {
  model::Entry entry;
  entry.position = row.envelope.position;
  entry.slot = row.slot;
  entry.id = row.id;
  entry.hash = row.hash;
  if (row.slot != model::Slot::content) entry.base = row.base;
  entry.envelope = row.envelope;
  entry.reason = row.reason;
  entry.bytes = row.bytes;
  return entry;
}

// ---- answers

Result<> hear_state(Applying& a, const proto::SealedState& state, uint64_t& lost) {
  sqlite::Statement& drop = a.work.db.prepare("DELETE FROM sealed WHERE scope_id = ? AND epoch = ? AND position <= ?");
  drop.bind_blob(0, state.scope.view()).bind_blob(1, state.epoch.view());
  drop.bind(2, number(std::min(state.held_to, state.kept_to)));
  SATCHEL_TRY(drop.run());
  sqlite::Statement& offer =
      a.work.db.prepare("UPDATE sealed SET state = 1 WHERE scope_id = ? AND epoch = ? AND position > ? AND state = 0");
  offer.bind_blob(0, state.scope.view()).bind_blob(1, state.epoch.view()).bind(2, number(state.held_to));
  SATCHEL_TRY(offer.run());
  lost += static_cast<uint64_t>(a.work.db.changes());
  return {};
}

Result<> set_state(Applying& a, const proto::SealedVerdict& verdict, int64_t state) {
  sqlite::Statement& q =
      a.work.db.prepare("UPDATE sealed SET state = ? WHERE scope_id = ? AND epoch = ? AND position = ?");
  q.bind(0, state).bind_blob(1, verdict.scope.view()).bind_blob(2, verdict.epoch.view());
  return q.bind(3, number(verdict.position)).run();
}

// The centre has it again, at a place that the backup does not cover yet.
Result<> move(Applying& a, const proto::SealedVerdict& verdict) {
  sqlite::Statement& q = a.work.db.prepare(
      "UPDATE OR REPLACE sealed SET state = 0, epoch = ?, position = ?"
      " WHERE scope_id = ? AND epoch = ? AND position = ?");
  q.bind_blob(0, verdict.now_epoch.view()).bind(1, number(verdict.now_position));
  q.bind_blob(2, verdict.scope.view()).bind_blob(3, verdict.epoch.view()).bind(4, number(verdict.position));
  return q.run();
}

Result<> drop(Applying& a, const proto::SealedVerdict& verdict) {
  sqlite::Statement& q = a.work.db.prepare("DELETE FROM sealed WHERE scope_id = ? AND epoch = ? AND position = ?");
  q.bind_blob(0, verdict.scope.view()).bind_blob(1, verdict.epoch.view()).bind(2, number(verdict.position));
  SATCHEL_TRY(q.run());
  a.note("The central store did not take back something that this tablet had kept for it. " + verdict.reason);
  a.work.logger.log(LogLevel::warning, "sealed_entry_refused", {{"scope", verdict.scope.text()}});
  return {};
}

Result<> hear_verdict(Applying& a, const proto::SealedVerdict& verdict, uint64_t& taken) {
  switch (verdict.kind) {
    case proto::VerdictKind::accepted:
    case proto::VerdictKind::quarantined:
      ++taken;
      return move(a, verdict);
    case proto::VerdictKind::not_yet:
      return set_state(a, verdict, 2);
    case proto::VerdictKind::fork:
    case proto::VerdictKind::refused_offer:
      return drop(a, verdict);
  }
  return {};
}

}  // namespace

Result<> seal_scope(Work& work, const HeldScope& scope) {
  if (work.row.sealing_key.empty()) return {};
  SATCHEL_ASSIGN(const log::ScopeState state, work.log.scope(scope.key));
  SATCHEL_ASSIGN(const proto::History history, work.log.history(scope.key));
  const auto epoch_of = [&](uint64_t position) {
    return history.empty() ? state.epoch : proto::epoch_at(history, position);
  };
  for (uint64_t after = state.kept_to;;) {
    SATCHEL_ASSIGN(const auto entries, work.log.entries_after(scope.key, after, portion_bytes));
    if (entries.empty()) break;
    for (const auto& entry : entries) SATCHEL_TRY(keep(work, scope.id, epoch_of(entry.position), entry));
    after = entries.back().position;
  }
  SATCHEL_ASSIGN(const auto places, outbox_places(work.db, scope.key, OutboxState::accepted));
  for (const int64_t place : places) {
    SATCHEL_ASSIGN(const auto row, outbox_at(work.db, place));
    if (!row || row->position <= state.kept_to) continue;
    SATCHEL_TRY(keep(work, scope.id, row->envelope.epoch, entry_of(*row)));
  }
  return {};
}

Result<std::vector<proto::SealedStretch>> sealed_stretches(sqlite::Database& db) {
  std::vector<proto::SealedStretch> stretches;
  sqlite::StatementScope q(
      db.prepare("SELECT scope_id, epoch, min(position), max(position) FROM sealed"
                 " GROUP BY scope_id, epoch ORDER BY scope_id, epoch"));
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return stretches;
    proto::SealedStretch& stretch = stretches.emplace_back();
    SATCHEL_ASSIGN(stretch.scope, id_column<ScopeId>(*q, 0, "sealed.scope_id"));
    SATCHEL_ASSIGN(stretch.epoch, id_column<EpochId>(*q, 1, "sealed.epoch"));
    stretch.first = static_cast<uint64_t>(q->int64(2));
    stretch.last = static_cast<uint64_t>(q->int64(3));
  }
}

Result<std::vector<SealedPlace>> sealed_offers(sqlite::Database& db, bool again) {
  std::vector<SealedPlace> places;
  sqlite::StatementScope q(
      db.prepare("SELECT rowid, length(content) FROM sealed WHERE state BETWEEN 1 AND ?"
                 " ORDER BY scope_id, epoch, position"));
  q->bind(0, int64_t{again ? 2 : 1});
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return places;
    places.push_back({q->int64(0), static_cast<size_t>(q->int64(1))});
  }
}

Result<proto::SealedEntry> sealed_entry(sqlite::Database& db, int64_t row) {
  sqlite::StatementScope q(db.prepare("SELECT scope_id, epoch, position, key_id, content FROM sealed WHERE rowid = ?"));
  q->bind(0, row);
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return make_error(Code::corrupt, "The store lacks a sealed entry that it lists.", "sealed");
  proto::SealedEntry entry;
  SATCHEL_ASSIGN(entry.scope, id_column<ScopeId>(*q, 0, "sealed.scope_id"));
  SATCHEL_ASSIGN(entry.epoch, id_column<EpochId>(*q, 1, "sealed.epoch"));
  entry.position = static_cast<uint64_t>(q->int64(2));
  entry.key_id = q->blob(3);
  entry.content = q->blob(4);
  return entry;
}

Result<bool> sealed_offers_of(sqlite::Database& db, const ScopeId& scope) {
  sqlite::StatementScope q(db.prepare("SELECT 1 FROM sealed WHERE scope_id = ? AND state = 1 LIMIT 1"));
  q->bind_blob(0, scope.view());
  return q->step();
}

Result<SealedCount> sealed_count(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare("SELECT count(*), count(*) FILTER (WHERE state <> 0) FROM sealed"));
  SATCHEL_TRY(q->step());
  return SealedCount{static_cast<uint64_t>(q->int64(0)), static_cast<uint64_t>(q->int64(1))};
}

Result<> apply_sealed(Applying& a) {
  const auto& states = a.response.sealed;
  const auto& verdicts = a.response.sealed_verdicts;
  if (states.empty() && verdicts.empty()) return {};
  uint64_t lost = 0, taken = 0;
  for (const auto& verdict : verdicts) SATCHEL_TRY(hear_verdict(a, verdict, taken));
  for (const auto& state : states) SATCHEL_TRY(hear_state(a, state, lost));
  if (lost > 0) {
    a.note("The central store was put back to an earlier time. This tablet gives it back what it kept sealed for it.");
  }
  a.applied.accepted += taken;
  if (taken > 0) {  // another one may have waited for it
    SATCHEL_TRY(a.work.db.prepare("UPDATE sealed SET state = 1 WHERE state = 2").run());
  }
  a.applied.more = true;
  return {};
}

}  // namespace satchel::store
