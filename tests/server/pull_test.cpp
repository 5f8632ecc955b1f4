// What a device is given: nothing without a right, whole snapshots in parts, digests, cursors, the long poll.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "core/model/limits.hpp"
#include "server/changes.hpp"
#include "server/pull.hpp"
#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;
using proto::VerdictKind;
using server::Reply;

TEST_CASE("not a byte of a scope leaves without a right to it") {
  World world;
  const ScopeId mine = world.grant("ana"), theirs = world.grant("ben");
  Tablet ana(world, "ana"), ben(world, "ben");
  ben.note(theirs, "Mrs Pomegranate has moved");
  ben.sync_all();
  proto::SyncRequest request = ana.request();
  proto::Cursor cursor;
  cursor.scope = theirs;
  request.cursors.push_back(cursor);  // it may well ask
  request.urgent = {theirs};
  const Reply reply = ana.send(request);
  const auto answer = must(proto::decode_sync_response(reply.body));
  for (const auto& page : answer.pages) CHECK(page.scope == mine);
  for (const auto& grant : answer.grants) CHECK(grant.scope == mine);
  CHECK(reply.body.find("Pomegranate") == Bytes::npos);
  CHECK(reply.body.find(std::string(theirs.view())) == Bytes::npos);
}

TEST_CASE("a first sync in small parts is the same as in one, while others go on writing") {
  World world;
  if (GENERATE(false, true)) {  // also in an epoch that this very process began after another
    world.crash();
    world.start();
  }
  const ScopeId scope = world.grant("ana");
  world.grant_in("ben", scope);
  Tablet ana(world, "ana"), ben(world, "ben");
  for (int i = 0; i < 40; ++i) ana.note(scope, std::string(900, 'a'));
  ana.sync_all();
  ben.budget = 4000;
  int rounds = 0;
  while (ben.sync().more) {
    if (++rounds % 3 == 0) {
      ana.note(scope, "meanwhile");
      ana.sync_all();
    }
    REQUIRE(rounds < 60);
  }
  CHECK(rounds > 5);
  CHECK(ben.snapshots == 1);
  CHECK(ben.restarts == 0);
  CHECK(ben.state(scope).head == ana.state(scope).head);
  CHECK(ben.state(scope).state_digest == ana.state(scope).state_digest);
  CHECK(ben.state(scope).log_digest == ana.state(scope).log_digest);
}

TEST_CASE("an empty scope is received whole, and then grows") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana"), again(world, "ana");
  ana.sync_all();
  CHECK(ana.holds(scope));
  CHECK(ana.sync().pages.empty());
  again.note(scope, "x");
  again.sync_all();
  ana.sync_all();
  CHECK(ana.state(scope).head == 1);
}

TEST_CASE("its own entries come back without their bytes, unless its counter says that it lost them") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.sync_all();
  ana.note(scope, "one");
  auto answer = ana.answer(ana.request());
  REQUIRE(answer.pages.size() == 1);
  REQUIRE(answer.pages[0].entries.size() == 1);
  CHECK(answer.pages[0].entries[0].bytes.empty());
  proto::SyncRequest rolled_back = ana.request(false);
  for (auto& cursor : rolled_back.cursors) cursor.own_counter = 0;
  answer = ana.answer(rolled_back);
  REQUIRE(answer.pages.size() == 1);
  CHECK_FALSE(answer.pages[0].entries[0].bytes.empty());
}

