#include "core/store/request.hpp"

#include <algorithm>
#include <map>

#include "core/model/limits.hpp"
#include "core/store/history.hpp"
#include "core/store/outbox.hpp"
#include "core/store/own_ids.hpp"
#include "core/store/seal.hpp"
#include "core/store/set_aside.hpp"

namespace satchel::store {
namespace {

constexpr size_t push_overhead_bytes = 16;  // of one item, beside its bytes
// Beside something urgent only so much else goes along: on a slow link the answer to the urgent one is not to wait for
// thousands of notes, and should it be held up at the centre, the notes are not to wait for it for ever.
constexpr size_t rest_beside_urgent_bytes = 32 << 10;
constexpr size_t offer_overhead_bytes = 256;  // envelope, hash, base

// ---- cursors

Result<bool> own_are_here(Work& work, const HeldScope& scope) {
  if (scope.own_floor == 0) return true;
  SATCHEL_ASSIGN(const auto self, work.log.replica(scope.key, work.row.replica));
  return self && self->counter >= scope.own_floor;
}

Result<proto::Cursor> cursor_of(Work& work, const HeldScope& scope) {
  proto::Cursor cursor;
  cursor.scope = scope.id;
  SATCHEL_ASSIGN(const OwnCounter own, own_counter(work.db, scope.id, work.row.replica));
  SATCHEL_ASSIGN(const log::ScopeState state, work.log.scope(scope.key));
  const bool nothing_held = scope.restart || scope.snapshot || state.epoch.is_nil();
  if (nothing_held) {
    // Own transactions that left the outbox are not in this file: they must come with their bytes (own_counter 0).
    cursor.own_counter = scope.own_floor == 0 ? own.counter : 0;
    if (!scope.restart) cursor.snapshot = scope.snapshot;
    return cursor;
  }
  SATCHEL_ASSIGN(const proto::History history, work.log.history(scope.key));
  cursor.epoch = history.empty() ? state.epoch : proto::epoch_at(history, state.head);
  cursor.position = state.head;
  cursor.log_digest = state.log_digest;
  cursor.state_digest = state.state_digest;
  if (scope.send_history) cursor.history = history;
  SATCHEL_ASSIGN(const bool here, own_are_here(work, scope));
  cursor.own_counter = here ? own.counter : 0;
  return cursor;
}

bool same(const proto::Cursor& a, const proto::Cursor& b) {
  const bool snapshot =
      a.snapshot.has_value() == b.snapshot.has_value() &&
      (!a.snapshot || (a.snapshot->position == b.snapshot->position && a.snapshot->after == b.snapshot->after));
  return a.epoch == b.epoch && a.position == b.position && a.own_counter == b.own_counter &&
         a.log_digest == b.log_digest && a.state_digest == b.state_digest && a.history == b.history && snapshot;
}

Result<> add_cursors(Work& work, const std::vector<HeldScope>& scopes, SessionMemory& memory, proto::SyncRequest& request) {
  std::vector<proto::Cursor> now;
  SATCHEL_ASSIGN(const auto unsent, scopes_with_unsent(work.db));
  SATCHEL_ASSIGN(const auto awaiting, scopes_awaiting_pages(work.db));
  for (const auto& scope : scopes) {
    if (scope.withdrawn) continue;  // nothing more comes, only goes
    SATCHEL_ASSIGN(proto::Cursor cursor, cursor_of(work, scope));
    const auto before = std::find_if(memory.last.begin(), memory.last.end(),
                                     [&](const proto::Cursor& other) { return other.scope == cursor.scope; });
    // The history goes along until it was answered: the centre, which may have had no room for this scope in its answer,
    // does not remember it.
    const bool known = memory.all_sent && before != memory.last.end() && same(*before, cursor);
    // And where something is to be sent: on a centre that was put back it may build on what is not there.
    const bool sends = std::binary_search(unsent.begin(), unsent.end(), scope.key.scope);
    // Or to come: an answer to this cursor that has no page, and no more to say, is how a restore shows that took it away.
    const bool awaits = std::binary_search(awaiting.begin(), awaiting.end(), scope.key.scope);
    if (!known || scope.send_history || sends || awaits) request.cursors.push_back(cursor);
    // States are compared at rest: what is pushed along changes it, and the digest cannot be packed.
    if (sends) request.cursors.back().state_digest = Hash256{};
    now.push_back(std::move(cursor));
  }
  request.all_cursors = !memory.all_sent;
  memory.last = std::move(now);
  memory.all_sent = true;
  return {};
}

// ---- pushes

// What waits in one scope, without its bytes.
struct Waiting {
  HeldScope scope;
  std::vector<std::pair<int64_t, size_t>> rows;  // that may go now: place, bytes
  size_t next = 0;                               // first row not yet in the request
  size_t bytes = 0;
  int64_t newest = 0;
  bool urgent = false;   // something in it is, whether it may go now or not
  bool opens = false;    // its first row opens the scope
  bool held_up = false;  // its first row was not taken the last time
};

// Chooses among the rows of one scope, in their order, those that may go in this request.
class Choice {
 public:
  Choice(Work& work, const ScopeId& scope, const SessionMemory& memory) : work_(work), scope_(scope), memory_(memory) {}

