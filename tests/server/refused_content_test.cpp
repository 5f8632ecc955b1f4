// After a restore: the centre knows again what it refused, and gets the content again from its author's tablet.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;
using proto::VerdictKind;
namespace fs = std::filesystem;

namespace {

struct Restored {
  Restored() : scope(world.grant("ana")), ana(world, "ana") {
    world.grant_in("ben", scope);
    ben.emplace(world, "ben");
    ana.note(scope, "before");
    settle();
    world.stop();
    fs::copy_file(world.file("centre.db"), world.directory / "yesterday.db");
    world.start();
  }
  void settle() {
    for (int i = 0; i < 3; ++i) {
      ana.sync_all();
      ben->sync_all();
    }
  }
  void put_back() {
    world.stop();
    fs::copy_file(world.directory / "yesterday.db", world.file("centre.db"), fs::copy_options::overwrite_existing);
    world.start();
    world.clock.advance(1000);
    ana.sign_in();
    ben->sign_in();
  }
  // Only the centre writes the number: refused.
  const Written& refused() {
    return ana.write(scope, {assign("person", person, "nhs_number", model::Kind::server, "1")});
  }
  const Written& pronoun(const std::string& words) {
    return ana.write(scope, {assign("person", person, "pronoun", model::Kind::register_, words)});
  }
  VerdictKind push_content(const Written& written) {
    proto::SyncRequest request = ana.request(false);
    request.push = {{written.bytes, std::nullopt, std::nullopt, true}};
    const auto answer = ana.answer(request);
    wanted = answer.content_wanted;
    return answer.verdicts.at(0).kind;
  }
  size_t waiting() { return must(world.admin()->quarantine(org)).size(); }

  World world;
  ScopeId scope;
  Tablet ana;
  std::optional<Tablet> ben;
  RecordId person{random_128(world.random)};
  std::vector<model::TransactionId> wanted;
};

}  // namespace

TEST_CASE("after a restore the content of a refused slot is asked for, and an operator can release it") {
  Restored r;
  const Written& one = r.refused();
  r.settle();
  const auto before = must(r.world.admin()->quarantine(org));
  REQUIRE(before.size() == 1);
  r.put_back();
  CHECK(r.waiting() == 0);
  r.ben->sync_all();  // a colleague brings the empty slot back
  CHECK(r.ben->sync().content_wanted.empty());  // and is not asked for what is in it
  CHECK(r.waiting() == 0);
  proto::SyncResponse answer = r.ana.sync();
  CHECK(answer.content_wanted == std::vector{one.id()});
  r.ana.sync_all();
  CHECK(r.push_content(one) == VerdictKind::quarantined);
  CHECK(r.wanted.empty());
  const auto after = must(r.world.admin()->quarantine(org));
  REQUIRE(after.size() == 1);
  CHECK(after[0].id == before[0].id);
  CHECK(after[0].ops == before[0].ops);
  CHECK(after[0].reason == before[0].reason);
  CHECK(after[0].received_ms == before[0].received_ms);
  must(r.world.admin()->release(org, one.id()));
  r.settle();
  CHECK(r.ben->values(r.scope, "person", r.person, "nhs_number") == std::vector<std::string>{"1"});
  CHECK(r.ben->state(r.scope).log_digest == r.ana.state(r.scope).log_digest);
}

TEST_CASE("after a restore the content under an id that never opened a session is asked for, too") {
  Restored r;
  // Issued again after the tablet was copied (core/store/fork.hpp).
  model::Transaction again;
  again.header.id = {r.scope, ReplicaId{random_128(r.world.random)}, 1};
  again.header.worker = "ana";
  again.header.wall_ms = r.world.clock.wall_ms();
  again.header.schema_version = 1;
  again.header.base = again.header.shown = r.ana.version(r.scope);
  again.ops = {assign("person", r.person, "nhs_number", model::Kind::server, "1")};
  const auto encoded = proto::encode_transaction(org, again, {}, r.world.random);
  REQUIRE(encoded.ok());
  proto::SyncRequest request = r.ana.request(false);
  request.push = {{encoded->bytes, std::nullopt, std::nullopt, false}};
  REQUIRE(r.ana.answer(request).verdicts.at(0).kind == VerdictKind::quarantined);
  r.settle();
  r.put_back();
  r.ben->sync_all();  // a colleague brings the empty slot back; who wrote it is not in that
  CHECK(r.waiting() == 0);
  CHECK(r.ana.sync().content_wanted == std::vector{again.header.id});
  request = r.ana.request(false);
  request.push = {{encoded->bytes, std::nullopt, std::nullopt, true}};
  const auto answer = r.ana.answer(request);
  CHECK(answer.verdicts.at(0).kind == VerdictKind::quarantined);
  CHECK(answer.content_wanted.empty());
  CHECK(r.waiting() == 1);
}

TEST_CASE("what builds on a refused slot waits after a restore until its content is here, and then goes with it") {
  Restored r;
  const Written& one = r.refused();
  CHECK(r.ana.push(one).kind == VerdictKind::quarantined);
  r.ben->sync_all();
  const Written& builds = r.pronoun("they");  // written before the verdict was known, and not yet sent
  const Written& apart = r.ana.note(r.scope, "apart");
  r.put_back();
  r.ben->sync_all();
  CHECK(r.ana.push(builds).missing_counter == one.id().counter);
  CHECK(r.ana.push(builds).kind == VerdictKind::not_yet);
  CHECK(r.push_content(one) == VerdictKind::quarantined);
  CHECK(r.ana.push(builds).kind == VerdictKind::quarantined);
  CHECK(r.ana.push(apart).kind == VerdictKind::accepted);
}

TEST_CASE("content that is not that of the slot, or whose slot is not there, is not taken") {
  Restored r;
  const Written one = r.refused();
  r.settle();
  CHECK(r.push_content(one) == VerdictKind::quarantined);  // nothing lost: a repeat
  r.put_back();
  CHECK(r.push_content(one) == VerdictKind::not_yet);  // the slot has not come back
  r.ben->sync_all();
  CHECK(r.waiting() == 0);
  Written other = one;
  other.transaction.ops = {assign("person", r.person, "pronoun", model::Kind::register_, "x")};
  model::Version previous = one.transaction.header.base;
  other.bytes = must(proto::encode_transaction(org, other.transaction, previous, r.world.random)).bytes;
  CHECK(r.push_content(other) == VerdictKind::fork);
  CHECK(r.waiting() == 0);
  CHECK(r.push_content(one) == VerdictKind::quarantined);
  CHECK(r.waiting() == 1);
  CHECK(r.push_content(r.ana.written.front()) == VerdictKind::accepted);  // it stands, there is nothing to keep
  CHECK(r.waiting() == 1);
}

TEST_CASE("an author who never heard the verdict brings the content with a plain repeat") {
  Restored r;
  const Written& one = r.refused();
  (void)r.ana.answer(r.ana.request());  // the answer is lost
  r.ben->sync_all();
  r.put_back();
  r.ben->sync_all();
  CHECK(r.ana.push(one).kind == VerdictKind::quarantined);
  CHECK(r.waiting() == 1);
}

TEST_CASE("what an operator refused for good before the restore stays refused when its content comes again") {
  Restored r;
  const Written& one = r.refused();
  r.settle();
  must(r.world.admin()->refuse(org, one.id(), "not ours"));
  r.put_back();
  r.ben->sync_all();
  CHECK(r.push_content(one) == VerdictKind::quarantined);
  CHECK(r.waiting() == 0);
  CHECK(r.world.admin()->release(org, one.id()).error().code == Code::invalid);
}
