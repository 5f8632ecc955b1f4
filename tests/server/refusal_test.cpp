// What is refused: an empty slot in the log, the content in quarantine, whole; and who may bring it back.
#include <catch2/catch_test_macros.hpp>

#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;
using proto::VerdictKind;

namespace {
constexpr int64_t day = 86'400'000;

model::Op text_op(const RecordId& record, const std::string& words) {
  return write_text("visit_note", record, "body", words);
}
}  // namespace

TEST_CASE("written without a right: an empty slot for everybody, the content in quarantine, the rest flows") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("cas", scope, "reader");
  Tablet ana(world, "ana"), cas(world, "cas");
  ana.sync_all();
  const auto& refused = cas.note(scope, "a reader's words");
  const auto answer = cas.sync();
  REQUIRE(answer.verdicts.at(0).kind == VerdictKind::quarantined);
  CHECK(answer.verdicts[0].position == 1);
  CHECK_FALSE(answer.verdicts[0].reason.empty());
  ana.note(scope, "after it");
  ana.sync_all();
  cas.sync_all();
  const auto entry = must(ana.mirror.entry_at(ana.state(scope).key, 1));
  REQUIRE(entry.has_value());
  CHECK(entry->slot == model::Slot::empty);
  CHECK(entry->hash == refused.hash);
  CHECK(entry->bytes.empty());
  CHECK(entry->base == refused.transaction.header.base);
  CHECK(ana.state(scope).log_digest == cas.state(scope).log_digest);
  const auto waiting = must(world.admin()->quarantine(org));
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].id == refused.id());
  CHECK(waiting[0].ops == refused.transaction.ops);
  CHECK(waiting[0].worker == "cas");
  CHECK(cas.push(refused).kind == VerdictKind::quarantined);  // a repeat: the same verdict, nothing twice
  CHECK(must(world.admin()->quarantine(org)).size() == 1);
}

TEST_CASE("what builds on a refused one before its verdict was known goes with it; what knows stands") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  const RecordId note{random_128(world.random)}, other{random_128(world.random)};
  ana.write(scope, {assign("person", note, "nhs_number", model::Kind::server, "1")});     // 1: refused, server's field
  ana.write(scope, {assign("person", note, "pronoun", model::Kind::register_, "they")});  // 2: same record, unaware
  ana.write(scope, {create("visit_note", other), text_op(other, "apart")});               // 3: another record
  ana.write(scope, {assign("person", note, "pronoun", model::Kind::register_, "she"),
                    text_op(other, "both")});        // 4: depends through 2 and 1
  ana.write(scope, {text_op(other, "after both")});  // 5: depends on 4
  ana.write(scope, {assign("person", note, "pronoun", model::Kind::register_, "he")},
            [](model::Header& header) { header.verdicts_known = 5; });  // 6: knew
  const auto answer = ana.sync();
  std::vector<VerdictKind> kinds;
  for (const auto& verdict : answer.verdicts) kinds.push_back(verdict.kind);
  const auto q = VerdictKind::quarantined, a = VerdictKind::accepted;
  CHECK(kinds == std::vector<VerdictKind>{q, q, a, q, q, a});
  ana.sync_all();
  CHECK(ana.state(scope).head == 6);
  CHECK(ana.values(scope, "person", note, "pronoun") == std::vector<std::string>{"he"});
}

TEST_CASE("a dependant that arrives in a later request is refused by the same rule") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  const RecordId person{random_128(world.random)};
  const auto& first = ana.write(scope, {assign("person", person, "nhs_number", model::Kind::server, "1")});
  const auto& second = ana.write(scope, {assign("person", person, "pronoun", model::Kind::register_, "they")});
  CHECK(ana.push(first).kind == VerdictKind::quarantined);
  world.stop();
  world.start();
  CHECK(ana.push(second).kind == VerdictKind::quarantined);
}

