// What comes back after a restore: entries with their envelopes, and the content of slots that were refused.
#include <algorithm>

#include "server/accept.hpp"
#include "server/displaced.hpp"
#include "server/quarantine.hpp"
#include "server/release.hpp"

namespace satchel::server {
namespace {

proto::Verdict refused_offer(const model::TransactionId& id, std::string reason) {
  proto::Verdict verdict = verdict_on(id, proto::VerdictKind::refused_offer);
  verdict.reason = std::move(reason);
  return verdict;
}

}  // namespace

// Only the centre could have written the envelope, and it does not hold it in an epoch that still goes on: it was
// restored and did not notice. Positions of this epoch may have been given twice, so another begins.
Result<log::Appender*> Acceptance::prove_restore(const ScopeId& scope) {
  SATCHEL_TRY(finish());
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

std::optional<proto::Verdict> Acceptance::unproven(const proto::Offer& offer,
                                                   const proto::DecodedTransaction* decoded) const {
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
  return std::nullopt;
}

Result<proto::Verdict> Acceptance::offer(const proto::Offer& offer, proto::DecodedTransaction* decoded) {
  if (auto refused = unproven(offer, decoded)) return std::move(*refused);
  model::Entry entry = offer.entry;
  entry.id.scope = offer.scope;
  const bool content = entry.slot == model::Slot::content;
  SATCHEL_ASSIGN(log::Appender * place, appender(offer.scope));
  if (place == nullptr) {
    SATCHEL_ASSIGN(place, make_scope(offer.scope, {}, {}));
  }
  const std::vector<model::Version::Entry> gained = content ? decoded->base_gained : entry.base.entries();
  SATCHEL_ASSIGN(const Stand before, stand(*place, entry.id.replica));
  SATCHEL_ASSIGN(auto early, not_its_turn(*place, entry.id, entry.hash, before, gained));
  if (early && content) return keep_content(*place, std::move(*early), offer.entry.bytes, *decoded);
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
  amendments_.changed(place->scope(), appended->records);
  headers_.changed(place->scope(), appended->records);
  if (content) SATCHEL_TRY(note_release_in(decoded->transaction.header, entry.position));
  if (content) SATCHEL_TRY(note_stands_again(centre_, place->scope(), decoded->transaction));
  if (entry.slot == model::Slot::empty) SATCHEL_TRY(want_content(centre_.db(), session_.org, entry.id));
  changed_.emplace(session_.org, offer.scope);
  return verdict_of(entry);
}

// A release that a restore took away comes back: it is not to be released a second time.
Result<> Acceptance::note_release_in(const model::Header& header, uint64_t position) {
  if (header.author != model::Author::centre || !header.origin || header.origin->late) return {};
  return note_release(centre_.db(), session_.org, released_by(header), position);
}

// Of a slot that was given up and arrives after all, its place stays lost; of a refused one whose content a restore took
// away, the place came back without it. Either way the content waits for a person. A lost slot's own hash is not known,
// so the first content is the one that counts, and any other is a fork as anywhere else.
Result<proto::Verdict> Acceptance::keep_content(log::Appender& place, proto::Verdict verdict, BytesView bytes,
                                                const proto::DecodedTransaction& decoded) {
  if (verdict.kind != proto::VerdictKind::quarantined) return verdict;
  const model::TransactionId& id = decoded.transaction.header.id;
  SATCHEL_ASSIGN(const auto slot, centre_.log().entry_of(place.scope().key, id.replica, id.counter));
  if (!slot || slot->slot == model::Slot::content) return verdict;
  SATCHEL_ASSIGN(const auto kept, find_quarantined(centre_.db(), session_.org, id));
  if (kept) {
    SATCHEL_ASSIGN(const auto first, proto::decode_transaction(session_.organisation, kept->bytes));
    return first.hash == decoded.hash ? verdict : fork(id);
  }
  Quarantined item;
  item.id = id;
  item.worker = decoded.transaction.header.worker;
  item.reason = slot->reason;
  item.received_ms = slot->slot == model::Slot::lost ? centre_.clock().wall_ms() : slot->envelope.received_ms;
  item.base = item.shown = slot->base;
  for (const auto& [replica, counter] : decoded.shown_below) {
    if (counter < item.shown[replica]) item.shown.set(replica, counter);
  }
  item.bytes = bytes;
  SATCHEL_TRY(put_in_quarantine(centre_.db(), session_.org, item, decoded.transaction.ops));
  return verdict;
}

Result<proto::Verdict> Acceptance::refused_content(BytesView bytes, const proto::DecodedTransaction& decoded) {
  const model::TransactionId id = decoded.transaction.header.id;
  SATCHEL_TRY(check_replica(id.replica));
  SATCHEL_ASSIGN(log::Appender * place, appender(id.scope));
  if (place == nullptr) return not_yet(id, id.replica, id.counter);
  SATCHEL_ASSIGN(const Stand before, stand(*place, id.replica));
  if (id.counter > before.counter) return not_yet(id, id.replica, before.counter + 1);
  SATCHEL_ASSIGN(proto::Verdict verdict, known_slot(*place, id, decoded.hash));
  return keep_content(*place, std::move(verdict), bytes, decoded);
}

}  // namespace satchel::server
