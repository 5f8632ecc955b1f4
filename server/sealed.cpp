#include "server/sealed.hpp"

#include <algorithm>
#include <set>

#include "server/authorise.hpp"
#include "server/quarantine.hpp"

namespace satchel::server {
namespace {

struct Opened {
  proto::Offer offer;
  std::optional<proto::DecodedTransaction> decoded;  // of a slot with content
};

Result<Opened> open(const Centre& centre, const Session& session, const proto::SealedEntry& sealed) {
  SATCHEL_ASSIGN(const Bytes plain, centre.sealing_keys().open(sealed.key_id, sealed.content));
  Opened opened;
  SATCHEL_ASSIGN(opened.offer, proto::decode_offer(plain));
  if (opened.offer.scope != sealed.scope) return make_error(Code::protocol, "This belongs to another place.");
  if (opened.offer.entry.slot != model::Slot::content) return opened;
  SATCHEL_ASSIGN(opened.decoded, proto::decode_transaction(session.organisation, opened.offer.entry.bytes));
  return opened;
}

proto::SealedVerdict verdict_on(const proto::SealedEntry& sealed, proto::VerdictKind kind, std::string reason) {
  return {sealed.scope, sealed.epoch, sealed.position, kind, {}, 0, std::move(reason)};
}

proto::SealedVerdict refuse(Centre& centre, const Session& session, const proto::SealedEntry& sealed,
                            const Error& error) {
  const bool no_key = error.code == Code::not_found;
  centre.logger().log(
      LogLevel::warning, no_key ? "sealing_key_missing" : "sealed_entry_refused",
      {{"replica", session.replica.text()}, {"scope", sealed.scope.text()}, {"key", to_hex(sealed.key_id)}});
  return verdict_on(sealed, no_key ? proto::VerdictKind::not_yet : proto::VerdictKind::refused_offer, error.message);
}

// Another content has its place by now. Nobody at the tablet can read this one, so it is kept here for a person; what
// it built on is not known any more. False: there is no room for it under its id, so it has to stay where it is.
Result<bool> keep_displaced(Work& work, const Session& session, const Opened& opened, const std::string& reason) {
  if (!opened.decoded) return true;
  SATCHEL_ASSIGN(const auto there,
                 find_quarantined(work.centre().db(), session.org, opened.decoded->transaction.header.id));
  if (there) return there->bytes == opened.offer.entry.bytes;
  Quarantined item;
  item.id = opened.decoded->transaction.header.id;
  item.worker = opened.decoded->transaction.header.worker;
  item.reason = reason;
  item.received_ms = work.centre().clock().wall_ms();
  item.bytes = opened.offer.entry.bytes;
  SATCHEL_TRY(put_in_quarantine(work.centre().db(), session.org, item, {}));
  return true;
}

}  // namespace

Result<proto::SealedVerdict> take_sealed(Work& work, const Session& session, Acceptance& acceptance,
                                         const proto::SealedEntry& sealed) {
  Centre& centre = work.centre();
  auto opened = open(centre, session, sealed);
  if (!opened.ok()) return refuse(centre, session, sealed, opened.error());
  SATCHEL_ASSIGN(const proto::Verdict told,
                 acceptance.offer(opened->offer, opened->decoded ? &*opened->decoded : nullptr));
  proto::SealedVerdict verdict = verdict_on(sealed, told.kind, told.reason);
  if (told.kind == proto::VerdictKind::fork) {
    verdict.reason = "The central store holds something else in its place.";
    SATCHEL_ASSIGN(const bool kept, keep_displaced(work, session, *opened, verdict.reason));
    verdict.kind = kept ? proto::VerdictKind::refused_offer : proto::VerdictKind::not_yet;
    if (kept) verdict.reason += " This waits there for a person.";
  }
  if (told.kind != proto::VerdictKind::accepted && told.kind != proto::VerdictKind::quarantined) return verdict;
  SATCHEL_ASSIGN(const auto scope, centre.log().find_scope(session.org, sealed.scope));
  if (!scope) return make_error(Code::corrupt, "A scope that was written in is not there.", "scopes");
  SATCHEL_ASSIGN(const proto::History history, centre.log().history(scope->key));
  verdict.now_epoch = proto::epoch_at(history, told.position);
  verdict.now_position = told.position;
  return verdict;
}

Result<std::vector<proto::SealedState>> sealed_states(Centre& centre, const Session& session,
                                                      std::vector<SealedMemory>& stretches) {
  std::vector<proto::SealedState> states;
  if (stretches.empty()) return states;
  std::set<ScopeId> granted;
  SATCHEL_ASSIGN(const auto grants, grants_of(centre.db(), session.org, session.worker));
  for (const GrantRow& row : grants) granted.insert(row.scope);
  const auto tell = [&](SealedMemory& of, uint64_t held, uint64_t kept) {
    if (of.held_to == held && of.kept_to == kept) return;
    of.held_to = held;
    of.kept_to = kept;
    if (of.stretch.last > held || of.stretch.first <= kept) {
      states.push_back({of.stretch.scope, of.stretch.epoch, held, kept});
    }
  };
  for (SealedMemory& memory : stretches) {
    const proto::SealedStretch& stretch = memory.stretch;
    SATCHEL_ASSIGN(const auto scope, centre.log().find_scope(session.org, stretch.scope));
    if (!scope) {  // the ledger was lost with it: what the tablet has is all that is left
      tell(memory, 0, 0);
      continue;
    }
    if (granted.count(stretch.scope) == 0) continue;
    SATCHEL_ASSIGN(const proto::History history, centre.log().history(scope->key));
    const uint64_t held = proto::end_of_epoch(history, stretch.epoch, scope->head);
    tell(memory, held, std::min(held, centre.kept_to(*scope)));
  }
  return states;
}

}  // namespace satchel::server
