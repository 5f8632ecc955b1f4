// A centre whose file lacks what must be there. `satchel-server verify` finds it; until then requests meet it.
#include <catch2/catch_test_macros.hpp>

#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;

namespace {

// While it runs: a start would notice that the file is another one, and begin an epoch.
void change_file(World& world, const char* sql) {
  sqlite::OpenOptions raw;
  raw.path = world.file("centre.db");
  must(must(sqlite::Database::open(raw)).exec(sql));
}

}  // namespace

TEST_CASE("whoever sends again what the centre has lost gets an error, and all others are served") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant("ben");
  Tablet ana(world, "ana"), ben(world, "ben");
  const Written& note = ana.note(scope, "she was at home");
  ana.sync_all();
  change_file(world, "DELETE FROM entries");
  proto::SyncRequest again = ana.request(false);
  again.cursors.clear();
  again.push = {{note.bytes, std::nullopt}};
  CHECK(ana.send(again).status == 500);
  CHECK(world.logger.has("is not there"));
  CHECK(ben.send(ben.request()).status == 200);
  CHECK(world.service->ready().ok());
}

TEST_CASE("a centre that does not know its own name any more writes nothing, and says why") {
  World world;
  const ScopeId team = world.grant("ana", "team");
  change_file(world, "DELETE FROM centre_values WHERE name = 'own_replica'");
  const auto imported = world.admin()->import_directory(org, team, R"([{"id":"s1","name":"Lunch club"}])");
  REQUIRE_FALSE(imported.ok());
  CHECK(imported.error().code == Code::corrupt);
}

TEST_CASE("a centre that does not know its epoch any more opens no scope, and says why") {
  World world;
  world.grant("ana");
  change_file(world, "DELETE FROM centre_values WHERE name = 'epoch'");
  const auto granted = world.admin()->grant(org, "ana", std::nullopt, "case", "writer", "", ScopeId{});
  REQUIRE_FALSE(granted.ok());
  CHECK(granted.error().code == Code::corrupt);
}
