#include <catch2/catch_test_macros.hpp>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

// Refuses whatever sets an e-mail address to "bad".
std::string refuse_bad(const model::Transaction& transaction) {
  for (const auto& op : transaction.ops) {
    if (op.field == "email" && op.value == proto::encode_value(std::string("bad")))
      return "This address is not allowed.";
  }
  return {};
}

// Amy's case with one person in it, at a centre that refuses bad addresses.
struct Refusing {
  World world;
  Tablet& amy = world.tablet("amy");
  ScopeId scope = world.shared_case({&amy});
  RecordId edith = amy.person(scope, "Edith");
  Refusing() { world.centre.refuse = refuse_bad; }
};

}  // namespace

TEST_CASE("a refused transaction goes with what builds on it, the rest flows, the author can read it") {
  World world;
  world.centre.refuse = refuse_bad;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId edith = amy.person(scope, "Edith"), fred = amy.person(scope, "Fred");
  amy.sync(world.centre);
  amy.commit({assign("person", edith, "email", "bad"), assign("person", edith, "name", "Bad")});
  amy.commit({assign("person", edith, "name", "Worse"), assign("person", fred, "name", "Worse too")});  // builds on it
  amy.commit({assign("person", fred, "email", "worst@example.org")});                                   // and on that
  const RecordId gwen = amy.person(scope, "Gwen");                                                      // does not

  // Only the first one fits into the request: the dependants are known before the centre judged them.
  amy.limits.push_bytes = 1;
  amy.round(world.centre);
  CHECK(amy.text(edith, "name") == "Edith");
  CHECK(amy.text(fred, "name") == "Fred");
  CHECK(amy.text(fred, "email").empty());
  CHECK(amy.text(gwen, "name") == "Gwen");
  CHECK(amy.status().set_aside == 3);
  CHECK(amy.set_aside().at(0).reason == "This address is not allowed.");
  CHECK(!amy.set_aside().at(0).waiting);
  CHECK(amy.set_aside().at(1).waiting);
  CHECK(amy.status().unsent == 3);  // they are still pushed: every slot arrives
  amy.verify();

  amy.sync(world.centre);
  CHECK(world.centre.state(scope).head == 6);
  CHECK(amy.status().unsent == 0);
  const auto items = amy.set_aside();
  REQUIRE(items.size() == 3);
  for (const auto& item : items) CHECK(!item.waiting);
  CHECK(items[0].ops.size() == 2);
  CHECK(items[0].ops[0].value == proto::encode_value(std::string("bad")));
  ben.sync(world.centre);
  CHECK(ben.text(edith, "name") == "Edith");
  CHECK(ben.text(gwen, "name") == "Gwen");
  amy.verify();
  ben.verify();
}

TEST_CASE("a refusal whose answer was lost is learned from the empty slot") {
  World world;
  world.centre.refuse = refuse_bad;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.commit({assign("person", edith, "email", "bad")});
  amy.commit({assign("person", edith, "name", "Edie")});
  const auto request = amy.request();
  auto response = world.centre.answer(request, amy.store->identity().replica, "amy");
  response.verdicts.clear();
  amy.apply(response, request);
  CHECK(amy.text(edith, "name") == "Edith");
  CHECK(amy.text(edith, "email").empty());
  CHECK(amy.status().set_aside == 2);
  CHECK(amy.status().unsent == 0);
  amy.verify();
}

TEST_CASE("what is written after the refusal is known stands") {
  World world;
  world.centre.refuse = refuse_bad;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.commit({assign("person", edith, "email", "bad")});
  amy.sync(world.centre);
  amy.commit({assign("person", edith, "email", "good@example.org")});
  amy.sync(world.centre);
  CHECK(amy.text(edith, "email") == "good@example.org");
  CHECK(amy.set_aside().size() == 1);
  CHECK(world.centre.state(scope).head == 3);
  amy.verify();
}

TEST_CASE("a release brings the content back and ends the setting aside") {
  World world;
  world.centre.refuse = refuse_bad;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  const auto refused = amy.commit({assign("person", edith, "email", "bad")}).transactions.at(0);
  amy.sync(world.centre);
  REQUIRE(amy.set_aside().size() == 1);
  world.centre.write(scope, {assign("person", edith, "email", "bad").op}, model::Origin{refused, "amy"});
  amy.sync(world.centre);
  CHECK(amy.text(edith, "email") == "bad");
  CHECK(amy.set_aside().empty());
  amy.verify();
}

TEST_CASE("a release that came while the scope was away ends the setting aside when a snapshot brings it") {
  Refusing refusing;
  auto& [world, amy, scope, edith] = refusing;
  const auto refused = amy.commit({assign("person", edith, "email", "bad")}).transactions.at(0);
  const auto also_refused = amy.commit({assign("person", edith, "email", "bad")}).transactions.at(0);
  amy.sync(world.centre);
  REQUIRE(amy.set_aside().size() == 2);
  world.centre.withdraw("amy", scope);
  amy.sync(world.centre);
  world.centre.write(scope, {assign("person", edith, "email", "bad").op}, model::Origin{refused, "amy"});
  world.centre.snapshot_at = world.centre.state(scope).head;
  world.centre.grant("amy", scope);
  amy.sync(world.centre);
  CHECK(amy.text(edith, "email") == "bad");
  REQUIRE(amy.set_aside().size() == 1);
  CHECK(amy.set_aside().at(0).id == also_refused);
  amy.verify();
}

