// Store files that were copied to a second device or rolled back by a day: both are used on, nothing is lost, and the
// tablet says what happened.
#include <catch2/catch_test_macros.hpp>

#include <map>

#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"

using namespace satchel;
using namespace satchel::contract;
namespace fs = std::filesystem;

namespace {

// With the secret of the device, as an operating system does that moves everything to a new device.
void copy_store(const fs::path& from, const fs::path& to) {
  for (const char* suffix : {"", "-wal", ".not-for-backup"}) {
    const fs::path source = from.string() + suffix, target = to.string() + suffix;
    fs::remove(target);
    if (fs::exists(source)) fs::copy_file(source, target);
  }
  fs::remove(to.string() + "-shm");
}

void sync_often(Tablet& tablet) {
  for (int i = 0; i < 4; ++i) take(tablet.sync());
}

// Both write a note, and go on until each has all of the other's.
void both_write(const ScopeId& scope, Tablet& first, Tablet& second) {
  RecordId on_first, on_second;
  first.commit(note(scope, "written on the first", &on_first));
  second.commit(note(scope, "written on the second", &on_second));
  for (Tablet* tablet : {&first, &second, &first}) sync_often(*tablet);
  for (Tablet* tablet : {&first, &second}) {
    CHECK(tablet->text("visit_note", on_first, "body") == "written on the first");
    CHECK(tablet->text("visit_note", on_second, "body") == "written on the second");
  }
  require_agreement(scope, {&first, &second});
}

}  // namespace

TEST_CASE("a store copied to a second device and both used: every note arrives") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  test::TemporaryDirectory dir;
  Tablet original(centre, {.engine = hasty(), .file = dir.path("original.db")});
  take(original.sync());
  original.commit(note(scope, "before the copy"));
  original.close();
  copy_store(dir.path("original.db"), dir.path("copy.db"));
  original.open();
  Tablet copy(centre, {.engine = hasty(), .file = dir.path("copy.db")});
  both_write(scope, original, copy);
  CHECK(original.position(scope) == 3);
  both_write(scope, copy, original);  // and both go on
  CHECK(copy.position(scope) == 5);
}

TEST_CASE("a bare store file that came out of a backup on another device takes a new name when it is opened") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  test::TemporaryDirectory dir;
  Tablet original(centre, {.engine = hasty(), .file = dir.path("original.db")});
  take(original.sync());
  RecordId unsent;
  original.commit(note(scope, "not yet sent when the backup was made", &unsent));
  original.close();
  copy_store(dir.path("original.db"), dir.path("copy.db"));
  fs::remove(dir.path("copy.db") + ".not-for-backup");
  original.open();
  Tablet copy(centre, {.engine = hasty(), .file = dir.path("copy.db")});
  const auto name = [](store::Store& store) { return store.identity().replica; };
  const auto notes = [](store::Store& store) { return store.opening_notes(); };
  CHECK(copy.on_store(name) != original.on_store(name));
  REQUIRE(copy.on_store(notes).size() == 1);
  CHECK(original.on_store(notes).empty());
  both_write(scope, copy, original);
  for (Tablet* tablet : {&original, &copy}) {
    CHECK(tablet->text("visit_note", unsent, "body") == "not yet sent when the backup was made");
  }
  CHECK(original.position(scope) == 3);  // what both had was written once
}

TEST_CASE("a store rolled back by a day: what the centre has comes back, what is new is kept") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  test::TemporaryDirectory dir;
  Tablet tablet(centre, {.engine = hasty(), .file = dir.path("tablet.db")});
  take(tablet.sync());
  RecordId monday, tuesday, after;
  tablet.commit(note(scope, "monday", &monday));
  take(tablet.sync());
  tablet.close();
  copy_store(dir.path("tablet.db"), dir.path("yesterday.db"));
  tablet.open();
  tablet.commit(note(scope, "tuesday", &tuesday));
  take(tablet.sync());
  tablet.close();
  copy_store(dir.path("yesterday.db"), dir.path("tablet.db"));
  tablet.open();
  tablet.commit(note(scope, "written after the roll-back", &after));
  sync_often(tablet);
  CHECK(tablet.text("visit_note", monday, "body") == "monday");
  CHECK(tablet.text("visit_note", tuesday, "body") == "tuesday");
  CHECK(tablet.text("visit_note", after, "body") == "written after the roll-back");
  CHECK(tablet.position(scope) == 3);
  require_agreement(scope, {&tablet});
}

