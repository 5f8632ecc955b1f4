#include <catch2/catch_test_macros.hpp>

#include "core/model/limits.hpp"
#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

Code code_of(const Result<store::Receipt>& result) { return result.ok() ? Code{} : result.error().code; }
std::string place_of(const Result<store::Receipt>& result) { return result.ok() ? "" : result.error().place; }

}  // namespace

TEST_CASE("a commit is read back, also by a store opened afterwards") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId edith = amy.person(scope, "Edith");
  CHECK(amy.text(edith, "name") == "Edith");
  CHECK(amy.record("person", edith)->unsent);
  amy.close();
  amy.open();
  CHECK(amy.text(edith, "name") == "Edith");
  CHECK(amy.status().unsent == 2);
  amy.verify();
}

TEST_CASE("several records of one commit are written together or not at all") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId first = amy.new_id(), second = amy.new_id();
  const auto result = amy.try_commit({create(scope, "person", first), assign("person", first, "name", "Edith"),
                                      create(scope, "person", second), assign("person", second, "risk", "purple")});
  CHECK(code_of(result) == Code::invalid);
  CHECK(place_of(result) == "person.risk");
  CHECK(!amy.record("person", first));
  CHECK(amy.status().unsent == 1);
  amy.verify();
}

TEST_CASE("one commit over two scopes makes one transaction each, tied by a group") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId open = amy.open_scope("case");
  const ScopeId closed = amy.open_scope("case-restricted", open);
  const RecordId person = amy.new_id(), secret = amy.new_id();
  const store::Receipt receipt = amy.commit({create(open, "person", person), create(closed, "secret", secret),
                                             assign("secret", secret, "words", "afraid of him")});
  REQUIRE(receipt.transactions.size() == 2);
  CHECK(receipt.transactions[0].scope == open);
  CHECK(receipt.transactions[1].scope == closed);
  GroupId group;
  for (const auto& push : amy.request().push) {
    const auto decoded = take(proto::decode_transaction("north", push.transaction));
    if (decoded.transaction.header.id.counter != 2) continue;
    if (!group.is_nil()) CHECK(decoded.transaction.header.group == group);
    group = decoded.transaction.header.group;
    CHECK(!group.is_nil());
  }
}

TEST_CASE("what the schema does not allow is refused with its place") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  const auto refused = [&](store::Change change, Code code, const std::string& place) {
    const auto result = amy.try_commit({change});
    CHECK(code_of(result) == code);
    CHECK(place_of(result) == place);
  };
  refused(assign("person", id, "shoe_size", int64_t{43}), Code::invalid, "person.shoe_size");
  refused(assign("person", id, "name", int64_t{43}), Code::invalid, "person.name");
  refused(assign("person", id, "owner", "me"), Code::permission, "person.owner");
  refused(create(scope, "unicorn", amy.new_id()), Code::invalid, "unicorn");
  refused(create(scope, "secret", amy.new_id()), Code::invalid, "secret");
  refused(create(scope, "service", amy.new_id()), Code::permission, "service");
  refused(create(scope, "person", id), Code::invalid, "person");
  refused(assign("person", amy.new_id(), "name", "Nobody"), Code::not_found, "person");
  store::Change wrong_kind = assign("person", id, "name", "Edie");
  wrong_kind.op.kind = model::Kind::keep_all;
  refused(wrong_kind, Code::invalid, "person.name");
  store::Change wrong_action = assign("person", id, "name", "Edie");
  wrong_action.op.action = model::Action::add;
  wrong_action.op.element = "x";
  refused(wrong_action, Code::invalid, "person.name");
  const auto twice = amy.try_commit({assign("person", id, "name", "A"), assign("person", id, "name", "B")});
  CHECK(place_of(twice) == "person.name");
  CHECK(code_of(amy.try_commit({})) == Code::invalid);
  CHECK(amy.text(id, "name") == "Edith");
}

