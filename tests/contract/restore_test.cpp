// The centre goes back to yesterday; what the tablets still have comes back, and nobody can invent what never was.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/contract/agreement.hpp"
#include "tests/contract/centre_process.hpp"

using namespace satchel;
using namespace satchel::contract;
namespace fs = std::filesystem;

namespace {

// Two tablets, a note each before the backup and after it; all three agree.
struct TwoDays {
  CentreProcess centre{true};
  ScopeId scope;
  std::unique_ptr<Tablet> amira, beth;
  RecordId before, after_amira, after_beth;
  test::TemporaryDirectory backup;

  TwoDays() {
    centre.start();
    scope = centre.grant("amira");
    centre.grant("beth", scope);
    amira = std::make_unique<Tablet>(centre, TabletOptions{.worker = "amira", .engine = hasty()});
    beth = std::make_unique<Tablet>(centre, TabletOptions{.worker = "beth", .engine = hasty()});
    take(amira->sync());
    amira->commit(note(scope, "before the backup", &before));
    all_sync();
  }
  void all_sync() {
    for (int round = 0; round < 3; ++round) {
      take(amira->sync());
      take(beth->sync());
    }
  }
  void second_day() {
    amira->commit(note(scope, "after, by amira", &after_amira));
    beth->commit(note(scope, "after, by beth", &after_beth));
    all_sync();
    require_agreement(scope, {amira.get(), beth.get()});
  }
  // As an operator does who has never heard of the tool.
  void put_back_bare_file(const fs::path& saved, bool tidy = true) {
    for (const char* part : {"-wal", "-shm"}) {
      if (tidy) fs::remove(centre.database() + part);
    }
    fs::copy_file(saved, centre.database(), fs::copy_options::overwrite_existing);
  }
  void put_back_by_tool(const fs::path& saved) { centre.operate({"restore", "--from", saved.string()}); }
  void require_all_back() {
    all_sync();
    for (Tablet* tablet : {amira.get(), beth.get()}) {
      CHECK(tablet->text("visit_note", before, "body") == "before the backup");
      CHECK(tablet->text("visit_note", after_amira, "body") == "after, by amira");
      CHECK(tablet->text("visit_note", after_beth, "body") == "after, by beth");
    }
    CHECK(amira->position(scope) == 3);
    require_agreement(scope, {amira.get(), beth.get()});
    centre.operate({"verify"});
  }
};

}  // namespace

TEST_CASE("yesterday's backup made by the tool and put back: the tablets bring the second day again") {
  TwoDays days;
  const fs::path saved = days.backup.path("backup.db");
  days.centre.operate({"backup", saved.string()});
  days.second_day();
  days.centre.stop();
  days.put_back_by_tool(saved);
  days.centre.start();
  CHECK(days.centre.log().find("\"event\":\"epoch_begun\"") != std::string::npos);
  // Nothing vanishes from the screen meanwhile.
  CHECK(days.beth->text("visit_note", days.after_amira, "body") == "after, by amira");
  days.require_all_back();
}

TEST_CASE("the bare database file of yesterday copied back, with and without what SQLite leaves beside it: the same") {
  const bool tidy = GENERATE(true, false);  // untidy: over the log of a process that was killed
  TwoDays days;
  days.centre.stop();
  fs::copy_file(days.centre.database(), days.backup.path("copy.db"));
  days.centre.start();
  days.second_day();
  tidy ? days.centre.stop() : days.centre.kill();
  days.put_back_bare_file(days.backup.path("copy.db"), tidy);
  days.centre.start();
  days.require_all_back();
}

TEST_CASE("only one tablet still has the second day: it brings its colleague's note too") {
  TwoDays days;
  const fs::path saved = days.backup.path("backup.db");
  days.centre.operate({"backup", saved.string()});
  days.second_day();
  days.centre.stop();
  days.put_back_bare_file(saved);
  days.centre.start();
  days.amira->close();  // fell into the canal
  take(days.beth->sync());
  take(days.beth->sync());
  Tablet carys(days.centre, {.worker = "carys"});
  days.centre.grant("carys", days.scope);
  take(carys.sync());
  CHECK(carys.text("visit_note", days.after_amira, "body") == "after, by amira");
  CHECK(carys.text("visit_note", days.after_beth, "body") == "after, by beth");
}

TEST_CASE("restored twice, with work in between: everything is still there, once") {
  TwoDays days;
  const fs::path saved = days.backup.path("backup.db");
  days.centre.operate({"backup", saved.string()});
  days.second_day();
  for (int again = 0; again < 2; ++again) {
    days.centre.stop();
    days.put_back_bare_file(saved);
    days.centre.start();
    days.all_sync();
  }
  days.require_all_back();
}

TEST_CASE("a grant withdrawn after the backup stays withdrawn when the backup is put back") {
  TwoDays days;
  const fs::path saved = days.backup.path("backup.db");
  days.centre.operate({"backup", saved.string()});
  days.centre.operate({"withdraw", "--worker", "beth", "--scope", days.scope.text()});
  days.centre.stop();
  days.put_back_bare_file(saved);
  days.centre.start();
  take(days.beth->sync());
  take(days.beth->sync());
  CHECK_FALSE(days.beth->holds(days.scope));
}

TEST_CASE("what was refused after the backup waits for an operator again once its author's tablet has synced") {
  TwoDays days;
  const fs::path saved = days.backup.path("backup.db");
  days.centre.operate({"backup", saved.string()});
  // Amira may only read from now on, and does not know: what she writes is refused.
  days.centre.operate({"withdraw", "--worker", "amira", "--scope", days.scope.text()});
  days.centre.operate({"grant", "--worker", "amira", "--scope", days.scope.text(), "--role", "reader"});
  RecordId refused;
  days.amira->commit(note(days.scope, "not any more", &refused));
  days.all_sync();
  const std::string list = days.centre.operate({"quarantine", "list", "--json"});
  const auto id = days.amira->set_aside().at(0).id;
  const std::string name = id.scope.text() + "/" + id.replica.text() + "/" + std::to_string(id.counter);
  REQUIRE(list.find(name) != std::string::npos);
  days.centre.stop();
  days.put_back_bare_file(saved);
  days.centre.start();
  take(days.beth->sync());  // brings the empty place, not what was in it
  CHECK(days.centre.operate({"quarantine", "list", "--json"}).find(name) == std::string::npos);
  take(days.amira->sync());
  CHECK(days.centre.operate({"quarantine", "list", "--json"}) == list);
  days.centre.operate({"quarantine", "release", name});
  days.all_sync();
  CHECK(days.beth->text("visit_note", refused, "body") == "not any more");
  CHECK(days.amira->set_aside().empty());
  require_agreement(days.scope, {days.amira.get(), days.beth.get()});
}
