#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "tests/store_support/tablet.hpp"
#include "tests/support/store_key.hpp"

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

TEST_CASE("an own counter in a snapshot that this file never used shows that it was put back") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.save_file(world.directory.path("yesterday.db"));
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  amy.put_back_file(world.directory.path("yesterday.db"));
  const ReplicaId before = amy.store->identity().replica;
  // The centre sends all of it as a snapshot.
  world.centre.snapshot_at = 1;
  auto request = amy.request();
  for (auto& cursor : request.cursors) cursor.epoch.reset();
  CHECK(amy.apply(world.centre.answer(request, before, "amy"), request).forked);
  CHECK(amy.store->identity().replica != before);
  CHECK(amy.text(edith, "name") == "Edith");
  amy.commit({assign("person", edith, "name", "Edie")});
  const auto applied = amy.round(world.centre);
  CHECK(applied.accepted == 1);
  CHECK(!applied.forked);
  amy.verify();
}

TEST_CASE("what was damaged in the outbox is set aside and not sent, and the rest goes") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId edith = amy.person(scope, "Edith");
  amy.commit({assign("person", edith, "email", "edith@example.org")});
  amy.commit({assign("person", edith, "wishes", "tea")});
  amy.close();
  bool readable = false;
  {
    const auto options = raw_file(amy.path);
    auto db = take(sqlite::Database::open(options));
    SECTION("readable") {
      readable = true;
      Bytes bytes;
      {
        sqlite::StatementScope q(db.prepare("SELECT bytes FROM outbox WHERE counter = 2"));
        take(q->step());
        bytes = q->blob(0);
      }
      bytes[bytes.find("edith@")] ^= 1;
      take(db.prepare("UPDATE outbox SET bytes = ? WHERE counter = 2").bind_blob(0, bytes).run());
    }
    SECTION("not even readable") { take(db.exec("UPDATE outbox SET bytes = x'00ff' WHERE counter = 2")); }
  }
  amy.open();
  amy.sync(world.centre);
  ben.sync(world.centre);
  CHECK(amy.status().unsent == 0);
  REQUIRE(amy.set_aside().size() == 1);
  CHECK(amy.set_aside()[0].reason.find("damaged") != std::string::npos);
  CHECK(amy.set_aside()[0].ops.size() == (readable ? 1 : 0));
  for (Tablet* tablet : {&amy, &ben}) {
    CHECK(tablet->text(edith, "name") == "Edith");
    CHECK(tablet->text(edith, "email").empty());
    CHECK(tablet->text(edith, "wishes") == "tea");
    tablet->verify();
  }
  amy.commit({assign("person", edith, "email", "again@example.org")});
  amy.sync(world.centre);
  CHECK(amy.status().unsent == 0);
  amy.verify();
}

TEST_CASE("what is too large to be issued again is set aside readable, and the rest goes") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  for (int i = 0; i < 6; ++i) {
    Tablet& other = world.tablet("ben" + std::to_string(i));
    world.centre.grant(other.worker, scope);
    other.sync(world.centre);
    other.person(scope, "Somebody");
    other.sync(world.centre);
  }
  amy.sync(world.centre);
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  amy.save_file(world.directory.path("copy.db"));
  Tablet& copy = world.tablet("amy", "copy.db");
  copy.person(scope, "Takes the place");
  copy.sync(world.centre);
  // As large as may be: with the base that a first transaction of an id has to name, it is too large.
  std::vector<store::Change> large;
  const RecordId fred = amy.new_id();
  large.push_back(create(scope, "person", fred));
  for (const char* field : {"name", "email", "wishes"}) {
    large.push_back(assign("person", fred, field, std::string((1 << 20) - 5, 'x')));
  }
  RecordId gwen = amy.new_id();
  large.push_back(create(scope, "person", gwen));
  large.push_back(assign("person", gwen, "name", std::string()));
  size_t low = 0, high = 1 << 20;
  while (low + 1 < high) {  // the largest that a commit takes
    const size_t middle = (low + high) / 2;
    large.back() = assign("person", gwen, "name", std::string(middle, 'y'));
    amy.save_file(world.directory.path("before.db"));
    const bool fits = amy.try_commit(large).ok();
    if (fits) amy.put_back_file(world.directory.path("before.db"));
    (fits ? low : high) = middle;
  }
  large.back() = assign("person", gwen, "name", std::string(low, 'y'));
  amy.commit(large);
  amy.commit({assign("person", edith, "wishes", "tea")});
  amy.sync(world.centre);
  CHECK(amy.status().unsent == 0);
  REQUIRE(amy.set_aside().size() == 1);
  CHECK(amy.set_aside()[0].ops.size() == large.size());
  CHECK(amy.text(edith, "wishes") == "tea");
  amy.verify();
}

TEST_CASE("what a snapshot that is still coming holds already is not laid over it again") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  std::vector<RecordId> people;
  for (int i = 0; i < 6; ++i) people.push_back(amy.person(scope, "Edith"));
  const RecordId first = *std::min_element(people.begin(), people.end());
  amy.commit({assign("person", first, "story", "Met at home."), assign("person", first, "name", "Edie")});
  amy.commit({assign("person", first, "story", "Met at home. Wants to sing."), assign("person", first, "name", "Gwen")});
  amy.save_file(world.directory.path("before.db"));
  amy.sync(world.centre);
  amy.commit({assign("person", first, "name", "Gwenda")});
  amy.sync(world.centre);
  amy.put_back_file(world.directory.path("before.db"));  // everything above waits again, and comes with the first sync

  world.centre.snapshot_at = world.centre.state(scope).head;
  amy.limits.answer_bytes = 1;
  amy.limits.push_bytes = 1;
  store::SessionMemory memory;
  for (int round = 0; round < 4; ++round) {
    const auto request = take(amy.store->build_request(amy.limits, memory));
    REQUIRE(request.push.size() == 1);
    amy.apply(world.centre.answer(request, amy.store->identity().replica, "amy"), request);
    amy.verify();
    CHECK(amy.text(first, "story") == "Met at home. Wants to sing.");
    CHECK(amy.standing(first, "name") == std::vector<std::string>{"Gwenda"});
  }
  amy.sync(world.centre);
  CHECK(amy.standing(first, "name") == std::vector<std::string>{"Gwenda"});
  CHECK(amy.text(first, "story") == "Met at home. Wants to sing.");
  CHECK(amy.status().unsent == 0);
  amy.verify();
}
