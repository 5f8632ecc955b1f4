// A commit in a world: marked, promised, and its `shown` compared with what the person had in front of them.
#include <algorithm>

#include "core/store/arrivals.hpp"
#include "core/store/outbox.hpp"
#include "tests/sim/log_of_centre.hpp"
#include "tests/sim/world.hpp"

namespace satchel::sim {

// A scope as it stood just before the commit.
struct World::Before {
  ScopeId scope;
  model::Version held;
  std::map<ReplicaId, model::Version> previous_bases;  // by its names: it writes under an older one while that has words unsent
  bool known = false;
};

namespace {

World::Before before_commit(TabletMachine& tablet, const ScopeId& scope) {
  World::Before before;
  before.scope = scope;
  sqlite::Database& db = tablet.reader().database();
  const auto held = store::find_held_scope(db, scope);
  if (!held.ok() || !*held) return before;
  auto version = store::version_now(db, (*held)->key);
  if (!version.ok()) return before;
  before.held = std::move(*version);
  sqlite::StatementScope names(db.prepare("SELECT replica FROM own_counters WHERE scope_id = ?"));
  names->bind_blob(0, scope.view());
  for (;;) {
    const auto more = names->step();
    if (!more.ok()) return before;
    if (!*more) break;
    const auto replica = ReplicaId::from_bytes(names->blob(0));
    const auto own = replica ? store::own_counter(db, scope, *replica) : Result<store::OwnCounter>(store::OwnCounter());
    if (!replica || !own.ok()) return before;
    before.previous_bases[*replica] = own->base;
  }
  before.known = true;
  return before;
}

Result<model::Header> header_of(TabletMachine& tablet, const model::TransactionId& id, const World::Before& before) {
  sqlite::Database& db = tablet.reader().database();
  SATCHEL_ASSIGN(const auto held, store::find_held_scope(db, id.scope));
  if (!held) return make_error(Code::not_found, "the scope is gone");
  SATCHEL_ASSIGN(const auto row, store::find_outbox(db, held->key, id.replica, id.counter));
  if (!row) return make_error(Code::not_found, "it is not in the outbox");
  SATCHEL_ASSIGN(auto decoded, proto::decode_transaction(kOrganisation, row->bytes));
  const auto previous = before.previous_bases.find(id.replica);
  SATCHEL_TRY(decoded.complete(previous == before.previous_bases.end() ? model::Version() : previous->second));
  return decoded.transaction.header;
}

// What the tablet holds in a slot: in its outbox or its log. Empty: it has folded that away, or lets go of it.
std::optional<Hash256> hash_at(TabletMachine& tablet, const store::HeldScope& scope, const model::TransactionId& id) {
  sqlite::Database& db = tablet.reader().database();
  const auto row = store::find_outbox(db, scope.key, id.replica, id.counter);
  if (row.ok() && *row) return (*row)->hash;
  const auto entry = log::Log(db).entry_of(scope.key, id.replica, id.counter);
  return entry.ok() && *entry ? std::optional((*entry)->hash) : std::nullopt;
}

// "f96e/3 instead of f96e/1": where two versions differ.
std::string difference(const model::Version& is, const model::Version& expected) {
  std::string words;
  const auto add = [&](const ReplicaId& replica) {
    if (is[replica] == expected[replica]) return;
    const std::string name = replica.text().substr(0, 4) + "/";
    words += (words.empty() ? "" : ", ") + name + std::to_string(is[replica]) + " instead of " + name +
             std::to_string(expected[replica]);
  };
  for (const auto& [replica, counter] : is.entries()) add(replica);
  for (const auto& [replica, counter] : expected.entries()) {
    if (is[replica] == 0) add(replica);
  }
  return words;
}

// Slots that hold something else by now than what was in front of the person; those that were folded away hold what the
// centre does.
void leave_out_what_was_not_seen(const World& world, TabletMachine& tablet, const Form& form, model::Version& seen) {
  const auto held = store::find_held_scope(tablet.reader().database(), form.scope);
  if (!held.ok() || !*held) return;
  std::vector<std::pair<model::TransactionId, Hash256>> folded;
  const auto compare = [&](const model::TransactionId& id, const Hash256& hash, const std::optional<Hash256>& now) {
    if (now && *now != hash && seen[id.replica] >= id.counter) seen.set(id.replica, id.counter - 1);
  };
  for (const auto& [id, hash] : form.slots) {
    if (seen[id.replica] < id.counter) continue;
    const auto now = hash_at(tablet, **held, id);
    compare(id, hash, now);
    if (!now) folded.emplace_back(id, hash);
  }
  if (folded.empty()) return;
  world.look_into(world.centre->disk, kCentreFile, [&](sqlite::Database& db) {
    for (const auto& [id, hash] : folded) compare(id, hash, hash_at_centre(db, id));
  });
}

}  // namespace

// The marks that the draft's changes get, by scope.
std::map<ScopeId, uint32_t> World::mark(store::Draft& draft) {
  std::map<ScopeId, uint32_t> marks;
  for (store::Change& change : draft.changes) {
    const auto [at, fresh] = marks.try_emplace(change.scope, 0);
    if (fresh) at->second = promises.next();
    change.op.reason = words_of_mark(at->second);
  }
  return marks;
}

void World::check_shown(TabletMachine& tablet, const model::TransactionId& id, const Before& before, const Form* form) {
  if (!before.known || tablet.disk.dead()) return;
  const auto header = header_of(tablet, id, before);
  if (!header.ok()) {
    if (!tablet.disk.dead())
      violate("commit", tablet.name() + ": what was committed is not there: " + header.error().message);
    return;
  }
  if (form != nullptr && form->scope != before.scope) return;
  model::Version expected = form != nullptr ? form->version : before.held;
  expected.meet(header->base);
  if (form != nullptr) leave_out_what_was_not_seen(*this, tablet, *form, expected);
  if (header->shown == expected) return;
  const char* how = expected.includes(header->shown) ? "less" : "more";
  violate("shown", tablet.name() + ": number " + std::to_string(id.counter) + " in " + name_of_scope(id.scope) +
                       " claims to have seen " + how + " than what was shown: " + difference(header->shown, expected));
}

void World::commit(TabletMachine& tablet, store::Draft draft, const Form* form) {
  if (!tablet.running() || draft.changes.empty()) return;
  const auto marks = mark(draft);
  std::map<ScopeId, Before> befores;
  for (const auto& [scope, unused] : marks) befores.emplace(scope, before_commit(tablet, scope));
  if (form != nullptr) draft.shown = form->token;
  std::optional<Result<store::Receipt>> receipt;
  const uint64_t life = tablet.life;
  tablet.act([&] {
    receipt = tablet.commit(draft);
    if (!receipt->ok()) return;
    for (const auto& id : (*receipt)->transactions) check_shown(tablet, id, befores.at(id.scope), form);
  });
  const bool good = receipt && receipt->ok();
  const Code code = good || !receipt ? Code::io : receipt->error().code;
  const bool by_disk = code == Code::io || code == Code::disk_full || code == Code::busy || code == Code::corrupt;
  if (!good && !by_disk) {
    ++outcome.refused;
    if (story.on())
      story.line(tablet.name(), "may not write: " + receipt->error().message + " [" + receipt->error().place + "]");
    return;
  }
  for (const auto& [scope, mark] : marks) {
    promises.add(
        {mark, scope, tablet.number(), life, tablet.worker(), good, good ? "" : "the disk failed in its commit"});
    if (!story.on()) continue;
    story.line(tablet.name(), std::string(good ? "writes " : "perhaps writes ") + words_of_mark(mark) + " in " +
                                  name_of_scope(scope) + " (" + draft.changes.front().op.collection + ", " +
                                  std::to_string(draft.changes.size()) + " changes" +
                                  (form != nullptr ? ", from a form)" : ")"));
  }
  if (good) return committed(tablet, draft);
  for (const auto& [id, opening] : draft.open) rights.give(tablet.worker(), id, true, 0, false);
}

void World::committed(TabletMachine& tablet, const store::Draft& draft) {
  ++outcome.commits;
  for (const auto& [id, opening] : draft.open) {
    scope_kinds[id] = opening.kind;
    cases.push_back(id);
    story.name(id.text(), "case-" + std::to_string(cases.size()));
    rights.give(tablet.worker(), id, true, 0, false);
  }
  for (const store::Change& change : draft.changes) {
    if (change.op.action == model::Action::create)
      known[change.scope].push_back({change.op.collection, change.op.record});
  }
}

}  // namespace satchel::sim