TEST_CASE("a record lives in one scope for ever") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId first = amy.open_scope("case"), second = amy.open_scope("case");
  const RecordId id = amy.person(first, "Edith");
  store::Change elsewhere = assign("person", id, "name", "Edie");
  elsewhere.scope = second;
  CHECK(code_of(amy.try_commit({elsewhere})) == Code::invalid);
  CHECK(code_of(amy.try_commit({create(second, "person", id)})) == Code::invalid);
}

TEST_CASE("states move only along the schema's arrows, and a settlement chooses among what stands") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  CHECK(code_of(amy.try_commit({assign("person", id, "status", "active")})) == Code::invalid);
  amy.commit({assign("person", id, "status", "referred")});
  amy.commit({assign("person", id, "status", "active")});
  CHECK(code_of(amy.try_commit({assign("person", id, "status", "referred")})) == Code::invalid);
  CHECK(code_of(amy.try_commit({assign("person", id, "status", "active")})) == Code::invalid);
  store::Change settle = assign("person", id, "status", "active");
  settle.op.settles = true;
  amy.commit({settle});
  CHECK(amy.text(id, "status") == "active");
}

TEST_CASE("lowering a risk needs a reason, raising it does not") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "risk", "low")});
  amy.commit({assign("person", id, "risk", "high")});
  const auto lowered = amy.try_commit({assign("person", id, "risk", "medium")});
  CHECK(code_of(lowered) == Code::invalid);
  CHECK(place_of(lowered) == "person.risk");
  CHECK(amy.text(id, "risk") == "high");
  amy.commit({assign("person", id, "risk", "medium", "he moved out")});
  CHECK(amy.text(id, "risk") == "medium");
  CHECK(code_of(amy.try_commit({assign("person", id, "risk", model::Null{})})) == Code::invalid);
}

TEST_CASE("a removed record is restored before it is changed") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({remove("person", id)});
  CHECK(!amy.record("person", id)->state.present());
  CHECK(code_of(amy.try_commit({assign("person", id, "name", "Edie")})) == Code::invalid);
  amy.commit({restore("person", id), assign("person", id, "name", "Edie")});
  CHECK(amy.record("person", id)->state.present());
  CHECK(amy.text(id, "name") == "Edie");
}

TEST_CASE("a derived record may be created twice, a random one may not") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId derived{uuid_v8("review", "edith", "2026-11")};
  amy.commit({create(scope, "person", derived)});
  amy.commit({create(scope, "person", derived), assign("person", derived, "name", "Review")});
  CHECK(amy.text(derived, "name") == "Review");
}

TEST_CASE("append-only records and frozen fields are written once") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId page = amy.new_id();
  amy.commit({create(scope, "diary", page), assign("diary", page, "words", "rain")});
  CHECK(code_of(amy.try_commit({assign("diary", page, "words", "sun")})) == Code::invalid);
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "measure", int64_t{7})});
  CHECK(code_of(amy.try_commit({assign("person", id, "measure", int64_t{8})})) == Code::invalid);
}

TEST_CASE("sets take elements, parts and removals") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  store::Change need = assign("person", id, "needs", "money");
  need.op.action = model::Action::add;
  need.op.element = "money";
  store::Change phone = assign("person", id, "phones", "0161");
  phone.op.action = model::Action::add;
  phone.op.element = "p1";
  phone.op.part = "number";
  amy.commit({need, phone});
  const auto record = amy.record("person", id);
  CHECK(merge::elements(*record->state.field("needs")).size() == 1);
  CHECK(merge::elements(*record->state.field("phones")).size() == 1);
  store::Change gone = need;
  gone.op.action = model::Action::remove;
  gone.op.value.clear();
  amy.commit({gone});
  CHECK(merge::elements(*amy.record("person", id)->state.field("needs")).empty());
  phone.op.part = "colour";
  CHECK(code_of(amy.try_commit({phone})) == Code::invalid);
  need.op.element.clear();
  CHECK(code_of(amy.try_commit({need})) == Code::invalid);
}

