// What an operator does, and what leaves no trace of persons.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/directory.hpp"
#include "server/import.hpp"
#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;
using proto::VerdictKind;
namespace fs = std::filesystem;

TEST_CASE("a directory is imported into a team's scope, and only what changed is written again") {
  World world;
  const ScopeId team = world.grant("ana", "team");
  Tablet ana(world, "ana");
  auto admin = world.admin();
  const std::string feed = R"({"services":[
    {"id":"s1","name":"Lunch club","status":"active","last_modified":"2026-01-02T10:00:00Z",
     "organization":{"id":"o1","name":"Grange Church"},"phones":[{"number":"0113 4960000","description":"mornings"}],
     "schedules":[{"byday":"MO,WE","opens_at":"12:00","closes_at":"14:00"}],
     "service_at_locations":[{"location":{"latitude":53.8,"longitude":-1.55,
       "addresses":[{"address_1":"1 Grange Road","city":"Leeds","postal_code":"LS1 1AA"}]}}]},
    {"id":"s2","name":"Debt advice","url":"https://example.org"}]})";
  CHECK(must(admin->import_directory(org, team, feed)) == 2);
  ana.sync_all();
  const RecordId club = server::service_record("s1");
  CHECK(ana.values(team, "service", club, "name") == std::vector<std::string>{"Lunch club"});
  CHECK(ana.values(team, "service", club, "organization") == std::vector<std::string>{"Grange Church"});
  CHECK(ana.values(team, "service", club, "phone") == std::vector<std::string>{"0113 4960000 (mornings)"});
  CHECK(ana.values(team, "service", club, "schedule") == std::vector<std::string>{"Mon, Wed 12:00-14:00"});
  CHECK(ana.values(team, "service", club, "address") == std::vector<std::string>{"1 Grange Road, Leeds, LS1 1AA"});
  CHECK(ana.values(team, "service", club, "postcode") == std::vector<std::string>{"LS1 1AA"});
  const uint64_t head = ana.state(team).head;
  CHECK(must(admin->import_directory(org, team, feed)) == 0);
  ana.sync_all();
  CHECK(ana.state(team).head == head);
  std::string changed = feed;
  changed.replace(changed.find("Debt advice"), 11, "Money talks");
  CHECK(must(admin->import_directory(org, team, changed)) == 1);
  ana.sync_all();
  CHECK(ana.values(team, "service", server::service_record("s2"), "name") == std::vector<std::string>{"Money talks"});
  CHECK(ana.values(team, "service", club, "name") == std::vector<std::string>{"Lunch club"});
  must(admin->verify());
}

TEST_CASE("the simple list form is read, large as real ones are") {
  const std::string path = std::string(SATCHEL_SOURCE_DIR) + "/../shared/data/services.json";
  if (!fs::exists(path)) SKIP("no directory of services at hand");
  World world;
  const ScopeId team = world.grant("ana", "team");
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  auto admin = world.admin();
  const uint64_t count = must(admin->import_directory(org, team, text.str()));
  CHECK(count > 90);
  CHECK(must(admin->import_directory(org, team, text.str())) == 0);
  Tablet ana(world, "ana");
  ana.sync_all();
  CHECK(ana.values(team, "service", server::service_record("wAfhb9XsHl"), "category") ==
        std::vector<std::string>{"housing"});
}

