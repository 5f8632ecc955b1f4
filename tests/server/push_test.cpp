// Verdicts: DESIGN §2.4-2.6, each rule with the obvious alternative shown wrong beside it.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;
using proto::VerdictKind;

TEST_CASE("what a worker with a right writes is accepted with an envelope, and reaches a colleague") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("ben", scope);
  Tablet ana(world, "ana"), ben(world, "ben");
  const RecordId note{random_128(world.random)};
  ana.note(scope, "Rang at ten.", note);
  const auto answer = ana.sync();
  REQUIRE(answer.verdicts.size() == 1);
  CHECK(answer.verdicts[0].kind == VerdictKind::accepted);
  CHECK(answer.verdicts[0].position == 1);
  CHECK(answer.verdicts[0].envelope.received_ms == world.clock.wall_ms());
  CHECK(answer.verdicts[0].envelope.mac != Mac{});
  ben.sync_all();
  CHECK(ben.values(scope, "visit_note", note, "body") == std::vector<std::string>{"Rang at ten."});
}

TEST_CASE("an exact repeat gets the same verdict again and takes no second place") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  const auto& one = ana.note(scope, "once");
  const auto first = ana.push(one), second = ana.push(one);
  CHECK(first.kind == VerdictKind::accepted);
  CHECK(second.kind == VerdictKind::accepted);
  CHECK(second.envelope == first.envelope);
  CHECK(second.position == first.position);
  ana.sync_all();
  CHECK(ana.state(scope).head == 1);
}

TEST_CASE("the same id with other content is a fork and leaves the first one alone") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  Tablet copy(world, "ana");
  copy.replica = ana.replica;
  copy.proof = ana.proof;
  copy.sign_in();
  const auto& first = ana.note(scope, "on the tablet");
  const auto& second = copy.note(scope, "on its copy");
  REQUIRE(first.id() == second.id());
  CHECK(ana.push(first).kind == VerdictKind::accepted);
  CHECK(copy.push(second).kind == VerdictKind::fork);
  CHECK(ana.push(first).kind == VerdictKind::accepted);
}

TEST_CASE("what a copied store wrote behind a fork is a fork too, when it comes in the same request") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  Tablet copy(world, "ana");
  copy.replica = ana.replica;
  copy.proof = ana.proof;
  copy.sign_in();
  ana.note(scope, "on the tablet");
  ana.sync();
  copy.note(scope, "on its copy");
  copy.note(scope, "and behind it");
  for (const auto& verdict : copy.answer(copy.request()).verdicts) CHECK(verdict.kind == VerdictKind::fork);
  ana.sync_all();
  CHECK(ana.state(scope).head == 1);
}

TEST_CASE("two requests in flight in any order, answers lost: no good note ever lands in quarantine") {
  std::vector<std::vector<size_t>> requests{{0, 1}, {0, 1, 2}, {2}};
  std::sort(requests.begin(), requests.end());
  do {
    World world;
    const ScopeId scope = world.grant("ana");
    Tablet ana(world, "ana");
    for (const char* words : {"a1", "a2", "a3"}) ana.note(scope, words);
    for (const auto& order : requests) {
      proto::SyncRequest request = ana.request(false);
      for (const size_t i : order) request.push.push_back({ana.written[i].bytes, std::nullopt});
      for (const auto& verdict : ana.answer(request).verdicts) {
        const bool good = verdict.kind == VerdictKind::accepted || verdict.kind == VerdictKind::not_yet;
        CHECK(good);
      }
    }
    ana.sync_all();
    CHECK(ana.outbox.empty());
    CHECK(ana.state(scope).head == 3);
    CHECK(must(world.admin()->quarantine(org)).empty());
  } while (std::next_permutation(requests.begin(), requests.end()));
}

TEST_CASE("a gap is not yet, and names the replica's own first missing slot") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  for (const char* words : {"1", "2", "3"}) ana.note(scope, words);
  CHECK(ana.push(ana.written[0]).kind == VerdictKind::accepted);
  const auto verdict = ana.push(ana.written[2]);
  CHECK(verdict.kind == VerdictKind::not_yet);
  CHECK(verdict.missing_replica == ana.replica);
  CHECK(verdict.missing_counter == 2);
}

TEST_CASE("a base that the centre does not hold is not yet, and names the first slot missing in it") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ReplicaId other{random_128(world.random)};
  const auto& one = ana.write(scope, {}, [&](model::Header& header) {
    header.base.set(other, 4);
    header.shown = header.base;
  });
  const auto verdict = ana.push(one);
  CHECK(verdict.kind == VerdictKind::not_yet);
  CHECK(verdict.missing_replica == other);
  CHECK(verdict.missing_counter == 1);
}

TEST_CASE("more than one request may carry is not yet, without a slot") {
  World world;
  world.stop();
  world.options.push_bytes_most = 3000;
  world.start();
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  for (int i = 0; i < 3; ++i) ana.note(scope, std::string(1500, 'x'));
  const auto answer = ana.sync();
  REQUIRE(answer.verdicts.size() == 3);
  CHECK(answer.verdicts[0].kind == VerdictKind::accepted);
  CHECK(answer.verdicts[2].kind == VerdictKind::not_yet);
  CHECK(answer.verdicts[2].missing_replica.is_nil());
  CHECK(answer.verdicts[2].missing_counter == 0);
  ana.sync_all();
  ana.sync_all();
  CHECK(ana.outbox.empty());
}

