#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/store_support/tablet.hpp"
#include "tests/support/memory_disk.hpp"

using namespace satchel;
using namespace satchel::test;

TEST_CASE("two tablets and the centre come to the same") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  world.settle({&amy, &ben});
  amy.commit({assign("person", id, "email", "a@example.org")});
  ben.commit({assign("person", id, "name", "Edie")});
  world.settle({&amy, &ben});
  for (Tablet* tablet : {&amy, &ben}) {
    CHECK(tablet->text(id, "name") == "Edie");
    CHECK(tablet->text(id, "email") == "a@example.org");
    CHECK(tablet->status().unsent == 0);
    CHECK(!tablet->record("person", id)->unsent);
    tablet->verify();
  }
  const model::RecordKey key{"person", id};
  CHECK(merge::encode(amy.record("person", id)->state) == *world.centre.record(scope, key));
  CHECK(merge::encode(ben.record("person", id)->state) == *world.centre.record(scope, key));
}

TEST_CASE("an answer lost after the centre had taken the push does no harm") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId id = amy.person(scope, "Edith");
  amy.lose_answer(world.centre);
  CHECK(world.centre.state(scope).head == 1);
  amy.commit({assign("person", id, "name", "Edie")});
  amy.sync(world.centre);
  CHECK(world.centre.state(scope).head == 2);
  CHECK(amy.status().unsent == 0);
  CHECK(amy.text(id, "name") == "Edie");
  amy.verify();
}

TEST_CASE("an entry in a page is itself the verdict") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.person(scope, "Edith");
  const auto request = amy.request();
  auto response = world.centre.answer(request, amy.store->identity().replica, "amy");
  response.verdicts.clear();
  const auto applied = amy.apply(response, request);
  CHECK(applied.pushed_all);
  CHECK(amy.status().unsent == 0);
  amy.verify();
}

TEST_CASE("an accepted transaction stays in what is shown until its page comes") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId id = amy.person(scope, "Edith");
  amy.round_without_pages(world.centre);
  CHECK(amy.status().unsent == 0);
  CHECK(amy.text(id, "name") == "Edith");
  amy.verify();
  amy.commit({assign("person", id, "name", "Edie")});
  amy.sync(world.centre);
  CHECK(amy.text(id, "name") == "Edie");
  amy.verify();
}

TEST_CASE("two requests that overtake each other, and an answer that comes twice") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  const auto first = amy.request();
  amy.commit({assign("person", id, "name", "Edie")});
  const auto second = amy.request();
  const ReplicaId replica = amy.store->identity().replica;
  const auto answer_two = world.centre.answer(second, replica, "amy");
  ben.sync(world.centre);
  ben.commit({assign("person", id, "email", "b@example.org")});
  ben.sync(world.centre);
  const auto answer_one = world.centre.answer(first, replica, "amy");
  amy.apply(answer_two, second);
  amy.apply(answer_one, first);
  amy.apply(answer_two, second);
  amy.verify();
  amy.sync(world.centre);
  CHECK(amy.text(id, "name") == "Edie");
  CHECK(amy.text(id, "email") == "b@example.org");
  CHECK(world.centre.state(scope).head == 3);
  amy.verify();
}

TEST_CASE("a page with a hole or a wrong hash is refused whole, and its scope fetched anew") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "email", "a@example.org")});
  amy.sync(world.centre);
  const auto request = ben.request();
  auto answer = world.centre.answer(request, ben.store->identity().replica, "ben");
  REQUIRE(answer.pages.size() == 1);
  REQUIRE(answer.pages[0].entries.size() == 2);
  SECTION("a hole") { answer.pages[0].entries.erase(answer.pages[0].entries.begin()); }
  SECTION("another hash") { answer.pages[0].entries[1].hash.bytes[0] ^= 1; }
  SECTION("cut content") { answer.pages[0].entries[1].bytes.resize(20); }
  const auto applied = ben.apply(answer, request);
  CHECK(applied.entries == 0);
  CHECK(applied.more);
  CHECK(!ben.record("person", id));
  ben.verify();
  ben.sync(world.centre);
  CHECK(ben.text(id, "email") == "a@example.org");
  CHECK(ben.status().scopes_unfit == 0);
  ben.verify();
}

