#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "core/base/sealed_box.hpp"
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

model::Entry centre_entry(SmallCentre& centre, const ScopeId& scope, uint64_t position) {
  return centre.entries(scope).at(position - 1);
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

namespace {

// All bytes of the store's file and of what lies beside it, write-ahead log included; of an encrypted file also what whoever
// has the key finds in its pages, those that are free included.
std::string bytes_on_disk(const Tablet& tablet) {
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(tablet.path).parent_path())) {
    if (entry.path().filename().string().rfind(std::filesystem::path(tablet.path).filename().string(), 0) != 0)
      continue;
    std::ifstream file(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(file), {});
  }
  if (sqlite::can_encrypt()) all += take(take(tablet.store->reader())->database().pages());
  return all;
}

// A case whose second half no backup covers, withdrawn and purged from Amy's tablet.
struct Left {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  ScopeId scope;
  RecordId covered, uncovered, of_ben;

  Left() {
    world.centre.make_sealing_key();
    scope = world.shared_case({&amy, &ben});
    covered = amy.person(scope, "Marigold Covered");
    amy.sync(world.centre);
    world.centre.keeps_backup = true;
    world.centre.backup_to = 1;
    world.centre.save("backup.db");
    uncovered = amy.person(scope, "Marigold Uncovered");
    world.settle({&amy, &ben});
    of_ben = ben.person(scope, "Marigold of Ben");
    world.settle({&ben, &amy});
    world.centre.withdraw("amy", scope);
    amy.sync(world.centre);
    REQUIRE(!amy.record("person", covered));
  }
  int64_t sealed(const std::string& where = "1") { return count(amy, "SELECT count(*) FROM sealed WHERE " + where); }
  void sync_both() {
    for (int i = 0; i < 3; ++i) {
      amy.sync(world.centre);
      ben.sync(world.centre);
    }
  }
};

}  // namespace

TEST_CASE("what no backup covers yet stays behind sealed, and only the organisation can open it") {
  Left left;
  CHECK(left.sealed() == 2);
  CHECK(left.sealed("position = 2") == 1);
  CHECK(left.sealed("position = 3") == 1);
  auto reader = take(left.amy.store->reader());
  sqlite::StatementScope q(*take(reader->database().prepare_dynamic("SELECT content FROM sealed WHERE position = 2")));
  take(q->step());
  const Bytes sealed(q->blob(0));
  const Bytes opened = take(sealed_box::open(left.world.centre.sealing_secret, sealed));
  const auto offer = take(proto::decode_offer(opened));
  CHECK(offer.scope == left.scope);
  CHECK(offer.entry.bytes.find("Marigold Uncovered") != Bytes::npos);
  CHECK(offer.entry.envelope == centre_entry(left.world.centre, left.scope, 2).envelope);
}

TEST_CASE("nothing readable of a purged case is left in the store's files, write-ahead log included") {
  Left left;
  // Enough to split pages and to use pages of their own, written, changed and removed.
  const ScopeId second = left.world.shared_case({&left.amy});
  std::vector<RecordId> people;
  for (int i = 0; i < 60; ++i) people.push_back(left.amy.person(second, "Marigold number " + std::to_string(i)));
  for (size_t i = 0; i < people.size(); i += 2) {
    left.amy.commit({assign("person", people[i], "wishes", "Marigold " + std::string(i * 150, 'w'))});
  }
  left.amy.sync(left.world.centre);
  left.amy.commit({assign("person", people[1], "email", "marigold@late.example")});
  REQUIRE(bytes_on_disk(left.amy).find("Marigold number") != std::string::npos);
  left.world.centre.withdraw("amy", second);
  left.amy.sync(left.world.centre);
  REQUIRE(!left.amy.record("person", people[0]));
  const std::string disk = bytes_on_disk(left.amy);
  for (const char* planted : {"Marigold", "marigold", "wwwwwwww"}) {
    INFO(planted);
    CHECK(disk.find(planted) == std::string::npos);
  }
  left.amy.verify();
}

TEST_CASE("while somebody reads, a purge is not confirmed, because the write-ahead log still has it") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.person(scope, "Edith");
  amy.sync(world.centre);
  world.centre.withdraw("amy", scope);
  auto reader = take(amy.store->reader());
  take(reader->begin());
  const auto applied = amy.round(world.centre);
  REQUIRE(applied.purged == std::vector<ScopeId>{scope});
  CHECK(amy.request().purged.empty());
  reader->end();
  CHECK(amy.request().purged == std::vector<ScopeId>{scope});
}