TEST_CASE("one malformed transaction refuses its request and leaves nothing of it") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  const auto& good = ana.note(scope, "good");
  proto::SyncRequest request = ana.request(false);
  request.push = {{good.bytes, std::nullopt}, {"not a transaction", std::nullopt}};
  const auto reply = ana.send(request);
  CHECK(reply.status == 400);
  CHECK(must(proto::decode_failure(reply.body)).code == "protocol");
  ana.sync_all();
  CHECK(ana.state(scope).head == 1);
  CHECK(ana.verdicts.at(good.id()).position == 1);
}

TEST_CASE("nobody can take the slots of another worker's tablet") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("ben", scope);
  Tablet ana(world, "ana"), ben(world, "ben");
  const ReplicaId own = ben.replica;
  ben.replica = ana.replica;
  const auto& forged = ben.note(scope, "as if Ana had written it");
  ben.replica = own;
  CHECK(ben.send([&] {
             proto::SyncRequest request = ben.request(false);
             request.push = {{forged.bytes, std::nullopt}};
             return request;
           }())
            .status == 403);
  ana.note(scope, "really Ana");
  CHECK(ana.sync().verdicts.at(0).kind == VerdictKind::accepted);
}

TEST_CASE("an id that never signed in belongs to the worker who was first to deliver under it") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("ben", scope);
  Tablet ana(world, "ana"), ben(world, "ben");
  const auto send = [](Tablet& tablet, const Bytes& bytes) {
    proto::SyncRequest request = tablet.request(false);
    request.push = {{bytes, std::nullopt}};
    return tablet.send(request);
  };
  // What a fork left is issued again under an id of its own, in the session of the tablet.
  const ReplicaId again{random_128(world.random)}, anas = ana.replica, bens = ben.replica;
  ana.replica = ben.replica = again;
  const Bytes issued = ana.note(scope, "again").bytes, taken = ben.note(scope, "as if Ana had written it").bytes;
  ana.replica = anas;
  ben.replica = bens;
  const auto reply = send(ana, issued);
  REQUIRE(reply.status == 200);
  CHECK(must(proto::decode_sync_response(reply.body)).verdicts.at(0).kind == VerdictKind::accepted);
  CHECK(send(ben, taken).status == 403);
  // Nor can Ben open a session with it; Ana can, and has bound it to her secret then.
  ben.replica = ana.replica = again;
  CHECK(ben.try_sign_in(ben.proof).status == 409);
  CHECK(ana.try_sign_in(ana.proof).status == 200);
  CHECK(ana.try_sign_in(ben.proof).status == 409);
}

TEST_CASE("the requests of many devices in one batch are judged each on its own") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("ben", scope);
  Tablet ana(world, "ana"), ben(world, "ben");
  ana.note(scope, "from Ana");
  ben.note(scope, "from Ben");
  proto::SyncRequest broken = ana.request(false);
  broken.push = {{"broken", std::nullopt}};
  const auto as = [](const Tablet& tablet, const proto::SyncRequest& request) {
    return server::Request{"/v1/sync", "Bearer " + tablet.credential, proto::encode(request), false};
  };
  const auto replies = world.service->handle({as(ana, ana.request()),
                                              as(ana, broken),
                                              as(ben, ben.request()),
                                              {"/v1/sync", "Bearer nobody", {}, false},
                                              {"/elsewhere", "", {}, false}});
  REQUIRE(replies.size() == 5);
  CHECK(replies[0].status == 200);
  CHECK(replies[1].status == 400);
  CHECK(replies[2].status == 200);
  CHECK(replies[3].status == 401);
  CHECK(replies[4].status == 404);
  // The pull of the first is later than the push of the third: one snapshot after one transaction.
  ana.apply(must(proto::decode_sync_response(replies[0].body)));
  ben.apply(must(proto::decode_sync_response(replies[2].body)));
  ana.sync_all();
  ben.sync_all();
  CHECK(ana.state(scope).head == 2);
  CHECK(ana.state(scope).log_digest == ben.state(scope).log_digest);
  CHECK(ana.state(scope).state_digest == ben.state(scope).state_digest);
}

TEST_CASE("ord: a clock a year ahead does not win for a year") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("ben", scope);
  Tablet ana(world, "ana"), ben(world, "ben");
  ben.sync_all();
  const RecordId person{random_128(world.random)};
  const int64_t year = int64_t{365} * 86'400'000;
  ana.write(scope, {assign("person", person, "preferred_name", model::Kind::register_, "stale")},
            [&](model::Header& header) { header.wall_ms += year; });
  proto::SyncRequest request = ana.request();
  request.sent_at_ms += year;
  ana.apply(ana.answer(request));
  world.clock.advance(600'000);
  ben.write(scope, {assign("person", person, "preferred_name", model::Kind::register_, "right")});
  ben.sync_all();
  CHECK(ana.verdicts.begin()->second.envelope.ord < ben.verdicts.begin()->second.envelope.ord);
}
