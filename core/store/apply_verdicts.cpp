// What the centre said about each transaction that was pushed.
#include "core/store/applying.hpp"
#include "core/store/own_ids.hpp"
#include "core/store/rewind.hpp"
#include "core/store/set_aside.hpp"

namespace satchel::store {
namespace {

enum class Step { nothing, accept, into_log, refuse, unsend_envelope, fork };

// Pure: what a verdict means for a row of the outbox whose slot, or whose release, the log here holds already.
Step plan(const proto::Verdict& verdict, bool own, bool in_log, bool release_in_log) {
  switch (verdict.kind) {
    case proto::VerdictKind::accepted:
      return in_log ? Step::into_log : Step::accept;
    case proto::VerdictKind::quarantined:
      return release_in_log ? Step::into_log : Step::refuse;
    // An envelope that the centre did not write: own work counts without one, other people's does not.
    case proto::VerdictKind::refused_offer:
      return own ? Step::unsend_envelope : Step::refuse;
    case proto::VerdictKind::fork:
      return own ? Step::fork : Step::refuse;
    case proto::VerdictKind::not_yet:
      return Step::nothing;
  }
  return Step::nothing;
}

// The centre knows the scope now: that its list of grants lacks it means that it is not granted.
Result<> opening_accepted(Applying& a, const HeldScope& scope, const OutboxRow& row) {
  if (!scope.opened || row.id.counter != 1) return {};
  HeldScope known = scope;
  known.opened = false;
  return update_held_scope(a.work.db, known);
}

Result<> accept(Applying& a, OutboxRow row, const proto::Verdict& verdict) {
  SATCHEL_ASSIGN(const auto records, records_of(a.work.db, row.place));
  a.touch(row.scope, records);
  row.state = OutboxState::accepted;
  row.waiting = false;
  row.position = verdict.position;
  row.envelope = verdict.envelope;
  row.ord = verdict.envelope.ord;
  return update_outbox(a.work.db, row);
}

Result<> take(Applying& a, const OutboxRow& row) {
  SATCHEL_ASSIGN(const auto records, records_of(a.work.db, row.place));
  a.touch(row.scope, records);
  return delete_outbox(a.work.db, row.place);
}

Result<> unsend_envelope(Applying& a, OutboxRow row) {
  SATCHEL_ASSIGN(const auto records, records_of(a.work.db, row.place));
  a.touch(row.scope, records);
  if (row.slot != model::Slot::content) return delete_outbox(a.work.db, row.place);
  row.state = OutboxState::unsent;
  row.envelope = {};
  return update_outbox(a.work.db, row);
}

// To a scope that was withdrawn no page comes that would tell of a restore, but what is to be delivered may build on what
// the centre lost in it.
Result<> offer_from_log(Applying& a, const HeldScope& scope, const proto::Verdict& verdict) {
  SATCHEL_ASSIGN(const auto lost,
                 a.work.log.entry_of(scope.key, verdict.missing_replica, verdict.missing_counter));
  if (!lost) return {};
  SATCHEL_TRY(rewind_scope(a, scope, lost->position - 1));
  return {};
}

// The centre misses a slot that this store thought it had accepted: it was restored from before.
Result<> offer_missing(Applying& a, const HeldScope& scope, const proto::Verdict& verdict) {
  SATCHEL_ASSIGN(auto missing, find_outbox(a.work.db, scope.key, verdict.missing_replica, verdict.missing_counter));
  if (!missing) {
    SATCHEL_ASSIGN(const bool own, is_own(a.work, scope.id, verdict.missing_replica));
    if (own) a.missing_own[{scope.key, verdict.missing_replica}] = verdict.missing_counter;
  }
  if (!missing && scope.withdrawn) return offer_from_log(a, scope, verdict);
  if (!missing || missing->state != OutboxState::accepted) return {};
  missing->state = OutboxState::offer;
  missing->position = 0;
  a.applied.more = true;
  return update_outbox(a.work.db, *missing);
}

// The slot itself stays until its page comes: should the centre be restored before that, it has to be offered again,
// or everything behind it would wait for ever.
Result<> keep_slot(Applying& a, OutboxRow row, const proto::Verdict& verdict) {
  row.state = OutboxState::accepted;
  row.slot = model::Slot::empty;
  row.waiting = row.urgent = false;
  row.bytes.clear();
  row.position = verdict.position;
  row.envelope = verdict.envelope;
  row.ord = verdict.envelope.ord;
  row.reason = verdict.reason;
  return insert_outbox(a.work.db, row, {});
}

std::string reason_of(const proto::Verdict& verdict) {
  if (!verdict.reason.empty()) return verdict.reason;
  if (verdict.kind == proto::VerdictKind::refused_offer) return "The central store did not write this.";
  return "The central store did not accept this.";
}

// A release is as good as a place in the log when a snapshot told what it did before the verdict came.
Result<bool> holds_position(Applying& a, const HeldScope& scope, uint64_t position) {
  if (position == 0 || scope.snapshot || scope.restart) return false;
  SATCHEL_ASSIGN(const log::ScopeState state, a.work.log.scope(scope.key));
  return position <= state.head;
}

Result<> apply_verdict(Applying& a, const proto::Verdict& verdict) {
  SATCHEL_TRY(content_answered(a.work.db, verdict.id, verdict.kind));
  SATCHEL_ASSIGN(const auto scope, find_held_scope(a.work.db, verdict.id.scope));
  if (!scope) return {};
  if (verdict.kind == proto::VerdictKind::not_yet) return offer_missing(a, *scope, verdict);
  SATCHEL_ASSIGN(const auto row, find_outbox(a.work.db, scope->key, verdict.id.replica, verdict.id.counter));
  if (!row) return {};  // told before
  SATCHEL_ASSIGN(const bool own, is_own(a.work, scope->id, row->id.replica));
  SATCHEL_ASSIGN(const auto tail, a.work.log.replica(scope->key, row->id.replica));
  const bool in_log = tail && tail->counter >= row->id.counter;
  SATCHEL_ASSIGN(const bool release_in_log, holds_position(a, *scope, verdict.released_at));
  switch (plan(verdict, own, in_log, release_in_log)) {
    case Step::nothing:
      return {};
    case Step::accept:
      ++a.applied.accepted;
      SATCHEL_TRY(opening_accepted(a, *scope, *row));
      return accept(a, *row, verdict);
    case Step::into_log:
      ++a.applied.accepted;
      SATCHEL_TRY(opening_accepted(a, *scope, *row));
      return take(a, *row);
    case Step::refuse: {
      ++a.applied.quarantined;
      if (verdict.kind == proto::VerdictKind::fork) a.other_holds({row->scope, row->id.replica}, row->id.counter);
      SATCHEL_TRY(set_aside_row(a.work, *row, reason_of(verdict), a.touched));
      if (verdict.kind == proto::VerdictKind::quarantined && !in_log) SATCHEL_TRY(keep_slot(a, *row, verdict));
      if (row->id.counter != 1 || !scope->opened || !own) return {};
      HeldScope refused = *scope;  // the scope was never opened: deliver what is left, then it goes
      refused.withdrawn = true;
      return update_held_scope(a.work.db, refused);
    }
    case Step::unsend_envelope:
      return unsend_envelope(a, *row);
    case Step::fork:
      a.forked_at({row->scope, row->id.replica}, row->id.counter);
      return {};
  }
  return {};
}

}  // namespace

Result<> apply_verdicts(Applying& a) {
  for (const auto& verdict : a.response.verdicts) SATCHEL_TRY(apply_verdict(a, verdict));
  return {};
}

}  // namespace satchel::store