TEST_CASE("what is sealed goes as soon as a backup covers it, and not before") {
  Left left;
  CHECK(left.amy.status().sealed == 2);
  CHECK(left.amy.status().sealed_to_send == 0);
  left.world.centre.backup_to = 2;
  left.amy.sync(left.world.centre);
  CHECK(left.amy.status().sealed == 1);
  CHECK(left.sealed("position = 3") == 1);
  left.world.centre.backup_to = 3;
  left.amy.sync(left.world.centre);
  CHECK(left.amy.status().sealed == 0);
  CHECK(left.amy.request().all_sealed);  // a new session says that there is none
  CHECK(left.amy.request().sealed.empty());
}

TEST_CASE("after a restore of the centre a purged tablet gives back what it kept sealed, and keeps it until a backup") {
  Left left;
  const auto envelope = centre_entry(left.world.centre, left.scope, 2).envelope;
  left.ben.close();  // the only other tablet that has it
  left.world.centre.put_back("backup.db");
  REQUIRE(left.world.centre.state(left.scope).head == 1);
  const auto notes = left.amy.sync(left.world.centre);
  CHECK(left.world.centre.state(left.scope).head == 3);
  CHECK(centre_entry(left.world.centre, left.scope, 2).envelope == envelope);
  CHECK(centre_entry(left.world.centre, left.scope, 2).id.replica == left.amy.store->identity().replica);
  REQUIRE(notes.size() == 1);
  CHECK(notes.front().find("kept sealed") != std::string::npos);
  CHECK(left.sealed() == 2);  // no backup has them yet, at their new places
  CHECK(left.sealed("state = 0") == 2);

  left.world.centre.put_back("backup.db");  // and lost once more
  left.amy.sync(left.world.centre);
  CHECK(left.world.centre.state(left.scope).head == 3);
  left.world.centre.backup_to = 3;
  left.amy.sync(left.world.centre);
  CHECK(left.sealed() == 0);
}

TEST_CASE("what cannot be opened is dropped with the reason; what lacks only its key is kept") {
  Left left;
  left.ben.close();
  left.world.centre.put_back("backup.db");
  SECTION("another key sealed it") {
    left.world.centre.make_sealing_key();
    const auto notes = left.amy.sync(left.world.centre);
    CHECK(left.sealed() == 0);
    REQUIRE(notes.size() == 3);
    CHECK(notes.back().find("not sealed to the key") != std::string::npos);
  }
  SECTION("its key is missing at the centre") {
    left.world.centre.forgets_sealing_key = true;
    left.amy.round(left.world.centre);
    CHECK(left.amy.status().sealed_to_send == 2);  // to be offered
    left.amy.round(left.world.centre);
    CHECK(left.sealed("state = 2") == 2);
    CHECK(left.amy.status().sealed_to_send == 2);  // offered, and not taken yet
    left.world.centre.forgets_sealing_key = false;
    left.amy.sync(left.world.centre);
    CHECK(left.world.centre.state(left.scope).head == 3);
    CHECK(left.amy.status().sealed_to_send == 0);
    CHECK(left.amy.status().sealed == 2);
  }
}

TEST_CASE("a case that is given again after a restore goes on from what was kept sealed") {
  Left left;
  left.ben.close();
  left.world.centre.put_back("backup.db");
  left.world.centre.grant("amy", left.scope);
  left.amy.sync(left.world.centre);
  left.amy.sync(left.world.centre);
  CHECK(left.amy.text(left.uncovered, "name") == "Marigold Uncovered");
  CHECK(left.amy.text(left.of_ben, "name") == "Marigold of Ben");
  left.amy.commit({assign("person", left.uncovered, "email", "again")});
  left.amy.sync(left.world.centre);
  CHECK(left.amy.status().unsent == 0);
  left.amy.verify();
}

