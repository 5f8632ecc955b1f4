#include <catch2/catch_test_macros.hpp>
#include <set>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

TEST_CASE("a copied store and its original both go on, and nothing of either is lost") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  amy.commit({assign("person", edith, "email", "before the copy")});
  amy.save_file(world.directory.path("copy.db"));
  Tablet& copy = world.tablet("amy", "copy.db");
  REQUIRE(copy.store->identity().replica == amy.store->identity().replica);

  const RecordId from_original = amy.person(scope, "Written on the original");
  const RecordId from_copy = copy.person(scope, "Written on the copy");
  copy.commit({assign("person", from_copy, "email", "also on the copy")});
  const ReplicaId shared = copy.store->identity().replica;
  amy.sync(world.centre);
  const auto notes = copy.sync(world.centre);
  REQUIRE(notes.size() == 1);
  CHECK(copy.store->identity().replica != shared);
  CHECK(amy.store->identity().replica == shared);
  world.settle({&amy, &copy});
  for (Tablet* tablet : {&amy, &copy}) {
    CHECK(tablet->text(from_original, "name") == "Written on the original");
    CHECK(tablet->text(from_copy, "name") == "Written on the copy");
    CHECK(tablet->text(from_copy, "email") == "also on the copy");
    CHECK(tablet->text(edith, "email") == "before the copy");
    CHECK(tablet->status().unsent == 0);
    CHECK(tablet->conflicts().empty());  // what was issued again still knows what it had seen
    tablet->verify();
  }
  CHECK(world.centre.state(scope).head == 5);
}

TEST_CASE("a fork is noticed on pull before the outbox is emptied") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.save_file(world.directory.path("copy.db"));
  Tablet& copy = world.tablet("amy", "copy.db");
  const RecordId first = amy.person(scope, "Original"), second = copy.person(scope, "Copy");
  amy.sync(world.centre);
  // The copy hears of the other content in a page; its own push never arrived.
  auto request = copy.request();
  request.push.clear();
  const auto response = world.centre.answer(request, copy.store->identity().replica, "amy");
  const auto applied = copy.apply(response, request);
  CHECK(applied.forked);
  CHECK(copy.text(second, "name") == "Copy");
  copy.verify();
  world.settle({&copy, &amy});
  CHECK(copy.text(first, "name") == "Original");
  CHECK(amy.text(second, "name") == "Copy");
  copy.verify();
}

TEST_CASE("a store put back by a day takes a new name and gets back what it had sent") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  amy.save_file(world.directory.path("yesterday.db"));
  amy.commit({assign("person", edith, "name", "Edie")});
  amy.commit({assign("person", edith, "email", "today")});
  amy.sync(world.centre);
  amy.put_back_file(world.directory.path("yesterday.db"));
  const ReplicaId before = amy.store->identity().replica;
  CHECK(amy.text(edith, "name") == "Edith");
  SECTION("without a change of its own") {
    amy.sync(world.centre);
    CHECK(amy.text(edith, "name") == "Edie");
  }
  SECTION("with a change under a counter that is taken") {
    amy.commit({assign("person", edith, "wishes", "written after it was put back")});
    amy.sync(world.centre);
    CHECK(amy.text(edith, "wishes") == "written after it was put back");
    CHECK(amy.text(edith, "name") == "Edie");
    CHECK(world.centre.state(scope).head == 4);
  }
  CHECK(amy.store->identity().replica != before);
  CHECK(amy.text(edith, "email") == "today");
  amy.commit({assign("person", edith, "email", "later")});
  amy.sync(world.centre);
  CHECK(amy.status().unsent == 0);
  amy.verify();
}

TEST_CASE("after a fork no token claims to have seen what the other copy wrote") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId edith = ben.person(scope, "Edith");
  world.settle({&ben, &amy});
  amy.save_file(world.directory.path("copy.db"));
  Tablet& copy = world.tablet("amy", "copy.db");
  amy.commit({assign("person", edith, "risk", "high")});
  copy.commit({assign("person", edith, "email", "one")});
  copy.commit({assign("person", edith, "email", "two")});
  const store::ReadToken form = copy.token();
  world.settle({&amy, &copy});
  REQUIRE(copy.text(edith, "risk") == "high");
  // The form was opened on the copy before the alarm; the ids of both were the same then.
  copy.commit({assign("person", edith, "risk", "low")}, form);
  CHECK(copy.text(edith, "risk") == "high");
  copy.sync(world.centre);
  CHECK(copy.text(edith, "risk") == "high");
  copy.verify();
}

TEST_CASE("a store put back with unsent work in several scopes that was accepted meanwhile writes none of it twice") {
  World world;
  Tablet& amy = world.tablet("amy");
  std::vector<ScopeId> scopes;
  for (int i = 0; i < 3; ++i) scopes.push_back(world.shared_case({&amy}));
  for (const ScopeId& scope : scopes) amy.person(scope, "Unsent when it was saved");
  amy.save_file(world.directory.path("yesterday.db"));
  amy.sync(world.centre);
  amy.person(scopes[0], "Sent later");
  amy.sync(world.centre);
  amy.put_back_file(world.directory.path("yesterday.db"));
  // A request carries one of them, an answer one page: the later life is noticed while the others are undecided.
  amy.limits = {1, 1};
  SECTION("and nothing new") { amy.sync(world.centre); }
  SECTION("and something new in each scope, before it was noticed and after") {
    for (const ScopeId& scope : scopes) amy.person(scope, "New");
    amy.round(world.centre);
    for (const ScopeId& scope : scopes) amy.person(scope, "Newer");
    amy.sync(world.centre);
    for (const ScopeId& scope : scopes) CHECK(world.centre.state(scope).head == (scope == scopes[0] ? 4u : 3u));
  }
  CHECK(amy.status().unsent == 0);
  CHECK(amy.set_aside().empty());
  for (const ScopeId& scope : scopes) {
    std::set<RecordId> created;
    for (const auto& entry : world.centre.entries(scope)) {
      for (const auto& op : take(proto::decode_transaction("north", entry.bytes)).transaction.ops) {
        if (op.action == model::Action::create) CHECK(created.insert(op.record).second);
      }
    }
    CHECK(created.size() == world.centre.state(scope).head);
  }
  amy.verify();
}

TEST_CASE("two copies that both held the same unsent work send it once, also where its place was taken") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.save_file(world.directory.path("third.db"));
  const RecordId both = amy.person(scope, "Written before the copy was made");
  amy.save_file(world.directory.path("second.db"));
  Tablet &second = world.tablet("amy", "second.db"), &third = world.tablet("amy", "third.db");
  third.person(scope, "First to arrive");
  third.sync(world.centre);
  second.commit({assign("person", both, "email", "by the second")});
  amy.commit({assign("person", both, "wishes", "by the first")});
  world.settle({&second, &amy, &third});
  CHECK(world.centre.state(scope).head == 4);
  for (Tablet* tablet : {&amy, &second, &third}) {
    CHECK(tablet->text(both, "name") == "Written before the copy was made");
    CHECK(tablet->text(both, "email") == "by the second");
    CHECK(tablet->text(both, "wishes") == "by the first");
    CHECK(tablet->status().unsent == 0);
    tablet->verify();
  }
}