TEST_CASE("what is urgent comes first, the directory last, and a budget is kept") {
  World world;
  const ScopeId big = world.grant("ana"), small = world.grant("ana"), team = world.grant("ana", "team");
  Tablet writer(world, "ana");
  for (int i = 0; i < 10; ++i) writer.note(big, std::string(500, 'x'));
  writer.note(small, "y");
  writer.sync_all();
  Tablet ana(world, "ana");
  ana.sync_all();  // holds all
  for (int i = 0; i < 9; ++i) writer.note(big, std::string(500, 'x'));
  writer.note(small, "y");
  writer.sync_all();
  must(world.admin()->import_directory(org, team, R"([{"id":"1","name":"Lunch club"}])"));
  const auto order = [&](std::vector<ScopeId> urgent) {
    proto::SyncRequest request = ana.request();
    request.urgent = std::move(urgent);
    std::vector<ScopeId> scopes;
    for (const auto& page : ana.answer(request).pages) scopes.push_back(page.scope);
    return scopes;
  };
  CHECK(order({}) == std::vector<ScopeId>{small, big, team});
  CHECK(order({team}) == std::vector<ScopeId>{team, small, big});
  ana.budget = 1500;
  const auto part = ana.answer(ana.request());
  CHECK(part.more);
  CHECK(proto::encode(part).size() < 3500);
}

TEST_CASE("cursors are sent once; a centre that forgot asks for all of them") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana"), other(world, "ana");
  ana.sync_all();
  proto::SyncRequest bare;
  bare.sent_at_ms = world.clock.wall_ms();
  bare.budget_bytes = 1 << 20;
  bare.grants_version = ana.grants_version;
  ana.sync_all();
  CHECK(ana.answer(bare).pages.empty());
  other.note(scope, "news");
  other.sync_all();
  CHECK(ana.answer(bare).pages.size() == 1);
  world.stop();
  world.start();
  const auto answer = ana.answer(bare);
  CHECK(answer.send_all_cursors);
  CHECK(answer.pages.empty());
  ana.sync_all();
  CHECK(ana.state(scope).head == 1);
}

TEST_CASE("a log or state that differs at the cursor begins anew with a snapshot") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.note(scope, "x");
  ana.sync_all();
  const auto restarts_with = [&](const std::function<void(proto::Cursor&)>& bend) {
    ana.sign_in();
    proto::SyncRequest request = ana.request();
    bend(request.cursors.at(0));
    const auto answer = ana.answer(request);
    return answer.pages.size() == 1 && answer.pages[0].restart;
  };
  CHECK_FALSE(restarts_with([](proto::Cursor&) {}));
  CHECK(restarts_with([](proto::Cursor& cursor) { cursor.log_digest.bytes[0] ^= 1; }));
  CHECK(restarts_with([](proto::Cursor& cursor) { cursor.state_digest.bytes[0] ^= 1; }));
  CHECK_FALSE(restarts_with([](proto::Cursor& cursor) { cursor.state_digest = Hash256{}; }));
}

TEST_CASE("a parked poll is woken by another device, by an operator in another process, and by nothing else") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("ben", scope);
  Tablet ana(world, "ana"), ben(world, "ben");
  ana.sync_all();
  ben.sync_all();
  ana.sync_all();
  proto::SyncRequest poll = ana.request();
  poll.wait_ms = 30'000;
  poll.push.clear();
  Reply reply = ana.send(poll);
  CHECK(reply.status == 200);
  CHECK(reply.park_ms == 30'000);
  CHECK_FALSE(reply.body.empty());
  const uint64_t before = world.service->wake();
  CHECK(world.service->wake() == before);
  ben.note(scope, "news");
  ben.sync();
  CHECK(world.service->wake() != before);
  reply = ana.send(poll, true);
  CHECK(reply.park_ms == 0);
  ana.apply(must(proto::decode_sync_response(reply.body)));
  CHECK(ana.state(scope).head == 1);

  const uint64_t quiet = world.service->wake();
  must(world.admin()->withdraw(org, "ana", scope));
  CHECK(world.service->wake() != quiet);
  poll = ana.request();
  poll.wait_ms = 30'000;
  reply = ana.send(poll);
  CHECK(reply.park_ms == 0);
  REQUIRE(must(proto::decode_sync_response(reply.body)).grants.size() == 1);
  CHECK(must(proto::decode_sync_response(reply.body)).grants[0].withdrawn);
}

