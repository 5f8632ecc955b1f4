#include "server/sealed.hpp"

#include <algorithm>
#include <set>

#include "core/model/same_words.hpp"
#include "server/authorise.hpp"
#include "server/displaced.hpp"

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

// Do these words stand under another id? Their author's tablet may have issued them again, since the restore.
Result<bool> stands_again(Centre& centre, const log::ScopeState& scope, const proto::SealedEntry& sealed,
                          const model::Transaction& words) {
  SATCHEL_ASSIGN(const proto::History history, centre.log().history(scope.key));
  const uint64_t shared = proto::end_of_epoch(history, sealed.epoch, scope.head);
  SATCHEL_ASSIGN(const auto entries, centre.log().entries_after(scope.key, shared, SIZE_MAX));
  for (const model::Entry& entry : entries) {
    if (entry.slot != model::Slot::content) continue;
    SATCHEL_ASSIGN(const auto other, proto::decode_transaction(scope.organisation, entry.bytes));
    if (model::same_words(words, other.transaction)) return true;
  }
  return false;
}

bool later(const model::Envelope& a, const model::Envelope& b) {
  return std::pair(a.epoch, a.position) > std::pair(b.epoch, b.position);
}

// A base names slots. Where one of them does not hold what was kept here before it, but something that got its place after
// this did, or nothing, this was not written upon what stands there.
Result<bool> ground_is_gone(Centre& centre, log::ScopeKey scope, const Opened& opened) {
  const model::Entry& entry = opened.offer.entry;
  std::vector<model::Version::Entry> ground = opened.decoded ? opened.decoded->base_gained : entry.base.entries();
  ground.emplace_back(entry.id.replica, entry.id.counter - 1);
  for (const auto& [replica, counter] : ground) {
    SATCHEL_ASSIGN(const auto kept, displaced_up_to(centre.db(), scope.org, {opened.offer.scope, replica, counter}));
    for (const DisplacedSlot& displaced : kept) {
      SATCHEL_ASSIGN(const auto there, centre.log().entry_of(scope, replica, displaced.counter));
      if (!there) return true;
      if (there->hash != displaced.hash && later(there->envelope, entry.envelope)) return true;
    }
  }
  return false;
}

// It is not taken, for `reason`. Nobody at the tablet can read it, so it is kept here for a person, unless it stands already.
Result<proto::SealedVerdict> put_by(Centre& centre, const log::ScopeState& scope, const proto::SealedEntry& sealed,
                                    const Opened& opened, std::string reason) {
  if (opened.decoded) {
    SATCHEL_ASSIGN(const bool again, stands_again(centre, scope, sealed, opened.decoded->transaction));
    SATCHEL_TRY(keep_displaced(centre, scope, *opened.decoded, opened.offer.entry.bytes, reason, again));
    reason += " Unless it was written again, it waits there for a person.";
  }
  return verdict_on(sealed, proto::VerdictKind::refused_offer, std::move(reason));
}

}  // namespace

Result<proto::SealedVerdict> take_sealed(Work& work, const Session& session, Acceptance& acceptance,
                                         const proto::SealedEntry& sealed) {
  Centre& centre = work.centre();
  auto opened = open(centre, session, sealed);
  if (!opened.ok()) return refuse(centre, session, sealed, opened.error());
  proto::DecodedTransaction* content = opened->decoded ? &*opened->decoded : nullptr;
  if (const auto refused = acceptance.unproven(opened->offer, content)) {
    return verdict_on(sealed, refused->kind, refused->reason);
  }
  SATCHEL_ASSIGN(const auto before, centre.log().find_scope(session.org, sealed.scope));
  if (before) {
    SATCHEL_ASSIGN(const bool gone, ground_is_gone(centre, before->key, *opened));
    if (gone) return put_by(centre, *before, sealed, *opened, "It builds on something that the central store lost.");
  }
  SATCHEL_ASSIGN(const proto::Verdict told, acceptance.offer(opened->offer, content));
  SATCHEL_ASSIGN(const auto scope, centre.log().find_scope(session.org, sealed.scope));
  if (told.kind == proto::VerdictKind::fork && scope) {
    return put_by(centre, *scope, sealed, *opened, "The central store holds something else in its place.");
  }
  proto::SealedVerdict verdict = verdict_on(sealed, told.kind, told.reason);
  if (told.kind != proto::VerdictKind::accepted && told.kind != proto::VerdictKind::quarantined) return verdict;
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