TEST_CASE("the centre refuses what only it can check, and lets through what a newer app knows") {
  World world;
  const ScopeId scope = world.grant("ana");
  const ScopeId team = world.grant("ana", "team");
  Tablet ana(world, "ana");
  const RecordId record{random_128(world.random)};
  const auto verdict = [&](const ScopeId& where, std::vector<model::Op> ops,
                           const std::function<void(model::Header&)>& change = {}) {
    return ana.push(ana.write(where, std::move(ops), change)).kind;
  };
  const auto knows = [](model::Header& header) { header.verdicts_known = header.id.counter - 1; };
  const auto as = [&](auto change) {
    return [=](model::Header& header) {
      knows(header);
      change(header);
    };
  };
  using model::Kind;
  CHECK(verdict(scope, {assign("person", record, "nhs_number", Kind::server, "9")}, knows) == VerdictKind::quarantined);
  CHECK(verdict(scope, {assign("person", record, "nhs_number", Kind::register_, "9")}, knows) ==
        VerdictKind::quarantined);
  CHECK(verdict(scope, {assign("person", record, "pronoun", Kind::keep_all, "x")}, knows) == VerdictKind::quarantined);
  CHECK(verdict(team, {assign("service", record, "name", Kind::server, "Club")}, knows) == VerdictKind::quarantined);
  CHECK(verdict(team, {text_op(record, "x")}, knows) == VerdictKind::quarantined);
  CHECK(verdict(scope, {assign("new_thing", record, "owner", Kind::server, "x")}, knows) == VerdictKind::quarantined);
  CHECK(verdict(scope, {create("person", record)}, as([](auto& h) { h.author = model::Author::centre; })) ==
        VerdictKind::quarantined);
  CHECK(verdict(scope, {create("person", record)}, as([](auto& h) { h.worker = "ben"; })) == VerdictKind::quarantined);
  CHECK(verdict(scope, {create("person", record)}, as([&](auto& h) {
                  h.origin = model::Origin{{scope, h.id.replica, 1}, "ben"};
                })) == VerdictKind::quarantined);
  CHECK(verdict(scope, {create("person", record)}, as([&](auto& h) {
                  h.origin = model::Origin{{scope, h.id.replica, 1}, "ana"};
                })) == VerdictKind::quarantined);
  CHECK(verdict(scope, {create("person", record)}, as([](auto& h) { h.author = model::Author::rule; })) ==
        VerdictKind::accepted);
  CHECK(verdict(scope, {assign("new_thing", record, "a", Kind::register_, "x")}, knows) == VerdictKind::accepted);
  CHECK(verdict(scope, {assign("person", record, "new_field", static_cast<Kind>(77), "x")}, knows) ==
        VerdictKind::accepted);
  CHECK(verdict(scope, {assign("person", record, "pronoun", Kind::register_, "she")}, knows) == VerdictKind::accepted);
}

TEST_CASE("released: a new transaction of the centre, origin named, with its origin's shown; once") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("cas", scope, "reader");
  Tablet ana(world, "ana"), cas(world, "cas");
  const RecordId note{random_128(world.random)};
  ana.note(scope, "seen by Cas", note);
  ana.sync_all();
  cas.sync_all();
  const auto& refused = cas.write(scope, {text_op(note, "Cas adds")});
  CHECK(cas.push(refused).kind == VerdictKind::quarantined);
  ana.write(scope, {text_op(note, "Ana meanwhile")});
  ana.sync_all();
  auto admin = world.admin();
  must(admin->release(org, refused.id()));
  CHECK_FALSE(admin->release(org, refused.id()).ok());
  CHECK(must(admin->quarantine(org)).empty());
  ana.sync_all();
  const auto head = ana.state(scope).head;
  const auto entry = must(ana.mirror.entry_at(ana.state(scope).key, head));
  auto decoded = must(proto::decode_transaction(org, entry->bytes));
  const model::Header& header = decoded.transaction.header;
  CHECK(header.author == model::Author::centre);
  REQUIRE(header.origin.has_value());
  CHECK(header.origin->id == refused.id());
  CHECK(header.origin->worker == "cas");
  CHECK(decoded.transaction.ops == refused.transaction.ops);
  // Cas had not seen Ana's second words: both stand.
  const std::string body = ana.values(scope, "visit_note", note, "body").at(0);
  CHECK(body.find("Cas adds") != std::string::npos);
  CHECK(body.find("Ana meanwhile") != std::string::npos);
  CHECK(cas.push(refused).released_at == head);
  must(admin->verify());
}

