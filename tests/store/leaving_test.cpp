#include <sodium.h>
#include <catch2/catch_test_macros.hpp>

#include "core/sqlite/database.hpp"
#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

int64_t count(Tablet& tablet, const std::string& sql) {
  auto reader = take(tablet.store->reader());
  sqlite::Statement* q = take(reader->database().prepare_dynamic(sql));
  sqlite::StatementScope scope(*q);
  take(scope->step());
  return scope->int64(0);
}

}  // namespace

TEST_CASE("a withdrawn case is delivered first, then purged, then confirmed") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId edith = amy.person(scope, "Edith");
  world.settle({&amy, &ben});
  amy.commit({assign("person", edith, "email", "the late note")});
  world.centre.withdraw("amy", scope);

  // The answer that withdraws comes before the push is through.
  auto request = amy.request();
  request.push.clear();
  amy.apply(world.centre.answer(request, amy.store->identity().replica, "amy"), request);
  CHECK(amy.text(edith, "email") == "the late note");
  const auto refused = amy.try_commit({assign("person", edith, "email", "one more")});
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == Code::permission);

  const auto delivered = amy.round(world.centre);
  CHECK(delivered.purged == std::vector<ScopeId>{scope});
  CHECK(!amy.record("person", edith));
  CHECK(amy.request().purged == std::vector<ScopeId>{scope});
  amy.sync(world.centre);
  CHECK(amy.request().purged.empty());
  ben.sync(world.centre);
  CHECK(ben.text(edith, "email") == "the late note");
  CHECK(count(amy, "SELECT count(*) FROM records") == 0);
  CHECK(count(amy, "SELECT count(*) FROM entries") == 0);
  CHECK(count(amy, "SELECT count(*) FROM field_index") == 0);
  amy.verify();
}

TEST_CASE("a scope that is missing from the list of grants is left as well") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.person(scope, "Edith");
  const ScopeId own = amy.open_scope("case");  // opened here and not yet known there: it stays
  auto request = amy.request();
  request.push.clear();
  auto response = world.centre.answer(request, amy.store->identity().replica, "amy");
  response.grants.clear();
  response.grants_version += 1;
  amy.apply(response, request);
  const auto scopes = take(take(amy.store->reader())->scopes());
  REQUIRE(scopes.size() == 2);
  for (const auto& info : scopes) CHECK(info.withdrawn == (info.id == scope));
  (void)own;
}

TEST_CASE("a scope that is withdrawn and given again goes on with its counters") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  world.centre.withdraw("amy", scope);
  amy.sync(world.centre);
  REQUIRE(!amy.record("person", edith));
  SECTION("by its log") {}
  SECTION("by a snapshot below what it wrote") {
    world.centre.write(scope, {create(scope, "person", amy.new_id()).op});
    world.centre.snapshot_at = 1;
  }
  world.centre.grant("amy", scope);
  amy.sync(world.centre);
  CHECK(amy.text(edith, "name") == "Edith");
  amy.commit({assign("person", edith, "name", "Edie")});
  amy.sync(world.centre);
  CHECK(amy.status().unsent == 0);
  CHECK(amy.text(edith, "name") == "Edie");
  CHECK(world.centre.entries(scope).back().id.counter == 2);
  CHECK(world.centre.entries(scope).back().id.replica == amy.store->identity().replica);
  amy.verify();
}

TEST_CASE("a reader's role reads and does not write") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.centre.add_scope("case");
  world.centre.grant("amy", scope, "reader");
  amy.sync(world.centre);
  const auto result = amy.try_commit({create(scope, "person", amy.new_id())});
  REQUIRE(!result.ok());
  CHECK(result.error().code == Code::permission);
}

TEST_CASE("what no backup covers yet stays behind sealed, and only the organisation can open it") {
  World world;
  unsigned char public_key[crypto_box_PUBLICKEYBYTES], secret_key[crypto_box_SECRETKEYBYTES];
  crypto_box_keypair(public_key, secret_key);
  world.centre.sealing_key.assign(reinterpret_cast<const char*>(public_key), sizeof public_key);
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.person(scope, "Covered");
  amy.sync(world.centre);
  world.centre.keeps_backup = true;
  world.centre.backup_to = 1;
  amy.person(scope, "Not covered");
  amy.sync(world.centre);
  world.centre.withdraw("amy", scope);
  amy.sync(world.centre);
  REQUIRE(count(amy, "SELECT count(*) FROM sealed") == 1);
  auto reader = take(amy.store->reader());
  sqlite::StatementScope q(*take(reader->database().prepare_dynamic("SELECT content FROM sealed")));
  take(q->step());
  const Bytes sealed(q->blob(0));
  CHECK(sealed.find("Not covered") == Bytes::npos);
  Bytes opened(sealed.size() - crypto_box_SEALBYTES, '\0');
  REQUIRE(crypto_box_seal_open(reinterpret_cast<unsigned char*>(opened.data()),
                               reinterpret_cast<const unsigned char*>(sealed.data()), sealed.size(), public_key,
                               secret_key) == 0);
  CHECK(opened.find("Not covered") != Bytes::npos);
}