TEST_CASE("a directory that is half readable changes nothing, and the place of the error is named") {
  World world;
  const ScopeId team = world.grant("ana", "team"), scope = world.grant("ana");
  auto admin = world.admin();
  const auto place = [&](const std::string& json) {
    const auto result = admin->import_directory(org, team, json);
    CHECK_FALSE(result.ok());
    return result.ok() ? "" : result.error().place;
  };
  CHECK(place("nonsense") == "");
  CHECK(place(R"({"services":{}})") == "/services");
  CHECK(place(R"([{"id":"a","name":"A"},{"id":"b"}])") == "/1");
  CHECK(place(R"([{"name":"A"}])") == "/0");
  CHECK(place(R"([{"id":"a","name":"A"},{"id":"a","name":"B"}])") == "/1");
  CHECK(server::read_directory(R"([{"id":"a","name":"A"},{"id":"a","name":"A"}])").value().size() == 1);
  CHECK(place(R"([{"id":"a","name":"A","last_modified":"yesterday"}])").find("last_modified") != std::string::npos);
  CHECK_FALSE(admin->import_directory(org, scope, "[]").ok());
  Tablet ana(world, "ana");
  ana.sync_all();
  CHECK(ana.state(team).head == 0);
}

TEST_CASE("kept_to is the head without a backup, and with one only what a verified copy holds") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  const auto kept_to = [&] {
    ana.note(scope, "x");
    const auto answer = ana.sync();
    uint64_t last = 0;
    for (const auto& page : answer.pages) last = page.kept_to;
    return last;
  };
  ana.sync_all();
  CHECK(kept_to() == 1);
  world.stop();
  world.options.backup_configured = true;
  world.start();
  ana.sync_all();
  CHECK(kept_to() == 0);
  auto admin = world.admin();
  must(admin->backup(world.directory / "backup.db"));
  CHECK(kept_to() == 2);
  CHECK(kept_to() == 2);
  CHECK_FALSE(fs::exists(world.directory / "backup.db.part"));
  must(admin->backup(world.directory / "backup.db"));
  CHECK(kept_to() == 4);
  Tablet fresh(world, "ana");
  const auto answer = fresh.answer(fresh.request());
  CHECK(answer.pages.at(0).snapshot_position == 4);
  CHECK(answer.pages.at(0).entries.size() == 1);
  fresh.apply(answer);
}

TEST_CASE("a connected device hears that a backup covers what it holds") {
  World world;
  world.stop();
  world.options.backup_configured = true;
  world.start();
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.note(scope, "x");
  ana.sync_all();
  CHECK(ana.sync().pages.empty());
  must(world.admin()->backup(world.directory / "backup.db"));
  const auto answer = ana.sync();
  REQUIRE(answer.pages.size() == 1);
  CHECK(answer.pages[0].kept_to == 1);
  CHECK(ana.sync().pages.empty());
}

TEST_CASE("a backup taken while devices write, put back: the centre recovers all that was answered") {
  World world;
  world.stop();
  world.options.backup_configured = true;
  world.start();
  const ScopeId scope = world.grant("ana");
  world.grant_in("ben", scope);
  Tablet ana(world, "ana"), ben(world, "ben");
  ana.note(scope, "in the backup");
  ana.sync_all();
  ben.sync_all();
  must(world.admin()->backup(world.directory / "backup.db"));
  ana.note(scope, "not in the backup");
  ana.sync_all();
  ben.sync_all();
  world.stop();
  fs::copy_file(world.directory / "backup.db", world.file("centre.db"), fs::copy_options::overwrite_existing);
  world.start();
  ben.sign_in();
  ben.sync_all();
  ben.sync_all();
  ana.sign_in();
  ana.sync_all();
  ana.sync_all();
  CHECK(ana.state(scope).head == 2);
  CHECK(ana.state(scope).state_digest == ben.state(scope).state_digest);
}

TEST_CASE("a backup that cannot be written or is not good leaves kept_to and the file before it alone") {
  World world;
  auto admin = world.admin();
  CHECK_FALSE(admin->backup(world.directory / "no" / "such" / "place.db").ok());
}

