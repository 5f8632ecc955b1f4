// Cases change hands, workers leave: what was written is delivered first, then the tablet lets go of it.
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"

using namespace satchel;
using namespace satchel::contract;

namespace {

namespace fs = std::filesystem;

std::string bytes_on_disk(const Tablet& tablet) {
  std::string all;
  for (const char* suffix : {"", "-wal"}) {
    std::ifstream file(tablet.file().string() + suffix, std::ios::binary);
    all.append(std::istreambuf_iterator<char>(file), {});
  }
  return all;
}

}  // namespace

TEST_CASE(
    "a case moves to a colleague while its worker writes offline: the late note is accepted, then the case leaves") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  Tablet amira(centre, {.worker = "amira", .engine = hasty()}), beth(centre, {.worker = "beth"});
  take(amira.sync());
  RecordId late;
  amira.commit(note(scope, "written before anybody told me", &late));
  centre.clock.shift(hour_ms);
  amira.clock.shift(hour_ms);
  beth.clock.shift(hour_ms);
  take(centre.admin()->withdraw(organisation, "amira", scope));
  centre.grant("beth", "case", scope);
  for (Tablet* tablet : {&amira, &beth}) tablet->token.set(centre.token(tablet->worker()));
  take(amira.sync());
  take(amira.sync());
  take(beth.sync());
  CHECK(beth.text("visit_note", late, "body") == "written before anybody told me");
  const auto seen = beth.record("visit_note", late);
  REQUIRE(seen.has_value());
  CHECK(seen->state.creates.front().worker == "amira");
  CHECK_FALSE(amira.holds(scope));
  CHECK_FALSE(amira.record("visit_note", late).has_value());
  amira.verify();
}

TEST_CASE("a withdrawn case is taken from a connected tablet too") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  auto options = hasty();
  options.watch = true;
  Tablet amira(centre, {.worker = "amira", .engine = options});
  amira.watch();
  REQUIRE(amira.until([&](Tablet& t) { return t.holds(scope); }));
  take(centre.admin()->withdraw(organisation, "amira", scope));
  CHECK(amira.until([&](Tablet& t) { return t.scopes().empty(); }));
}

TEST_CASE("a worker is suspended; seven notes arrive five days later, two of them written after the suspension") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("sue", "case", scope, "supervisor");
  Tablet amira(centre, {.worker = "amira", .engine = hasty()}), sue(centre, {.worker = "sue"});
  take(amira.sync());
  const auto forward = [&](int64_t ms) {
    centre.clock.shift(ms);
    amira.clock.shift(ms);
    sue.clock.shift(ms);
  };
  std::vector<RecordId> notes(7);
  for (int i = 0; i < 5; ++i) amira.commit(note(scope, "note " + std::to_string(i), &notes[static_cast<size_t>(i)]));
  forward(hour_ms);
  take(centre.admin()->suspend(organisation, "amira", centre.clock.wall_ms()));
  forward(hour_ms);
  for (int i = 5; i < 7; ++i) amira.commit(note(scope, "note " + std::to_string(i), &notes[static_cast<size_t>(i)]));
  forward(5 * 24 * hour_ms);
  for (Tablet* tablet : {&amira, &sue}) tablet->token.set(centre.token(tablet->worker()));
  for (int i = 0; i < 3; ++i) (void)amira.sync();
  take(sue.sync());
  for (int i = 0; i < 7; ++i) CHECK(sue.record("visit_note", notes[static_cast<size_t>(i)]).has_value() == (i < 5));
  const auto waiting = take(centre.admin()->quarantine(organisation));
  CHECK(waiting.size() == 2);
  // A supervisor lets one through: it stands under its author.
  take(centre.admin()->release(organisation, waiting.front().id));
  take(sue.sync());
  int seen = 0;
  for (const auto& id : notes) seen += sue.record("visit_note", id).has_value() ? 1 : 0;
  CHECK(seen == 6);
  CHECK_FALSE(amira.holds(scope));  // delivered, then gone from the tablet
}

TEST_CASE("a case withdrawn and given again: counters go on, nothing is doubled") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  Tablet amira(centre, {.worker = "amira", .engine = hasty()});
  take(amira.sync());
  RecordId first, second;
  amira.commit(note(scope, "before", &first));
  take(amira.sync());
  take(centre.admin()->withdraw(organisation, "amira", scope));
  take(amira.sync());
  take(amira.sync());
  CHECK_FALSE(amira.holds(scope));
  centre.grant("amira", "case", scope);
  take(amira.sync());
  take(amira.sync());
  REQUIRE(amira.holds(scope));
  CHECK(amira.text("visit_note", first, "body") == "before");
  amira.commit(note(scope, "after", &second));
  take(amira.sync());
  CHECK(amira.position(scope) == 2);
  require_agreement(scope, {&amira});
}