TEST_CASE("a field at the limit is written and sent, one byte more is refused") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  const size_t frame =
      proto::encode_value(std::string(model::limits::field_bytes - 8, 'x')).size() - (model::limits::field_bytes - 8);
  const std::string fits(model::limits::field_bytes - frame, 'x');
  amy.commit({assign("person", id, "email", fits)});
  CHECK(amy.text(id, "email").size() == fits.size());
  const auto above = amy.try_commit({assign("person", id, "email", fits + "x")});
  CHECK(code_of(above) == Code::limit);
  CHECK(place_of(above) == "person.email");
  amy.sync(world.centre);
  CHECK(amy.status().unsent == 0);
}

TEST_CASE("a transaction above its limit is refused and leaves nothing") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  std::vector<store::Change> changes;
  for (int i = 0; i < 5; ++i) {
    const RecordId id = amy.new_id();
    changes.push_back(create(scope, "person", id));
    changes.push_back(assign("person", id, "email", std::string(900'000, 'x')));
  }
  CHECK(code_of(amy.try_commit(changes)) == Code::limit);
  CHECK(amy.status().unsent == 1);
  changes.clear();
  for (size_t i = 0; i <= model::limits::ops_per_transaction; ++i)
    changes.push_back(create(scope, "person", amy.new_id()));
  CHECK(code_of(amy.try_commit(changes)) == Code::limit);
  changes.pop_back();
  amy.commit(changes);
}

TEST_CASE("the clock set back between two commits does not turn them round") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "email", "first")});
  world.clock.set_wall(0);
  const store::ReadToken before = amy.token();
  amy.commit({assign("person", id, "email", "second")});
  amy.commit({assign("person", id, "email", "third")}, before);  // did not see the second
  CHECK(amy.text(id, "email") == "third");
  world.clock.set_wall(1'790'000'100'000);
  amy.sync(world.centre);
  CHECK(amy.text(id, "email") == "third");
}

TEST_CASE("a clock that is wrong beyond all measure keeps nobody from writing") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const int64_t now = world.clock.wall_ms();
  for (const int64_t wall : {INT64_MAX, INT64_MIN, int64_t{0}}) {
    const RecordId id = RecordId{random_128(amy.random)};
    world.clock.set_wall(wall);
    amy.commit({create(scope, "person", id), assign("person", id, "name", "Edith")});
    CHECK(amy.text(id, "name") == "Edith");
  }
  const auto request = amy.request();
  world.clock.set_wall(now);  // the centre's
  const auto answer = world.centre.answer(request, amy.store->identity().replica, "amy");
  world.clock.set_wall(INT64_MIN);
  amy.apply(answer, request);
  CHECK(amy.status().clock_skew_ms < 0);
  CHECK(amy.status().unsent == 0);
  amy.verify();
}

TEST_CASE("scopes are opened with their parent, by who may, and once") {
  World world;
  Tablet& amy = world.tablet("amy");
  const auto open = [&](const std::string& kind, const ScopeId& parent, ScopeId id = {}) {
    if (id.is_nil()) id = ScopeId{random_128(amy.random)};
    store::Draft draft;
    draft.open.push_back({id, {kind, parent}});
    return amy.store->commit(draft);
  };
  CHECK(code_of(open("team", {})) == Code::permission);
  CHECK(code_of(open("planet", {})) == Code::invalid);
  CHECK(code_of(open("case-restricted", {})) == Code::invalid);
  CHECK(code_of(open("case-restricted", ScopeId{random_128(amy.random)})) == Code::invalid);
  const ScopeId scope = amy.open_scope("case");
  CHECK(code_of(open("case", {}, scope)) == Code::invalid);
  CHECK(open("case-restricted", scope).ok());
  CHECK(code_of(amy.try_commit({create(ScopeId{random_128(amy.random)}, "person", amy.new_id())})) == Code::permission);
}