TEST_CASE("a page that never fits holds up its own scope only, and the status says so") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId bad = world.shared_case({&amy, &ben}), good = world.shared_case({&amy, &ben});
  const RecordId edith = amy.person(bad, "Edith"), fred = amy.person(good, "Fred");
  amy.sync(world.centre);
  ben.person(bad, "Unsent by Ben");
  const RecordId gwen = ben.person(good, "Gwen");
  std::vector<std::string> notes;
  for (int i = 0; i < 4; ++i) {
    const auto request = ben.request();
    auto answer = world.centre.answer(request, ben.store->identity().replica, "ben");
    for (auto& page : answer.pages) {
      if (page.scope == bad && !page.entries.empty()) page.entries.erase(page.entries.begin());
    }
    const auto applied = ben.apply(answer, request);
    notes.insert(notes.end(), applied.notes.begin(), applied.notes.end());
    CHECK(applied.more == (i == 0));
    CHECK(ben.text(fred, "name") == "Fred");
    CHECK(ben.text(gwen, "name") == "Gwen");
    CHECK(ben.status().unsent == 0);  // the verdicts stand, of both
    CHECK(ben.status().scopes_unfit == (i == 0 ? 0 : 1));
    for (const auto& info : take(take(ben.store->reader())->scopes())) {
      CHECK(info.unfit == (i != 0 && info.id == bad));
    }
    ben.verify();
  }
  CHECK(notes.size() == 2);
  ben.sync(world.centre);  // the centre has mended it
  CHECK(ben.text(edith, "name") == "Edith");
  CHECK(ben.status().scopes_unfit == 0);
  CHECK(ben.status().unsent == 0);
  ben.verify();
}

TEST_CASE("what the centre cannot take yet does not fill every request") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId held = world.shared_case({&amy}), other = world.shared_case({&amy});
  amy.person(other, "Edith");
  for (int i = 0; i < 5; ++i) amy.person(held, "Held up");
  const auto scopes_of = [](const proto::SyncRequest& request) {
    std::vector<ScopeId> scopes;
    for (const auto& push : request.push) {
      scopes.push_back(take(proto::decode_transaction("north", push.transaction)).transaction.header.id.scope);
    }
    return scopes;
  };
  store::SessionMemory memory;
  const size_t room = 600;  // for a few of them
  CHECK(scopes_of(take(amy.store->build_request({room, 1 << 20}, memory))).front() == held);
  const ReplicaId replica = amy.store->identity().replica;
  proto::Verdict not_yet;
  not_yet.id = {held, replica, 1};
  not_yet.kind = proto::VerdictKind::not_yet;
  not_yet.missing_replica = ReplicaId{random_128(amy.random)};
  not_yet.missing_counter = 7;
  memory.learn({not_yet});
  CHECK(scopes_of(take(amy.store->build_request({room, 1 << 20}, memory))) == std::vector<ScopeId>{other, held});
  // Something urgent is tried first all the same, but takes no more room than one.
  const RecordId fred = amy.new_id();
  amy.commit({create(held, "person", fred), assign("person", fred, "risk", "high")});
  const auto urgent = take(amy.store->build_request({room, 1 << 20}, memory));
  CHECK(scopes_of(urgent) == std::vector<ScopeId>{held, other});
  // Once one was taken, the rest goes.
  proto::Verdict accepted = not_yet;
  accepted.kind = proto::VerdictKind::accepted;
  memory.learn({accepted, not_yet});
  CHECK(scopes_of(take(amy.store->build_request({1 << 20, 1 << 20}, memory))).size() == 7);
}

TEST_CASE("a push that was cut in the middle goes on where it was") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  for (int i = 0; i < 40; ++i) amy.person(scope, "Edith");
  amy.limits.push_bytes = 600;
  amy.lose_answer(world.centre);
  CHECK(world.centre.state(scope).head > 0);
  CHECK(world.centre.state(scope).head < 40);
  amy.sync(world.centre);
  CHECK(world.centre.state(scope).head == 40);
  CHECK(amy.status().unsent == 0);
  amy.verify();
}

TEST_CASE("a first sync by snapshot goes on after a break and equals the log") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy});
  std::vector<RecordId> people;
  for (int i = 0; i < 30; ++i) people.push_back(amy.person(scope, "Person " + std::to_string(i)));
  amy.sync(world.centre);
  world.centre.snapshot_at = 25;
  world.centre.grant("ben", scope);
  ben.limits.answer_bytes = 600;
  ben.round(world.centre);  // the grant
  ben.round(world.centre);  // a first part
  CHECK(ben.status().scopes_incomplete == 1);
  const auto there = std::count_if(people.begin(), people.end(),
                                   [&](const RecordId& id) { return ben.record("person", id).has_value(); });
  CHECK(there > 0);
  CHECK(there < 25);
  ben.close();
  ben.open();
  ben.commit({create(scope, "person", ben.new_id())});  // one may write meanwhile
  ben.verify();
  ben.sync(world.centre);
  CHECK(ben.status().scopes_incomplete == 0);
  CHECK(ben.text(people[0], "name") == "Person 0");
  CHECK(ben.text(people[29], "name") == "Person 29");
  ben.verify();
  world.settle({&amy, &ben});
  CHECK(world.centre.state(scope).head == 31);
  amy.verify();
}