TEST_CASE("wrong names are told, and nothing is granted") {
  World world;
  auto admin = world.admin();
  const ScopeId scope = world.grant("ana");
  const auto grant = [&](const std::string& worker, std::optional<ScopeId> at, const std::string& kind,
                         const std::string& role) {
    const auto result = admin->grant(org, worker, at, kind, role, "", ScopeId{});
    return result.ok() ? std::string("granted") : result.error().place;
  };
  CHECK(grant("ben", scope, "", "owner") == "role");
  CHECK(grant("ben", std::nullopt, "drawer", "writer") == "kind");
  CHECK(grant("", scope, "", "writer") == "worker");
  CHECK(grant("ben", scope, "team", "writer") == "kind");
  CHECK(grant("ben", ScopeId{random_128(world.random)}, "", "writer") == "scope");
  CHECK(grant("ben\x01", scope, "", "writer") == "worker");
  CHECK(admin->grant(org, "ben", scope, "", "writer", "\xff", ScopeId{}).error().place == "label");
  CHECK(admin->grant(org, "ben", scope, "", "writer", std::string(5000, 'x'), ScopeId{}).error().place == "label");
  CHECK(admin->withdraw(org, "ben", scope).error().code == Code::not_found);
  CHECK(admin->reinstate(org, "ana").error().code == Code::not_found);
  CHECK(admin->devices("elsewhere").error().code == Code::not_found);
  Tablet ben(world, "ben");
  ben.sync_all();
  CHECK(ben.grants.empty());
}

TEST_CASE("who covers for a colleague gets the cases and the team, not the colleague's own papers") {
  World world;
  const ScopeId scope = world.grant("ana"), team = world.grant("ana", "team"), own = world.grant("ana", "self");
  const ScopeId past = world.grant("ana");
  world.grant_in("ben", team, "supervisor");
  world.clock.advance(10);
  auto admin = world.admin();
  must(admin->withdraw(org, "ana", past));
  CHECK(must(admin->cover(org, "ben", "ana", "writer")) == 1);
  Tablet ben(world, "ben");
  ben.sync_all();
  CHECK(ben.holds(scope));
  CHECK(ben.holds(team));
  CHECK_FALSE(ben.holds(own));
  CHECK_FALSE(ben.holds(past));
  for (const auto& grant : ben.grants) CHECK(grant.role == (grant.scope == team ? "supervisor" : "writer"));
}

TEST_CASE("organisations do not see each other, even with the same ids") {
  World world;
  auto admin = world.admin();
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.note(scope, "ours");
  ana.sync_all();
  must(admin->grant("southside", "ana", std::nullopt, "case", "writer", "", ScopeId{}));
  CHECK(admin->grant("southside", "ana", scope, "", "writer", "", ScopeId{}).error().code == Code::not_found);
  CHECK(must(admin->devices("southside")).empty());
}

TEST_CASE("no word of a person reaches the log, nor a failure that is sent") {
  World world;
  const std::string worker = "ana.planted@example.org";
  const ScopeId scope = world.grant(worker);
  Tablet ana(world, worker);
  const RecordId person{random_128(world.random)};
  ana.write(scope, {assign("person", person, "preferred_name", model::Kind::register_, "Plantedname")});
  ana.write(scope, {assign("person", person, "nhs_number", model::Kind::server, "Plantednumber")});
  ana.sync_all();
  Tablet copy(world, worker);
  copy.replica = ana.replica;
  CHECK(copy.try_sign_in(copy.proof).body.find("lanted") == Bytes::npos);
  proto::SyncRequest bad = ana.request();
  bad.push.push_back({"Plantedjunk", std::nullopt});
  CHECK(ana.send(bad).body.find("lanted") == Bytes::npos);
  auto admin = world.admin();
  must(admin->release(org, ana.written[1].id()));
  must(admin->withdraw(org, worker, scope));
  must(admin->suspend(org, worker, world.clock.wall_ms()));
  ana.sync_all();
  CHECK_FALSE(admin->import_directory(org, scope, "Plantedfeed").ok());
  world.crash();
  world.start();
  CHECK(world.logger.lines.size() > 5);
  CHECK(world.logger.has("quarantined=1"));
  CHECK_FALSE(world.logger.has("lanted"));
  CHECK_FALSE(world.logger.has("example.org"));
  CHECK_FALSE(world.logger.has(org));
}
