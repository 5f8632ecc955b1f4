#include "server/accept.hpp"

#include <algorithm>

#include "core/log/ord.hpp"
#include "server/authorise.hpp"
#include "server/judge.hpp"
#include "server/quarantine.hpp"

namespace satchel::server {
namespace {

// Of one request, made closed: whoever may open nothing cannot fill the centre with places in one go. The rest is for
// the next request.
constexpr size_t refused_openings_most = 16;
constexpr const char* unclaimed_kind = "unclaimed";  // of a scope that nobody said anything about

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

proto::Verdict refused_offer(const model::TransactionId& id, std::string reason) {
  proto::Verdict verdict = verdict_on(id, proto::VerdictKind::refused_offer);
  verdict.reason = std::move(reason);
  return verdict;
}

}  // namespace

Result<> Acceptance::check_replica(const ReplicaId& replica) {
  if (replica == session_.replica) return {};
  // An id that the same worker's tablet had before (it was found copied, or restored) may still deliver.
  sqlite::StatementScope select(
      centre_.db().prepare("SELECT 1 FROM centre_devices WHERE org = ? AND replica = ? AND worker = ?"));
  select->bind(0, session_.org).bind_blob(1, replica.view()).bind_text(2, session_.worker);
  SATCHEL_ASSIGN(const bool own, select->step());
  if (own) return {};
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
  SATCHEL_CHECK(entry.has_value());  // slots are dense, and the centre folds nothing away
  if (entry->slot != model::Slot::lost && entry->hash != hash) {
    return fork(id);
  }
  return verdict_of(*entry);
}

proto::Verdict Acceptance::fork(const model::TransactionId& id) {
  centre_.logger().log(LogLevel::warning, "fork", {{"replica", id.replica.text()}, {"scope", id.scope.text()}});
  forked_.emplace(id.scope, id.replica);
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
  return std::optional<proto::Verdict>();
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
  if (early) return keep_late_content(*place, std::move(*early), bytes, decoded);
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
  changed_.emplace(session_.org, scope.id);
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

// A slot that was given up arrives after all: its place stays lost, its content is kept for a person. The slot's own
// hash is not known, so the first content is the one that counts, and any other is a fork as anywhere else.
Result<proto::Verdict> Acceptance::keep_late_content(log::Appender& place, proto::Verdict verdict, BytesView bytes,
                                                     proto::DecodedTransaction& decoded) {
  if (verdict.kind != proto::VerdictKind::quarantined) return verdict;
  const model::TransactionId& id = decoded.transaction.header.id;
  SATCHEL_ASSIGN(const auto lost, centre_.log().entry_of(place.scope().key, id.replica, id.counter));
  if (!lost || lost->slot != model::Slot::lost) return verdict;
  SATCHEL_ASSIGN(const auto kept, find_quarantined(centre_.db(), session_.org, id));
  if (kept) {
    SATCHEL_ASSIGN(const auto first, proto::decode_transaction(session_.organisation, kept->bytes));
    return first.hash == decoded.hash ? verdict : fork(id);
  }
  Quarantined item;
  item.id = id;
  item.worker = decoded.transaction.header.worker;
  item.reason = lost->reason;
  item.received_ms = centre_.clock().wall_ms();
  item.base = lost->base;
  item.shown = decoded.complete(lost->base).ok() ? decoded.transaction.header.shown : lost->base;
  item.bytes = bytes;
  SATCHEL_TRY(put_in_quarantine(centre_.db(), session_.org, item, decoded.transaction.ops));
  return verdict;
}

// Only the centre could have written the envelope, and it does not hold it in an epoch that still goes on: it was
// restored and did not notice. Positions of this epoch may have been given twice, so another begins.
Result<log::Appender*> Acceptance::prove_restore(const ScopeId& scope) {
  SATCHEL_TRY(finish());
  appenders_.clear();
  SATCHEL_ASSIGN(const EpochId epoch, work_.begin_epoch());
  began_epoch_ = true;
  centre_.logger().log(LogLevel::warning, "restore_proven_by_offer", {{"epoch", epoch.text()}});
  return appender(scope);
}

// A slot below it may have come again without its envelope and so later than it was: then this one gets a new ord too,
// because ord grows along causality.
Result<> Acceptance::fit_ord(log::Appender& place, model::Entry& entry, const Stand& before,
                             const std::vector<model::Version::Entry>& gained) {
  SATCHEL_ASSIGN(const uint64_t greatest, place.greatest_ord_gained(entry.id.replica, gained));
  if (entry.envelope.ord > std::max(greatest, before.ord)) return {};
  entry.envelope.ord = std::max(greatest, before.ord) + 1;
  entry.envelope.epoch = place.scope().epoch;
  entry.envelope.position = entry.position;
  entry.envelope.mac = centre_.key().mac(session_.organisation, entry.id.scope, entry);
  return {};
}

Result<proto::Verdict> Acceptance::offer(const proto::Offer& offer, proto::DecodedTransaction* decoded) {
  model::Entry entry = offer.entry;
  entry.id.scope = offer.scope;
  if (!centre_.key().wrote(session_.organisation, offer.scope, entry)) {
    centre_.logger().log(LogLevel::warning, "forged_offer",
                         {{"replica", session_.replica.text()}, {"scope", offer.scope.text()}});
    return refused_offer(entry.id, "The central store never gave this its place: the mark on it is not its own.");
  }
  const bool content = entry.slot == model::Slot::content;
  if (content && (decoded == nullptr || decoded->hash != entry.hash || decoded->transaction.header.id != entry.id)) {
    return refused_offer(entry.id, "The content is not the one that the central store gave this place to.");
  }
  SATCHEL_ASSIGN(log::Appender * place, appender(offer.scope));
  if (place == nullptr) {
    SATCHEL_ASSIGN(place, make_scope(offer.scope, {}, {}));
  }
  const std::vector<model::Version::Entry> gained = content ? decoded->base_gained : entry.base.entries();
  SATCHEL_ASSIGN(const Stand before, stand(*place, entry.id.replica));
  SATCHEL_ASSIGN(auto early, not_its_turn(*place, entry.id, entry.hash, before, gained));
  if (early && content) return keep_late_content(*place, std::move(*early), offer.entry.bytes, *decoded);
  if (early) return std::move(*early);
  if (entry.envelope.epoch == place->scope().epoch) {
    SATCHEL_ASSIGN(place, prove_restore(offer.scope));
  }
  if (content) {
    const Result<> completed = decoded->complete(before.base);
    if (!completed.ok()) return refused_offer(entry.id, completed.error().message);
  }
  entry.position = place->scope().head + 1;
  SATCHEL_TRY(fit_ord(*place, entry, before, gained));
  auto appended = place->append(entry, content ? decoded : nullptr);
  if (!appended.ok() && appended.error().code == Code::protocol) {
    return refused_offer(entry.id, appended.error().message);
  }
  if (!appended.ok()) return appended.error();
  if (content) SATCHEL_TRY(note_release(decoded->transaction.header));
  changed_.emplace(session_.org, offer.scope);
  return verdict_of(entry);
}

// A release that a restore took away comes back: it is not to be released a second time.
Result<> Acceptance::note_release(const model::Header& header) {
  if (header.author != model::Author::centre || !header.origin) return {};
  return mark_released(centre_.db(), session_.org, header.origin->id);
}

Result<> Acceptance::finish() {
  for (auto& [scope, place] : appenders_) SATCHEL_TRY(place.flush());
  return {};
}

}  // namespace satchel::server