TEST_CASE("digests that differ at the head fetch the scope again, once, with what is unsent kept") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId id = amy.person(scope, "Edith");
  amy.sync(world.centre);
  world.centre.snapshot_at = 1;
  const RecordId fresh = amy.new_id();
  amy.commit({create(scope, "person", fresh), assign("person", fresh, "name", "Fred")});
  const auto request = amy.request();
  auto response = world.centre.answer(request, amy.store->identity().replica, "amy");
  REQUIRE(response.pages[0].head_state_digest);
  response.pages[0].head_state_digest->bytes[0] ^= 1;
  const auto applied = amy.apply(response, request);
  CHECK(applied.more);
  CHECK(applied.notes.size() == 1);
  CHECK(!amy.request().cursors.at(0).epoch);
  amy.sync(world.centre);
  CHECK(amy.text(id, "name") == "Edith");
  CHECK(amy.text(fresh, "name") == "Fred");
  amy.verify();
}

TEST_CASE("heard is the centre's time and does not follow the tablet's clock") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const int64_t heard = world.clock.wall_ms();
  world.clock.set_wall(heard + 365LL * 86'400'000);
  amy.person(scope, "Edith");
  const auto decoded = take(proto::decode_transaction("north", amy.request().push.at(0).transaction));
  CHECK(decoded.transaction.header.heard_ms == heard);
  CHECK(decoded.transaction.header.wall_ms == heard + 365LL * 86'400'000);
}

TEST_CASE("an answer that says nothing but the time is not written, and known all the same") {
  World world;
  support::MemoryDisk disk;
  Tablet amy("tablet.db", "amy", world.clock, 5, disk.vfs());
  const ScopeId scope = amy.open_scope("case");
  amy.sync(world.centre);
  const int64_t written = world.clock.wall_ms();
  const auto reader = take(amy.store->reader());
  store::SessionMemory sent;
  take(amy.store->build_request({}, sent));  // the cursors; nothing moves any more
  const auto hear = [&](int64_t after_ms) {
    world.clock.advance(after_ms);
    const auto request = take(amy.store->build_request({}, sent));
    const auto response = world.centre.answer(request, amy.store->identity().replica, "amy");
    const uint64_t before = disk.operations();
    const auto applied = amy.apply(response, request);
    CHECK(applied.pushed_all);
    CHECK(!applied.more);
    return disk.operations() - before;
  };
  CHECK(hear(60'000) == 0);
  CHECK(take(reader->status()).last_sync_ms == written + 60'000);
  CHECK(take(amy.store->status()).last_sync_ms == written + 60'000);
  SECTION("a commit knows it, and writes it") {
    amy.person(scope, "Edith");
    const auto decoded = take(proto::decode_transaction("north", amy.request().push.at(0).transaction));
    CHECK(decoded.transaction.header.heard_ms == written + 60'000);
    amy.close();
    amy.open();
    CHECK(amy.status().last_sync_ms == written + 60'000);
  }
  SECTION("whoever dies knows less, by minutes") {
    amy.close();
    amy.open();
    CHECK(amy.status().last_sync_ms == written);
  }
  SECTION("after some minutes it is written") {
    CHECK(hear(5 * 60'000) > 0);
    CHECK(hear(1000) == 0);
    amy.close();
    amy.open();
    CHECK(amy.status().last_sync_ms == written + 6 * 60'000);
  }
}

TEST_CASE("cursors are sent once, then only those that moved") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId first = world.shared_case({&amy}), second = world.shared_case({&amy});
  store::SessionMemory sent;
  const auto all = take(amy.store->build_request({}, sent));
  CHECK(all.all_cursors);
  CHECK(all.cursors.size() == 2);
  const auto none = take(amy.store->build_request({}, sent));
  CHECK(!none.all_cursors);
  CHECK(none.cursors.empty());
  amy.person(first, "Edith");
  amy.sync(world.centre);
  const auto moved = take(amy.store->build_request({}, sent));
  REQUIRE(moved.cursors.size() == 1);
  CHECK(moved.cursors[0].scope == first);
  (void)second;
}