  bool held_up(const ReplicaId& replica) const { return memory_.held_up.count({scope_, replica}) != 0; }

  Result<bool> may_go(const ReplicaId& replica) {
    const auto [seen, fresh] = seen_.try_emplace(replica, false);
    if (fresh) {
      SATCHEL_ASSIGN(const bool own, is_own(work_, scope_, replica));
      seen->second = !own || !own_id_;  // of own ids the first one only
      if (own) own_id_ = true;
    }
    return seen->second && (fresh || !held_up(replica));
  }

 private:
  Work& work_;
  const ScopeId scope_;
  const SessionMemory& memory_;
  std::map<ReplicaId, bool> seen_;  // whether its rows may go
  bool own_id_ = false;
};

Result<Waiting> waiting_in(Work& work, const HeldScope& scope, const SessionMemory& memory) {
  Waiting waiting;
  waiting.scope = scope;
  Choice choice(work, scope.id, memory);
  sqlite::StatementScope q(work.db.prepare(
      "SELECT place, length(bytes), urgent, counter, state, replica FROM outbox WHERE scope = ? AND state IN (0, 2)"
      " ORDER BY place"));
  q->bind(0, scope.key.scope);
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return waiting;
    waiting.urgent = waiting.urgent || q->int64(2) != 0;
    SATCHEL_ASSIGN(const ReplicaId replica, id_column<ReplicaId>(*q, 5, "outbox.replica"));
    SATCHEL_ASSIGN(const bool goes, choice.may_go(replica));
    if (!goes) continue;
    if (waiting.rows.empty()) {
      waiting.opens = scope.opened && q->int64(3) == 1;
      waiting.held_up = choice.held_up(replica);
    }
    const bool offer = q->int64(4) == static_cast<int64_t>(OutboxState::offer);
    const size_t size = static_cast<size_t>(q->int64(1)) + push_overhead_bytes + (offer ? offer_overhead_bytes : 0);
    waiting.rows.emplace_back(q->int64(0), size);
    waiting.bytes += size;
    waiting.newest = q->int64(0);
  }
}

// Urgent ones first, the smallest of them first of all; then what was worked on last; a team's directory after that; and
// at the end what was not taken the last time.
bool goes_before(const Waiting& a, const Waiting& b) {
  if (a.urgent != b.urgent) return a.urgent;
  if (a.urgent && a.bytes != b.bytes) return a.bytes < b.bytes;
  if (!a.urgent && a.held_up != b.held_up) return b.held_up;
  const bool a_team = a.scope.kind == "team", b_team = b.scope.kind == "team";
  if (a_team != b_team) return b_team;
  return a.newest > b.newest;
}

class Pushes {
 public:
  Pushes(Work& work, size_t budget, BuiltRequest& built)
      : work_(work), budget_(budget), request_(built.request), damaged_(built.damaged) {}

  Result<> add_scopes(const std::vector<HeldScope>& scopes, const SessionMemory& memory) {
    SATCHEL_ASSIGN(const auto unsent, scopes_with_unsent(work_.db));
    for (const auto& scope : scopes) {
      if (!std::binary_search(unsent.begin(), unsent.end(), scope.key.scope)) continue;
      SATCHEL_ASSIGN(Waiting waiting, waiting_in(work_, scope, memory));
      if (!waiting.rows.empty()) waiting_.push_back(std::move(waiting));
    }
    std::sort(waiting_.begin(), waiting_.end(), goes_before);
    for (auto& waiting : waiting_) {
      if (waiting.urgent) request_.urgent.push_back(waiting.scope.id);
    }
    for (auto& waiting : waiting_) {
      if (!waiting.urgent && !request_.urgent.empty()) limit_rest();
      SATCHEL_TRY(open_parent(waiting));
      SATCHEL_TRY(add(waiting, waiting.rows.size()));
    }
    return {};
  }

 private:
  void limit_rest() {
    if (rest_limited_) return;
    rest_limited_ = true;
    budget_ = std::min(budget_, used_ + rest_beside_urgent_bytes);
  }

  // A scope opened under one that is itself new: the parent's opening must be there before.
  Result<> open_parent(const Waiting& child) {
    if (!child.opens || child.next != 0 || child.scope.parent.is_nil()) return {};
    for (auto& other : waiting_) {
      if (other.scope.id != child.scope.parent || !other.opens || other.next != 0) continue;
      SATCHEL_TRY(open_parent(other));
      return add(other, 1);
    }
    return {};
  }