TEST_CASE("a parked poll hears of a suspension when its time comes, and is left alone by changes elsewhere") {
  World world;
  const ScopeId scope = world.grant("ana"), elsewhere = world.grant("ben");
  Tablet ana(world, "ana"), ben(world, "ben");
  ana.sync_all();
  ben.sync_all();
  proto::SyncRequest poll = ana.request();
  poll.wait_ms = 30'000;
  REQUIRE(ana.send(poll).park_ms == 30'000);
  ben.note(elsewhere, "not Ana's");
  ben.sync_all();
  CHECK(ana.send(poll, true).park_ms == 30'000);
  must(world.admin()->suspend(org, "ana", world.clock.wall_ms() + 5'000));
  world.service->wake();
  REQUIRE(ana.send(poll, true).park_ms == 0);  // told of the new state of its rights; still good
  ana.sync_all();
  poll = ana.request();
  poll.wait_ms = 30'000;
  REQUIRE(ana.send(poll).park_ms == 30'000);
  world.clock.advance(6'000);
  const Reply reply = ana.send(poll, true);
  CHECK(reply.park_ms == 0);
  const auto answer = must(proto::decode_sync_response(reply.body));
  REQUIRE(answer.grants.size() == 1);
  CHECK(answer.grants[0].scope == scope);
  CHECK(answer.grants[0].withdrawn);
}

TEST_CASE("what changed lately is known per scope, and in doubt it may be anything") {
  server::Changes changes;
  const ScopeId here{uuid_v8("scope", "here", "")}, there{uuid_v8("scope", "there", "")};
  const uint64_t begin = changes.now();
  changes.in_scope(1, here);
  CHECK(changes.touched_since(begin, 1, {here}));
  CHECK_FALSE(changes.touched_since(begin, 1, {there}));
  CHECK_FALSE(changes.touched_since(begin, 2, {here}));
  const uint64_t later = changes.now();
  CHECK_FALSE(changes.touched_since(later, 1, {here}));
  for (int i = 0; i < 5000; ++i) changes.in_scope(1, there);
  CHECK(changes.touched_since(later, 1, {here}));  // too long ago to know
  CHECK_FALSE(changes.touched_since(changes.now(), 1, {there}));
  const uint64_t before = changes.now();
  changes.anywhere();
  CHECK(changes.touched_since(before, 7, {}));
  CHECK_FALSE(changes.touched_since(changes.now(), 7, {here}));
}

TEST_CASE("a resumed poll does not push again") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.sync_all();
  ana.note(scope, "x");
  const Reply reply = ana.send(ana.request(), true);
  CHECK(must(proto::decode_sync_response(reply.body)).verdicts.empty());
}

TEST_CASE("the centre knows which device holds which scopes, from before the first byte left until it purged") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  const proto::SyncRequest request = ana.request();
  ana.answer(request);  // the answer is lost: it may have arrived all the same
  auto devices = must(world.admin()->devices(org));
  REQUIRE(devices.size() == 1);
  CHECK(devices[0].worker == "ana");
  CHECK(devices[0].replica == ana.replica);
  REQUIRE(devices[0].held.size() == 1);
  CHECK(devices[0].held[0].first == scope);
  ana.note(scope, "x");
  ana.sync_all();
  ana.note(scope, "y");
  ana.sync_all();
  CHECK(must(world.admin()->devices(org)).at(0).held.at(0).second >= 1);
}

TEST_CASE("a snapshot under way goes on across a kill, and begins anew when the centre went back in time") {
  namespace fs = std::filesystem;
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("ben", scope);
  world.stop();
  fs::copy_file(world.file("centre.db"), world.file("yesterday.db"));
  world.start();
  Tablet ana(world, "ana"), ben(world, "ben");
  ana.sync_all();
  for (int i = 0; i < 20; ++i) ana.note(scope, std::string(900, 'a'));
  ana.sync_all();
  ben.budget = 4000;
  ben.sync();
  CHECK(ben.snapshots == 0);
  SECTION("killed: what was answered is still there") {
    world.crash();
    world.start();
    ben.sync_all();
    CHECK(ben.restarts == 0);
  }
  SECTION("restored: the same position now means something else") {
    world.stop();
    fs::copy_file(world.file("yesterday.db"), world.file("centre.db"), fs::copy_options::overwrite_existing);
    world.start();
    Tablet other(world, "ana");
    for (int i = 0; i < 25; ++i) other.note(scope, std::string(900, 'b'));
    other.sync_all();
    ben.sign_in();
    ben.sync_all();
    CHECK(ben.restarts == 1);
    CHECK(ben.state(scope).state_digest == other.state(scope).state_digest);
    return;
  }
  CHECK(ben.state(scope).state_digest == ana.state(scope).state_digest);
}

TEST_CASE("a request that was long on its way moves no cursor back; the tablet is asked for all of them") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana"), ben(world, "ben");
  world.grant_in("ben", scope);
  ana.sync_all();
  const proto::SyncRequest slow = ana.request();
  world.clock.advance(1000);
  ben.note(scope, "meanwhile");
  ben.sync_all();
  ana.sync_all();
  ana.sync();
  REQUIRE(ana.state(scope).head == 1);
  ana.send(slow);
  world.clock.advance(1000);
  proto::SyncRequest unmoved = ana.request();
  unmoved.cursors.clear();
  const auto answer = ana.answer(unmoved);
  CHECK(answer.pages.empty());
  CHECK(answer.send_all_cursors);
  ana.apply(answer);
  const auto after = ana.sync();
  CHECK(after.pages.empty());
  CHECK_FALSE(after.send_all_cursors);
}

TEST_CASE("a tablet whose clock is set back in mid-session goes on") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.note(scope, "before");
  ana.sync_all();
  ana.note(scope, "after");
  const auto sync_with_clock_back = [&] {
    proto::SyncRequest request = ana.request();
    request.sent_at_ms -= 3'600'000;
    const auto answer = ana.answer(request);
    ana.apply(answer);
    return answer.send_all_cursors;
  };
  CHECK(sync_with_clock_back());
  CHECK_FALSE(sync_with_clock_back());
  CHECK(ana.state(scope).head == 2);
  CHECK_FALSE(sync_with_clock_back());
}

TEST_CASE("of what a tablet names the centre remembers only what it has to do with") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.sync_all();
  auto centre = must(server::Centre::open(world.options, domain_schema(), world.clock, world.random, world.logger));
  const auto session = must(server::find_session(centre->db(), "Bearer " + ana.credential, world.clock.wall_ms()));
  server::SessionMemory memory;
  proto::SyncRequest request;
  request.all_cursors = true;
  for (const ScopeId& named : {scope, ScopeId{random_128(world.random)}}) {
    proto::Cursor cursor;
    cursor.scope = named;
    cursor.history = {{EpochId{random_128(world.random)}, 1}};
    request.cursors.push_back(cursor);
  }
  server::remember(memory, request);
  REQUIRE(memory.cursors.size() == 2);
  must(server::Pull(*centre, session, memory, request).tidy());
  REQUIRE(memory.cursors.size() == 1);
  CHECK(memory.cursors.begin()->first == scope);
  CHECK(memory.cursors.begin()->second.history.empty());
  CHECK(memory.moved == std::set<ScopeId>{scope});
  CHECK(memory.complete);
}

TEST_CASE("more cursors than one request may name are not gathered from several") {
  World world;
  server::SessionMemory memory;
  proto::SyncRequest request;
  request.all_cursors = true;
  const auto fill = [&](size_t count) {
    request.cursors.resize(count);
    for (auto& cursor : request.cursors) cursor.scope = ScopeId{random_128(world.random)};
    server::remember(memory, request);
  };
  fill(model::limits::cursors);
  CHECK(memory.complete);
  CHECK(memory.cursors.size() == model::limits::cursors);
  request.all_cursors = false;
  fill(1);
  CHECK_FALSE(memory.complete);
  CHECK(memory.cursors.empty());
}
