// Cases change hands, workers leave: what was written is delivered first, then the tablet lets go of it.
#include <catch2/catch_test_macros.hpp>

#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"

using namespace satchel;
using namespace satchel::contract;

namespace {
constexpr int64_t hour_ms = 3'600'000;
}

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