TEST_CASE("a release above the snapshot ends the setting aside when its entry comes, not before") {
  Refusing refusing;
  auto& [world, amy, scope, edith] = refusing;
  const auto refused = amy.commit({assign("person", edith, "email", "bad")}).transactions.at(0);
  amy.sync(world.centre);
  world.centre.withdraw("amy", scope);
  amy.sync(world.centre);
  world.centre.snapshot_at = world.centre.state(scope).head;
  world.centre.write(scope, {assign("person", edith, "email", "bad").op}, model::Origin{refused, "amy"});
  world.centre.grant("amy", scope);
  amy.round(world.centre);
  auto request = amy.request();
  auto response = world.centre.answer(request, amy.store->identity().replica, "amy");
  for (auto& page : response.pages) page.entries.clear();
  amy.apply(response, request);
  CHECK(amy.set_aside().size() == 1);
  amy.sync(world.centre);
  CHECK(amy.set_aside().empty());
  CHECK(amy.text(edith, "email") == "bad");
  amy.verify();
}

TEST_CASE("what was refused and released before its verdict came is not set aside: a snapshot had brought it back") {
  Refusing refusing;
  auto& [world, amy, scope, edith] = refusing;
  amy.sync(world.centre);
  const auto id = amy.commit({assign("person", edith, "email", "bad")}).transactions.at(0);
  auto request = amy.request();
  auto response = world.centre.answer(request, amy.store->identity().replica, "amy");
  world.centre.write(scope, {assign("person", edith, "email", "bad").op}, model::Origin{id, "amy"});
  response.verdicts.clear();  // lost, and the scope is to be fetched again
  for (auto& page : response.pages) {
    page.entries.clear();
    page.restart = true;
  }
  amy.apply(response, request);
  world.centre.snapshot_at = world.centre.state(scope).head;
  request = amy.request();
  response = world.centre.answer(request, amy.store->identity().replica, "amy");
  response.verdicts.clear();
  amy.apply(response, request);
  CHECK(amy.text(edith, "email") == "bad");
  CHECK(amy.status().unsent == 1);
  amy.sync(world.centre);
  CHECK(amy.set_aside().empty());
  CHECK(amy.status().unsent == 0);
  CHECK(amy.text(edith, "email") == "bad");
  amy.verify();
}

TEST_CASE("what was refused is readable after its scope is gone") {
  World world;
  world.centre.refuse = refuse_bad;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.commit({assign("person", edith, "email", "bad")});
  amy.sync(world.centre);
  world.centre.withdraw("amy", scope);
  amy.sync(world.centre);
  CHECK(!amy.record("person", edith));
  CHECK(amy.set_aside().size() == 1);
}

TEST_CASE("content that the centre lost is sent again when it asks, once, and never twice when it is not taken") {
  World world;
  world.centre.refuse = refuse_bad;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  amy.commit({assign("person", edith, "email", "bad")});
  amy.sync(world.centre);
  REQUIRE(amy.status().set_aside == 1);
  const model::TransactionId id = amy.set_aside().at(0).id;
  CHECK(amy.request().push.empty());
  world.centre.wants = {id, {scope, id.replica, 99}};  // and one that is not here
  CHECK(amy.round(world.centre).more);
  amy.close();
  amy.open();
  const auto request = amy.request();
  REQUIRE(request.push.size() == 1);
  CHECK(request.push[0].refused);
  amy.sync(world.centre);
  CHECK(world.centre.contents == std::vector<Bytes>{request.push[0].transaction});
  CHECK(amy.request().push.empty());
  CHECK(amy.status().set_aside == 1);  // its author still reads it
  amy.verify();

  world.centre.wants = {id};
  amy.round(world.centre);
  proto::SyncResponse refused = world.centre.answer({}, id.replica, "amy");
  refused.pages.clear();
  refused.verdicts = {{id, proto::VerdictKind::fork, 0, {}, "", {}, 0}};
  amy.apply(refused, amy.request());
  world.centre.wants = {id};
  CHECK_FALSE(amy.round(world.centre).more);
  CHECK(amy.request().push.empty());
}

TEST_CASE("words of a lost slot stay set aside when what took the slot is released: both have one id") {
  World world;
  world.centre.refuse = refuse_bad;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId edith = amy.person(scope, "Edith");
  world.settle({&amy, &ben});
  world.centre.keeps_backup = true;
  world.centre.backup_to = world.centre.state(scope).head;
  world.centre.save("backup.db");
  amy.save_file(world.directory.path("yesterday.db"));
  amy.commit({assign("person", edith, "name", "Edie")});
  world.settle({&amy, &ben});
  world.centre.put_back("backup.db");
  amy.put_back_file(world.directory.path("yesterday.db"));
  const auto refused = amy.commit({assign("person", edith, "email", "bad")}).transactions.at(0);
  amy.sync(world.centre);
  ben.sync(world.centre);
  REQUIRE(ben.set_aside().size() == 1);  // "Edie": its place is taken
  REQUIRE(ben.set_aside().front().id == refused);
  world.centre.write(scope, {assign("person", edith, "email", "bad").op}, model::Origin{refused, "amy"});
  world.settle({&amy, &ben});
  CHECK(ben.text(edith, "email") == "bad");
  CHECK(amy.set_aside().empty());
  REQUIRE(ben.set_aside().size() == 1);
  CHECK(ben.set_aside().front().ops.front().field == "name");
}