TEST_CASE("what is sealed survives a rescue") {
  Left left;
  left.amy.close();
  {
    std::fstream file(left.amy.path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(0);
    file << std::string(100, '\xff');
  }
  const auto rescued = store::rescue(left.amy.options(), left.world.clock, left.amy.random, left.amy.logger);
  REQUIRE(rescued.ok());
  left.amy.open();
  CHECK(left.sealed("state = 0") == 2);
  left.ben.close();
  left.world.centre.put_back("backup.db");
  left.amy.sync(left.world.centre);
  CHECK(left.world.centre.state(left.scope).head == 3);
}

TEST_CASE("a case that is given again before it left keeps what only its tablet has since a restore") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId edith = ben.person(scope, "Edith");
  world.settle({&ben, &amy});
  world.centre.keeps_backup = true;
  world.centre.backup_to = 1;
  world.centre.save("backup.db");
  const auto poll = amy.request(), next = amy.request();
  amy.commit({assign("person", edith, "email", "the late note")});  // does not build on what comes now
  ben.commit({assign("person", edith, "risk", "high")});
  ben.sync(world.centre);
  amy.apply(world.centre.answer(poll, amy.store->identity().replica, "amy"), poll);
  world.centre.withdraw("amy", scope);
  amy.apply(world.centre.answer(next, amy.store->identity().replica, "amy"), next);
  REQUIRE(amy.text(edith, "risk") == "high");
  ben.close();
  world.centre.put_back("backup.db");
  for (const char* wish : {"dancing", "singing", "tea"}) {
    world.centre.write(scope, {assign("person", edith, "wishes", wish).op});
  }
  world.centre.snapshot_at = world.centre.state(scope).head;
  world.centre.grant("amy", scope);
  // She does not ask for what is withdrawn, so the centre takes her for one who holds nothing of it.
  const auto request = amy.request();
  REQUIRE(request.cursors.empty());
  auto asked = request;
  asked.cursors.emplace_back().scope = scope;
  amy.apply(world.centre.answer(asked, amy.store->identity().replica, "amy"), request);
  CHECK(amy.text(edith, "risk") == "high");
  for (int i = 0; i < 3; ++i) amy.sync(world.centre);
  CHECK(amy.text(edith, "risk") == "high");
  CHECK(amy.status().unsent == 0);
  CHECK(world.centre.state(scope).head == 6);
  amy.verify();
}

TEST_CASE("what is still to be delivered builds on what a restore took: both come, then the case leaves") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  world.centre.keeps_backup = true;
  world.centre.save("backup.db");
  const RecordId edith = ben.person(scope, "Edith");
  world.settle({&ben, &amy});
  amy.commit({assign("person", edith, "email", "the late note")});
  ben.close();
  world.centre.put_back("backup.db");
  world.centre.withdraw("amy", scope);
  amy.sync(world.centre);
  amy.sync(world.centre);
  CHECK(!amy.record("person", edith));
  CHECK(amy.status().unsent == 0);
  REQUIRE(world.centre.state(scope).head == 2);
  CHECK(world.centre.entries(scope)[0].id.replica != amy.store->identity().replica);
  CHECK(world.centre.entries(scope)[1].id.replica == amy.store->identity().replica);
}

TEST_CASE("of what a withdrawn tablet keeps sealed nothing takes the place of something else, also after a restore") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  world.centre.make_sealing_key();
  const ScopeId scope = world.shared_case({&amy, &ben});
  ben.person(scope, "in the backup");
  world.settle({&ben, &amy});
  world.centre.keeps_backup = true;
  world.centre.backup_to = 1;
  world.centre.save("backup.db");
  amy.person(scope, "the first of Amy's");
  const RecordId of_ben = ben.person(scope, "of Ben");
  ben.sync(world.centre);
  const auto request = amy.request();
  amy.person(scope, "the second of Amy's");  // knows nothing of Ben's
  amy.apply(world.centre.answer(request, amy.store->identity().replica, "amy"), request);
  ben.close();
  world.centre.put_back("backup.db");
  world.centre.withdraw("amy", scope);
  amy.sync(world.centre);  // her first now stands where, in the history that was lost, Ben's did
  amy.sync(world.centre);
  REQUIRE(amy.status().unsent == 0);
  REQUIRE(!amy.record("person", of_ben));
  CHECK(amy.status().sealed == 3);
  CHECK(world.centre.state(scope).head == 4);
}

TEST_CASE("a scope opened here that the centre took in and does not grant is delivered and handed back") {
  World world;
  Tablet& amy = world.tablet("amy");
  amy.sync(world.centre);
  const ScopeId scope = amy.open_scope("case");
  amy.person(scope, "Edith");
  const auto request = amy.request();
  auto response = world.centre.answer(request, amy.store->identity().replica, "amy");
  // Its author was suspended after he had opened it.
  REQUIRE(std::erase_if(response.grants, [&](const proto::Grant& grant) { return grant.scope == scope; }) == 1);
  std::erase_if(response.pages, [&](const proto::Page& page) { return page.scope == scope; });
  const auto applied = amy.apply(response, request);
  CHECK(applied.purged == std::vector<ScopeId>{scope});
  CHECK(take(take(amy.store->reader())->scopes()).empty());
  CHECK(amy.status().unsent == 0);
  amy.verify();
}