TEST_CASE("a case opened without signal is granted to whoever opened it") {
  Centre centre;
  centre.start();
  Tablet amira(centre, {.worker = "amira", .engine = hasty()});
  const ScopeId team = centre.grant("amira", "team");
  take(amira.sync());
  SystemRandom random;
  const ScopeId fresh{uuid_v7(SystemClock().wall_ms(), random)};
  RecordId record;
  store::Draft draft = note(fresh, "first visit, new person", &record);
  draft.open.push_back({fresh, {"case", team}});
  amira.commit(std::move(draft));
  take(amira.sync());
  take(amira.sync());
  CHECK(amira.status().unsent == 0);
  CHECK(amira.set_aside().empty());
  centre.grant("beth", "case", fresh);
  Tablet beth(centre, {.worker = "beth"});
  take(beth.sync());
  CHECK(beth.text("visit_note", record, "body") == "first visit, new person");
  require_agreement(fresh, {&amira, &beth});
}

TEST_CASE("a case is taken away before a backup has its last note, and the centre burns down: the note comes back") {
  Centre centre(true);
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  Tablet amira(centre, {.worker = "amira", .engine = hasty()});
  take(amira.sync());
  RecordId before, after;
  amira.commit(note(scope, "Mrs Pennyfeather, before the backup", &before));
  take(amira.sync());
  test::TemporaryDirectory elsewhere;
  take(centre.admin()->backup(elsewhere.path("monday.db")));
  amira.commit(note(scope, "Mrs Pennyfeather, after the backup", &after));
  take(amira.sync());
  REQUIRE(bytes_on_disk(amira).find("Pennyfeather") != std::string::npos);
  centre.clock.shift(hour_ms);
  take(centre.admin()->withdraw(organisation, "amira", scope));
  take(amira.sync());
  take(amira.sync());
  REQUIRE_FALSE(amira.holds(scope));
  CHECK(amira.status().sealed == 1);
  CHECK(bytes_on_disk(amira).find("Pennyfeather") == std::string::npos);

  centre.stop();
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(centre.data_dir() / (std::string("centre.db") + suffix));
  fs::copy_file(elsewhere.path("monday.db"), centre.data_dir() / "centre.db");
  centre.start();
  centre.grant("beth", "case", scope);
  Tablet beth(centre, {.worker = "beth", .engine = hasty()});
  take(beth.sync());
  CHECK_FALSE(beth.record("visit_note", after).has_value());
  take(amira.sync());
  take(beth.sync());
  CHECK(beth.text("visit_note", after, "body") == "Mrs Pennyfeather, after the backup");
  const auto back = beth.record("visit_note", after);
  REQUIRE(back.has_value());
  CHECK(back->state.creates.front().worker == "amira");
  CHECK(beth.position(scope) == 2);
  CHECK_FALSE(amira.holds(scope));  // delivered, not given again
  CHECK(amira.status().unsent == 0);
  take(centre.admin()->verify());

  CHECK(amira.status().sealed == 1);  // no backup has it yet
  take(centre.admin()->backup(elsewhere.path("tuesday.db")));
  take(amira.sync());
  CHECK(amira.status().sealed == 0);
}

TEST_CASE("a connected tablet lets go of what it kept sealed as soon as a backup is made") {
  Centre centre(true);
  centre.start();
  const ScopeId scope = centre.grant("amira", "case"), other = centre.grant("amira", "case");
  auto options = hasty();
  options.watch = true;
  Tablet amira(centre, {.worker = "amira", .engine = options});
  amira.watch();
  REQUIRE(amira.until([&](Tablet& t) { return t.holds(scope) && t.holds(other); }));
  amira.commit(note(scope, "not in any backup"));
  REQUIRE(amira.until([&](Tablet& t) { return t.status().unsent == 0 && t.position(scope) == 1; }));
  take(centre.admin()->withdraw(organisation, "amira", scope));
  REQUIRE(amira.until([&](Tablet& t) { return !t.holds(scope); }));
  CHECK(amira.status().sealed == 1);
  test::TemporaryDirectory elsewhere;
  take(centre.admin()->backup(elsewhere.path("backup.db")));
  CHECK(amira.until([&](Tablet& t) { return t.status().sealed == 0; }));
}
