#include "server/accept.hpp"

#include <algorithm>

#include "core/log/ord.hpp"
#include "server/authorise.hpp"
#include "server/displaced.hpp"
#include "server/judge.hpp"
#include "server/pull.hpp"
#include "server/quarantine.hpp"

namespace satchel::server {
namespace {

// Of one request, made closed: whoever may open nothing cannot fill the centre with places in one go. The rest is for
// the next request.
constexpr size_t refused_openings_most = 16;
constexpr const char* unclaimed_kind = "unclaimed";  // of a scope that nobody said anything about

}  // namespace

proto::Verdict verdict_on(const model::TransactionId& id, proto::VerdictKind kind) {
  proto::Verdict verdict;
  verdict.id = id;
  verdict.kind = kind;
  return verdict;
}

proto::Verdict not_yet(const model::TransactionId& id, const ReplicaId& replica, uint64_t counter) {
  proto::Verdict verdict = verdict_on(id, proto::VerdictKind::not_yet);
  verdict.missing_replica = replica;
  verdict.missing_counter = counter;
  return verdict;
}

proto::Verdict verdict_of(const model::Entry& entry) {
  const bool stands = entry.slot == model::Slot::content;
  proto::Verdict verdict =
      verdict_on(entry.id, stands ? proto::VerdictKind::accepted : proto::VerdictKind::quarantined);
  verdict.position = entry.position;
  verdict.envelope = entry.envelope;
  verdict.reason = entry.reason;
  return verdict;
}

Result<> Acceptance::check_replica(const ReplicaId& replica) {
  if (replica == session_.replica) return {};
  // An id that the same worker's tablet had before (it was found copied, or restored) may still deliver, and so may one
  // under which a tablet issues again what a fork left. Whoever is first to use an id has it.
  SATCHEL_ASSIGN(const auto owner, owner_of_replica(centre_.db(), session_.org, replica));
  if (!owner || *owner == session_.worker) return {};
  return make_error(Code::permission, "This was written on a tablet that is not this session's.", "push");
}

Result<log::Appender*> Acceptance::appender(const ScopeId& scope) {
  const auto open = appenders_.find(scope);
  if (open != appenders_.end()) return &open->second;
  SATCHEL_ASSIGN(const auto known, centre_.log().find_scope(session_.org, scope));
  if (!known) return static_cast<log::Appender*>(nullptr);
  SATCHEL_ASSIGN(log::Appender fresh, log::Appender::open(centre_.db(), known->key));
  return &appenders_.emplace(scope, std::move(fresh)).first->second;
}

Result<log::Appender*> Acceptance::make_scope(const ScopeId& scope, const std::string& kind, const ScopeId& parent) {
  Event event;
  event.kind = Event::Kind::scope;
  event.at_ms = centre_.clock().wall_ms();
  event.organisation = session_.organisation;
  event.scope = scope;
  event.scope_kind = kind.empty() ? unclaimed_kind : kind;
  event.parent = parent;
  SATCHEL_TRY(work_.record(event));
  return appender(scope);
}

Result<log::Appender*> Acceptance::open_scope(const model::Header& header) {
  const Timing timing = time_of(header, {}, 0);
  SATCHEL_ASSIGN(const Refusal refusal, judge_opening(centre_, session_, header, timing.ms()));
  if (refusal && ++refused_openings_ > refused_openings_most) return static_cast<log::Appender*>(nullptr);
  const model::Opening opening = header.opening.value_or(model::Opening{});
  SATCHEL_ASSIGN(log::Appender * made, make_scope(header.id.scope, opening.kind, opening.parent));
  if (refusal) return made;  // closed: the rights will be found missing for this and every later slot
  Event event;
  event.kind = Event::Kind::grant;
  event.at_ms = timing.ms();
  event.organisation = session_.organisation;
  event.worker = session_.worker;
  event.scope = header.id.scope;
  event.role = role_writer;
  SATCHEL_TRY(work_.record(event));
  return made;
}

Result<Acceptance::Stand> Acceptance::stand(log::Appender& appender, const ReplicaId& replica) {
  SATCHEL_ASSIGN(const log::ReplicaState* state, appender.replica(replica));
  if (state == nullptr) return Stand{};
  return Stand{state->counter, state->base, state->ord};
}

Result<proto::Verdict> Acceptance::known_slot(log::Appender& appender, const model::TransactionId& id,
                                              const Hash256& hash) {
  SATCHEL_ASSIGN(const auto entry, centre_.log().entry_of(appender.scope().key, id.replica, id.counter));
  if (!entry) {  // slots are dense, and the centre folds nothing away
    return make_error(Code::corrupt, "A transaction that the centre took is not there.", "entries");
  }
  if (entry->slot != model::Slot::lost && entry->hash != hash) {
    return fork(id);
  }
  proto::Verdict verdict = verdict_of(*entry);
  if (verdict.kind == proto::VerdictKind::quarantined) {
    SATCHEL_ASSIGN(verdict.released_at, released_at(centre_.db(), session_.org, id));
  }
  return verdict;
}

proto::Verdict Acceptance::fork(const model::TransactionId& id) {
  centre_.logger().log(LogLevel::warning, "fork", {{"replica", id.replica.text()}, {"scope", id.scope.text()}});
  const auto [at, fresh] = forked_.try_emplace({id.scope, id.replica}, id.counter);
  if (!fresh) at->second = std::min(at->second, id.counter);
  return verdict_on(id, proto::VerdictKind::fork);
}

Result<std::optional<proto::Verdict>> Acceptance::not_its_turn(log::Appender& appender, const model::TransactionId& id,
                                                               const Hash256& hash, const Stand& stand,
                                                               const std::vector<model::Version::Entry>& gained) {
  if (forked_.count({id.scope, id.replica}) != 0) return std::optional(verdict_on(id, proto::VerdictKind::fork));
  if (id.counter <= stand.counter) {
    SATCHEL_ASSIGN(proto::Verdict verdict, known_slot(appender, id, hash));
    return std::optional(std::move(verdict));
  }
  if (id.counter > stand.counter + 1) return std::optional(not_yet(id, id.replica, stand.counter + 1));
  SATCHEL_ASSIGN(const auto missing, appender.first_missing(gained));
  if (missing) return std::optional(not_yet(id, missing->first, missing->second));
  // It was written upon what this device has in that slot, and that is not what stands there.
  for (const auto& [replica, counter] : gained) {
    const auto other = forked_.find({id.scope, replica});
    if (other != forked_.end() && other->second <= counter) return std::optional(not_yet(id, replica, other->second));
  }
  return std::optional<proto::Verdict>();
}

Result<bool> Acceptance::is_apart(const log::ScopeState& scope, const proto::Cursor& cursor) {
  if (!cursor.epoch || cursor.epoch->is_nil()) return false;
  SATCHEL_ASSIGN(const auto shared, shared_up_to(centre_, scope, cursor));
  if (!shared || cursor.position > *shared) return true;
  SATCHEL_ASSIGN(const Hash256 digest, centre_.log().log_digest_at(scope.key, cursor.position));
  return digest != cursor.log_digest;
}

// Its own words may build on what stands there alone: first it goes back to what both share, and offers the rest.
Result<bool> Acceptance::stands_apart(const log::ScopeState& scope) {
  const auto known = apart_.find(scope.id);
  if (known != apart_.end()) return known->second;
  bool apart = false;
  for (const proto::Cursor& cursor : cursors_) {
    if (cursor.scope != scope.id) continue;
    SATCHEL_ASSIGN(apart, is_apart(scope, cursor));
  }
  apart_.emplace(scope.id, apart);
  return apart;
}

Acceptance::Timing Acceptance::time_of(const model::Header& header, const log::ScopeState& scope,
                                       uint64_t greatest_in_base) const {
  log::OrdInput input;
  input.wall_ms = header.wall_ms;
  input.heard_ms = header.heard_ms;
  input.sent_at_ms = sent_at_ms_;
  input.received_ms = std::max(centre_.clock().wall_ms(), scope.last_received_ms);
  input.greatest_in_base = greatest_in_base;
  return {input.received_ms, log::ord(input)};
}

Result<proto::Verdict> Acceptance::push(BytesView bytes, proto::DecodedTransaction& decoded) {
  const model::TransactionId id = decoded.transaction.header.id;
  SATCHEL_TRY(check_replica(id.replica));
  SATCHEL_ASSIGN(log::Appender * place, appender(id.scope));
  if (place == nullptr) {
    if (id.counter > 1) return not_yet(id, id.replica, 1);
    if (!decoded.base_gained.empty()) return not_yet(id, decoded.base_gained.front().first, 1);
    SATCHEL_ASSIGN(place, open_scope(decoded.transaction.header));
    if (place == nullptr) return verdict_on(id, proto::VerdictKind::not_yet);  // of no particular slot: send it again
  }
  SATCHEL_ASSIGN(const Stand before, stand(*place, id.replica));
  SATCHEL_ASSIGN(auto early, not_its_turn(*place, id, decoded.hash, before, decoded.base_gained));
  if (early) return keep_content(*place, std::move(*early), bytes, decoded);
  SATCHEL_ASSIGN(const bool apart, stands_apart(place->scope()));
  if (apart) return verdict_on(id, proto::VerdictKind::not_yet);
  // It may build on one that was refused and whose content a restore took away: until that is here again nobody knows.
  SATCHEL_ASSIGN(const auto unknown, unknown_ground(centre_.db(), session_.org, decoded.transaction.header));
  if (unknown) return not_yet(id, id.replica, *unknown);
  const Result<> completed = decoded.complete(before.base);
  SATCHEL_ASSIGN(const uint64_t greatest, place->greatest_ord_gained(id.replica, decoded.base_gained));
  const Timing timing = time_of(decoded.transaction.header, place->scope(), greatest);
  Refusal refusal;
  if (completed.ok()) {
    SATCHEL_ASSIGN(refusal, judge(centre_, session_, place->scope(), decoded.transaction, timing.ms()));
  } else {
    refusal = "What this builds on does not follow from what the same tablet sent before. " + completed.error().message;
  }
  return sequence(*place, bytes, decoded, before, timing, refusal);
}

Result<proto::Verdict> Acceptance::sequence(log::Appender& place, BytesView bytes, proto::DecodedTransaction& decoded,
                                            const Stand& before, const Timing& timing, const Refusal& refused) {
  model::Header& header = decoded.transaction.header;
  if (header.base[header.id.replica] != header.id.counter - 1) {  // could not be completed
    header.base = before.base;
    header.base.set(header.id.replica, header.id.counter - 1);
    header.shown = header.base;
  }
  const log::ScopeState& scope = place.scope();
  model::Entry entry;
  entry.position = scope.head + 1;
  entry.slot = refused ? model::Slot::empty : model::Slot::content;
  entry.id = header.id;
  entry.hash = decoded.hash;
  if (refused) entry.base = header.base;
  entry.reason = refused.value_or("");
  if (!refused) entry.bytes = bytes;
  entry.envelope = {scope.epoch, entry.position, timing.received_ms, timing.ord, {}};
  entry.envelope.mac = centre_.key().mac(session_.organisation, scope.id, entry);
  auto appended = place.append(entry, refused ? nullptr : &decoded);
  if (!appended.ok()) return appended.error();
  amendments_.changed(scope, appended->records);
  headers_.changed(scope, appended->records);
  changed_.emplace(session_.org, scope.id);
  SATCHEL_TRY(note_replica(centre_.db(), session_, header.id.replica, timing.received_ms));
  if (!refused) SATCHEL_TRY(note_stands_again(centre_, scope, decoded.transaction));
  if (refused) {
    Quarantined item;
    item.id = header.id;
    item.worker = header.worker;
    item.reason = *refused;
    item.received_ms = timing.received_ms;
    item.base = header.base;
    item.shown = header.shown;
    item.bytes = bytes;
    SATCHEL_TRY(put_in_quarantine(centre_.db(), session_.org, item, decoded.transaction.ops));
  }
  return verdict_of(entry);
}

Result<> Acceptance::finish() {
  for (auto& [scope, place] : appenders_) SATCHEL_TRY(place.flush());
  appenders_.clear();
  SATCHEL_ASSIGN(const auto drafts, amendments_.write());
  for (const auto& [scope, draft] : drafts) headers_.changed(scope, {draft});
  SATCHEL_ASSIGN(const auto teams, headers_.write());
  for (const ScopeId& team : teams) changed_.emplace(session_.org, team);
  return {};
}

}  // namespace satchel::server