  Result<> add(Waiting& waiting, size_t up_to) {
    while (waiting.next < up_to && !full_) {
      const auto [place, size] = waiting.rows[waiting.next];
      if (!request_.push.empty() && (used_ + size > budget_ || request_.push.size() >= model::limits::push_items)) {
        full_ = true;
        return {};
      }
      SATCHEL_ASSIGN(auto row, outbox_at(work_.db, place));
      if (!row) return make_error(Code::corrupt, "The outbox lacks a row that it lists.", "outbox");
      if (row->slot == model::Slot::content && !decode_row(work_.row.organisation, *row).ok()) damaged_ = full_ = true;
      request_.push.push_back(push_of(std::move(*row)));
      used_ += size;
      ++waiting.next;
    }
    return {};
  }

  static proto::Push push_of(OutboxRow row) {
    proto::Push push;
    if (row.state == OutboxState::unsent) {
      push.transaction = std::move(row.bytes);
      return push;
    }
    proto::Offer offer;
    offer.scope = row.id.scope;
    offer.entry.slot = row.slot;
    offer.entry.id = row.id;
    offer.entry.hash = row.hash;
    offer.entry.base = row.base;
    offer.entry.envelope = row.envelope;
    offer.entry.reason = row.reason;
    offer.entry.bytes = std::move(row.bytes);
    push.offer = std::move(offer);
    return push;
  }

  Work& work_;
  size_t budget_, used_ = 0;
  bool full_ = false, rest_limited_ = false;
  proto::SyncRequest& request_;
  bool& damaged_;
  std::vector<Waiting> waiting_;
};

// What is kept of scopes that left, when the centre does not know it yet; and what it lost of that, behind the rest: it
// is no newer than what other tablets have, and often theirs too.
Result<> add_sealed(Work& work, size_t budget, bool new_session, SessionMemory& memory, proto::SyncRequest& request) {
  SATCHEL_ASSIGN(auto stretches, sealed_stretches(work.db));
  if (!memory.sealed || *memory.sealed != stretches) {
    request.sealed = stretches;
    request.all_sealed = true;
    memory.sealed = std::move(stretches);
  }
  SATCHEL_ASSIGN(const auto offers, sealed_offers(work.db, new_session));
  size_t used = 0;
  for (const auto& push : request.push) {
    used += push.transaction.size() + (push.offer ? push.offer->entry.bytes.size() : 0);
  }
  for (const auto& [row, bytes] : offers) {
    used += bytes + offer_overhead_bytes;
    const bool full = used > budget || request.push.size() >= model::limits::push_items;
    if (full && !request.push.empty()) return {};
    SATCHEL_ASSIGN(request.push.emplace_back().sealed, sealed_entry(work.db, row));
  }
  return {};
}

Result<> add_purged(sqlite::Database& db, proto::SyncRequest& request) {
  sqlite::StatementScope q(db.prepare("SELECT id FROM purged_scopes ORDER BY id"));
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return {};
    SATCHEL_ASSIGN(const ScopeId id, id_column<ScopeId>(*q, 0, "purged_scopes.id"));
    request.purged.push_back(id);
  }
}

}  // namespace

void SessionMemory::learn(const std::vector<proto::Verdict>& verdicts) {
  const auto line = [](const proto::Verdict& verdict) { return std::pair(verdict.id.scope, verdict.id.replica); };
  for (const auto& verdict : verdicts) {
    // Without a slot that is missing, there was only too much at once.
    if (verdict.kind == proto::VerdictKind::not_yet && verdict.missing_counter != 0) held_up.insert(line(verdict));
  }
  for (const auto& verdict : verdicts) {
    if (verdict.kind != proto::VerdictKind::not_yet) held_up.erase(line(verdict));
  }
}

Result<BuiltRequest> make_request(Work& work, const RequestLimits& limits, SessionMemory& memory) {
  BuiltRequest built;
  proto::SyncRequest& request = built.request;
  request.sent_at_ms = std::clamp(work.clock.wall_ms(), -model::limits::time_ms_most, model::limits::time_ms_most);
  request.budget_bytes = limits.answer_bytes;
  request.schema_version = work.schema.version();
  request.grants_version = work.row.grants_version;
  SATCHEL_ASSIGN(const auto scopes, held_scopes(work.db));
  const bool new_session = !memory.all_sent;
  SATCHEL_TRY(add_cursors(work, scopes, memory, request));
  SATCHEL_ASSIGN(request.push, wanted_content(work.db, limits.push_bytes));
  SATCHEL_TRY(Pushes(work, limits.push_bytes, built).add_scopes(scopes, memory));
  SATCHEL_TRY(add_sealed(work, limits.push_bytes, new_session, memory, request));
  SATCHEL_TRY(ask_for_history(work, scopes, request));
  SATCHEL_TRY(add_purged(work.db, request));
  return built;
}

}  // namespace satchel::store