TEST_CASE("a first sync is told which refused ones the snapshot has back, and of no other") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("cas", scope, "reader");
  Tablet ana(world, "ana"), cas(world, "cas");
  ana.sync_all();
  cas.sync_all();
  const auto& stays = cas.note(scope, "stays refused");
  const auto& back = cas.note(scope, "comes back");
  CHECK(cas.push(stays).kind == VerdictKind::quarantined);
  CHECK(cas.push(back).kind == VerdictKind::quarantined);
  const auto told = [&](const std::string& worker) {
    world.grant_in(worker, scope);
    Tablet fresh(world, worker);
    const auto answer = fresh.sync();
    REQUIRE(answer.pages.size() == 1);
    REQUIRE(answer.pages[0].snapshot_last);
    return answer.pages[0].released;
  };
  CHECK(told("ben").empty());
  must(world.admin()->release(org, back.id()));
  CHECK(told("dora") == std::vector{back.id()});
}

TEST_CASE("edits of one text are released as they were written, and count in what their author had in front of them") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana"), ben(world, "ben");
  world.grant_in("ben", scope, "writer");
  const RecordId note{random_128(world.random)};
  ana.write(scope, {create("visit_note", note), write_text("visit_note", note, "body", "Rang at ten.")});
  ana.sync_all();
  ben.sync_all();
  // Ana's next three are held back, for the first of them writes what only the centre may.
  const auto& first = ana.write(scope, {assign("visit_note", note, "author_number", model::Kind::server, "7"),
                                        write_text("visit_note", note, "body", " No answer.", 12)});
  const auto& second = ana.write(scope, {write_text("visit_note", note, "body", " Left a card.", 23)});
  const auto& third = ana.write(scope, {write_text("visit_note", note, "body", " Rang again.", 36)});
  for (const auto* held : {&first, &second, &third}) CHECK(ana.push(*held).kind == VerdictKind::quarantined);
  ben.write(scope, {write_text("visit_note", note, "body", "Monday. ")});
  ben.sync_all();
  auto admin = world.admin();
  const auto early = admin->release(org, second.id());
  REQUIRE_FALSE(early.ok());
  CHECK(early.error().code == Code::invalid);
  CHECK(early.error().message.find("number 2") != std::string::npos);
  must(admin->release(org, first.id()));
  world.stop();  // another start, another replica of the centre
  world.start();
  admin = world.admin();
  must(admin->release(org, second.id()));
  must(admin->release(org, third.id()));
  ana.sync_all();
  ben.sync_all();
  const std::vector<std::string> body{"Monday. Rang at ten. No answer. Left a card. Rang again."};
  CHECK(ana.values(scope, "visit_note", note, "body") == body);
  CHECK(ben.values(scope, "visit_note", note, "body") == body);
  must(admin->verify());
}

TEST_CASE("an edit of a text that counts in one refused for good is not released") {
  World world;
  const ScopeId scope = world.grant("ana", "case", "reader");
  Tablet ana(world, "ana");
  ana.sync_all();
  const RecordId note{random_128(world.random)};
  const auto& first = ana.write(scope, {create("visit_note", note), text_op(note, "Rang.")});
  const auto& second = ana.write(scope, {write_text("visit_note", note, "body", " No answer.", 5)});
  for (const auto* held : {&first, &second}) CHECK(ana.push(*held).kind == VerdictKind::quarantined);
  auto admin = world.admin();
  must(admin->refuse(org, first.id(), "Not for this record."));
  const auto released = admin->release(org, second.id());
  REQUIRE_FALSE(released.ok());
  CHECK(released.error().message.find("was refused") != std::string::npos);
  CHECK(must(admin->quarantine(org)).size() == 1);
}

TEST_CASE("refused for good: no longer listed, never released, never dropped") {
  World world;
  const ScopeId scope = world.grant("cas", "case", "reader");
  Tablet cas(world, "cas");
  const auto& one = cas.note(scope, "x");
  cas.sync();
  auto admin = world.admin();
  must(admin->refuse(org, one.id(), "Entered in the wrong case."));
  CHECK(must(admin->quarantine(org)).empty());
  CHECK_FALSE(admin->release(org, one.id()).ok());
  CHECK(cas.push(one).kind == VerdictKind::quarantined);
}