TEST_CASE("a store rolled back by a day with unsent work in three scopes, accepted meanwhile: each note once") {
  Centre centre;
  centre.start();
  std::vector<ScopeId> scopes;
  for (int i = 0; i < 3; ++i) scopes.push_back(centre.grant("amira", "case"));
  test::TemporaryDirectory dir;
  sync::EngineOptions narrow = hasty();
  narrow.limits = {1, 1};  // a request carries one note, an answer one page
  Tablet tablet(centre, {.engine = narrow, .file = dir.path("tablet.db")});
  take(tablet.sync());
  std::map<RecordId, std::string> notes;
  const auto write_in_each = [&](const std::string& text) {
    for (const ScopeId& scope : scopes) {
      RecordId id;
      tablet.commit(note(scope, text, &id));
      notes[id] = text;
    }
  };
  write_in_each("unsent when the backup was made");
  write_in_each("this one too");
  tablet.close();
  copy_store(dir.path("tablet.db"), dir.path("yesterday.db"));
  tablet.open();
  take(tablet.sync());
  RecordId later;
  tablet.commit(note(scopes[1], "written after the backup", &later));
  notes[later] = "written after the backup";
  take(tablet.sync());
  tablet.close();
  copy_store(dir.path("yesterday.db"), dir.path("tablet.db"));
  tablet.open();
  write_in_each("written after it was put back");
  sync_in_the_end(tablet);
  write_in_each("and after that was found");
  sync_in_the_end(tablet);
  for (const auto& [id, text] : notes) CHECK(tablet.text("visit_note", id, "body") == text);
  for (const ScopeId& scope : scopes) {
    CHECK(tablet.position(scope) == (scope == scopes[1] ? 5 : 4));
    require_agreement(scope, {&tablet});
  }
  CHECK(tablet.set_aside().empty());
  Tablet fresh(centre, {.engine = hasty(), .file = dir.path("fresh.db")});
  sync_in_the_end(fresh);
  for (const auto& [id, text] : notes) CHECK(fresh.text("visit_note", id, "body") == text);
  for (const ScopeId& scope : scopes) require_agreement(scope, {&tablet, &fresh});
}

// What beth was shown in a slot is gone from the centre and from amira's tablet; something else of amira's stands there
// now. Found by the model (docs/MODEL.md).
TEST_CASE("the centre and a tablet both put back: nobody counts as having seen what took the place of lost words") {
  Centre centre{true};
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("beth", "case", scope);
  test::TemporaryDirectory dir;
  Tablet amira(centre, {.engine = hasty(), .file = dir.path("amira.db")});
  Tablet beth(centre, {.worker = "beth", .engine = hasty(), .file = dir.path("beth.db")});
  const RecordId risk = new_record();
  take(amira.sync());
  amira.commit(set_risk(scope, risk, "low", true));
  for (Tablet* tablet : {&amira, &beth}) take(tablet->sync());
  amira.close();
  copy_store(dir.path("amira.db"), dir.path("amira-yesterday.db"));
  centre.stop();
  const fs::path database = centre.data_dir() / "centre.db";
  fs::copy_file(database, dir.path("centre-yesterday.db"));

  centre.start();
  amira.open();
  amira.commit(note(scope, "she has moved in with her sister"));
  for (Tablet* tablet : {&amira, &beth}) take(tablet->sync());
  amira.close();
  centre.stop();
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(database.string() + suffix);
  fs::copy_file(dir.path("centre-yesterday.db"), database, fs::copy_options::overwrite_existing);
  copy_store(dir.path("amira-yesterday.db"), dir.path("amira.db"));

  centre.start();
  amira.open();
  amira.commit(set_risk(scope, risk, "high", false));
  take(amira.sync());
  beth.commit(set_risk(scope, risk, "none_known", false, "all is well with her sister"));  // has heard of nothing yet
  for (int i = 0; i < 3; ++i) {
    sync_often(beth);
    sync_often(amira);
  }
  for (Tablet* tablet : {&amira, &beth}) CHECK(tablet->text("risk", risk, "level") == "high");
  require_agreement(scope, {&amira, &beth});
}