TEST_CASE("a suspended worker's tablet syncs five days late: five notes accepted, two in quarantine, then it purges") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.sync_all();
  REQUIRE(ana.holds(scope));
  for (int i = 0; i < 5; ++i) {
    world.clock.advance(3'600'000);
    ana.note(scope, "before");
  }
  world.clock.advance(3'600'000);
  must(world.admin()->suspend(org, "ana", world.clock.wall_ms()));
  for (int i = 0; i < 2; ++i) {
    world.clock.advance(3'600'000);
    ana.note(scope, "after");
  }
  world.clock.advance(5 * day);
  ana.sign_in();
  const auto answer = ana.sync();
  REQUIRE(answer.verdicts.size() == 7);
  for (size_t i = 0; i < 7; ++i) {
    CHECK(answer.verdicts[i].kind == (i < 5 ? VerdictKind::accepted : VerdictKind::quarantined));
  }
  CHECK(must(world.admin()->quarantine(org)).size() == 2);
  CHECK(answer.pages.empty());
  REQUIRE(ana.grants.size() == 1);
  CHECK(ana.grants[0].withdrawn);
  CHECK(must(world.admin()->devices(org)).at(0).scopes == 1);
  ana.purged = {scope};
  ana.grants_version = 0;
  ana.sync();
  CHECK(ana.grants.empty());
  CHECK(must(world.admin()->devices(org)).at(0).scopes == 0);
  must(world.admin()->reinstate(org, "ana"));
  ana.sync();
  REQUIRE(ana.grants.size() == 1);
  CHECK_FALSE(ana.grants[0].withdrawn);
}

TEST_CASE("a case moves on while its first worker writes offline: the late note is accepted, then the case leaves") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana"), ben(world, "ben");
  ana.sync_all();
  const RecordId doorstep{random_128(world.random)};
  const auto& late = ana.note(scope, "written on the doorstep", doorstep);
  world.clock.advance(60'000);
  must(world.admin()->withdraw(org, "ana", scope));
  world.grant_in("ben", scope);
  world.clock.advance(60'000);
  const auto& too_late = ana.note(scope, "written after the move");
  const auto answer = ana.sync();
  CHECK(ana.verdicts.at(late.id()).kind == VerdictKind::accepted);
  CHECK(ana.verdicts.at(too_late.id()).kind == VerdictKind::quarantined);
  CHECK(answer.pages.empty());
  REQUIRE(ana.grants.size() == 1);
  CHECK(ana.grants[0].withdrawn);
  ben.sync_all();
  CHECK(ben.state(scope).head == 2);
  const auto record = must(ben.mirror.record_state(ben.state(scope).key, {"visit_note", doorstep}));
  CHECK(must(merge::decode(*record)).creates.at(0).worker == "ana");
  // Given again: it begins anew, and the counter goes on.
  ana.purged = {scope};
  ana.sync();
  world.clock.advance(60'000);
  world.grant_in("ana", scope);
  must(ana.mirror.forget_scope(ana.state(scope).key));
  ana.sync_all();
  CHECK(ana.holds(scope));
  CHECK(ana.push(ana.note(scope, "back again")).kind == VerdictKind::accepted);
}

TEST_CASE("a worker opens a case offline: the scope is made with the kind it names, and the author may go on") {
  World world;
  const ScopeId team = world.grant("ana", "team");
  Tablet ana(world, "ana"), ben(world, "ben");
  const ScopeId fresh{random_128(world.random)};
  ana.write(fresh, {create("person", RecordId{random_128(world.random)})}, [&](model::Header& header) {
    header.opening = model::Opening{"case", team};
  });
  ana.note(fresh, "second");
  const auto answer = ana.sync();
  CHECK(answer.verdicts.at(0).kind == VerdictKind::accepted);
  CHECK(answer.verdicts.at(1).kind == VerdictKind::accepted);
  ana.sync_all();
  CHECK(ana.state(fresh).head == 2);
  bool listed = false;
  for (const auto& grant : ana.grants) {
    listed = listed || (grant.scope == fresh && grant.kind == "case" && grant.parent == team && grant.role == "writer");
  }
  CHECK(listed);
  ben.sync_all();
  CHECK_FALSE(ben.holds(fresh));
}

TEST_CASE("a scope that its first transaction may not open is made closed: every slot empty, nothing dropped") {
  World world;
  const ScopeId team = world.grant("ana", "team");
  Tablet ana(world, "ana"), ben(world, "ben");
  const auto open = [](const std::string& kind, const ScopeId& parent) {
    return [=](model::Header& header) { header.opening = model::Opening{kind, parent}; };
  };
  const ScopeId by_nobody{random_128(world.random)}, wrong_kind{random_128(world.random)},
      no_opening{random_128(world.random)}, wrong_parent{random_128(world.random)};
  CHECK(ben.push(ben.write(by_nobody, {}, open("case", team))).kind == VerdictKind::quarantined);
  CHECK(ana.push(ana.write(wrong_kind, {}, open("team", ScopeId{}))).kind == VerdictKind::quarantined);
  CHECK(ana.push(ana.write(wrong_parent, {}, open("case-restricted", team))).kind == VerdictKind::quarantined);
  CHECK(ana.push(ana.note(no_opening, "lost in space")).kind == VerdictKind::quarantined);
  CHECK(ana.push(ana.note(no_opening, "and again")).kind == VerdictKind::quarantined);
  CHECK(must(world.admin()->quarantine(org)).size() == 5);
  ana.sync_all();
  CHECK_FALSE(ana.holds(no_opening));
  // An operator can still open it.
  world.grant_in("ana", no_opening);
  world.clock.advance(1000);
  ana.sync_all();
  CHECK(ana.state(no_opening).head == 2);
  const ScopeId unknown{random_128(world.random)};
  ana.note(unknown, "first");
  const auto& second = ana.note(unknown, "second first");
  CHECK(ana.push(second).kind == VerdictKind::not_yet);
}

TEST_CASE("of one request only so many places are made closed; what is over comes with the next, and none is dropped") {
  World world;
  world.grant("ana", "team");
  Tablet ben(world, "ben");
  for (int i = 0; i < 20; ++i) ben.note(ScopeId{random_128(world.random)}, "lost in space");
  const auto first = ben.sync();
  size_t put_off = 0;
  for (const auto& verdict : first.verdicts) put_off += verdict.kind == VerdictKind::not_yet ? 1 : 0;
  CHECK(put_off == 4);
  CHECK(first.verdicts.back().missing_counter == 0);
  CHECK(must(world.admin()->scopes(org)).size() == 1 + 16);
  ben.sync();
  CHECK(ben.outbox.empty());
  CHECK(must(world.admin()->quarantine(org)).size() == 20);
}

TEST_CASE("of a lost slot one content is kept; another is a fork, and so is what a fork has behind it") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana"), copy(world, "ana");
  copy.replica = ana.replica;
  copy.proof = ana.proof;
  copy.sign_in();
  ana.note(scope, "in its place");
  ana.sync();
  const auto& late = ana.note(scope, "given up");
  copy.note(scope, "another in that place");
  const auto& other = copy.note(scope, "another given up");
  REQUIRE(late.id() == other.id());
  must(world.admin()->declare_lost(org, late.id()));
  SECTION("behind a fork") {
    for (const auto& verdict : copy.answer(copy.request()).verdicts) CHECK(verdict.kind == VerdictKind::fork);
    CHECK(must(world.admin()->quarantine(org)).empty());
  }
  SECTION("two contents") {
    CHECK(ana.push(late).kind == VerdictKind::quarantined);
    CHECK(copy.push(other).kind == VerdictKind::fork);
    CHECK(ana.push(late).kind == VerdictKind::quarantined);
    const auto waiting = must(world.admin()->quarantine(org));
    REQUIRE(waiting.size() == 1);
    CHECK(waiting[0].ops == late.transaction.ops);
  }
}

TEST_CASE("a slot given up as lost lets the next ones in; should it come after all, it is kept") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  const auto& one = ana.note(scope, "lost");
  const auto& two = ana.note(scope, "next");
  CHECK(ana.push(two).kind == VerdictKind::not_yet);
  auto admin = world.admin();
  CHECK_FALSE(admin->declare_lost(org, two.id()).ok());
  must(admin->declare_lost(org, one.id()));
  CHECK(ana.push(two).kind == VerdictKind::accepted);
  CHECK(ana.push(one).kind == VerdictKind::quarantined);
  const auto waiting = must(admin->quarantine(org));
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].ops == one.transaction.ops);
  must(admin->release(org, one.id()));
  must(admin->verify());
}
