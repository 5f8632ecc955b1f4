// What the centre does not accept: an empty slot, its dependants with it, the rest flows, and the author can read it.
#include <catch2/catch_test_macros.hpp>

#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"

using namespace satchel;
using namespace satchel::contract;

namespace {


// Amira may only read from now on: what she writes after this is refused.
struct ReaderWrites {
  Centre centre;
  ScopeId scope;
  std::unique_ptr<Tablet> amira, beth;
  RecordId fine, refused, other;

  ReaderWrites() {
    centre.start();
    scope = centre.grant("amira", "case");
    centre.grant("beth", "case", scope);
    amira = std::make_unique<Tablet>(centre, TabletOptions{.worker = "amira", .engine = hasty()});
    beth = std::make_unique<Tablet>(centre, TabletOptions{.worker = "beth", .engine = hasty()});
    take(amira->sync());
    take(beth->sync());
    amira->commit(note(scope, "while I still could", &fine));
    shift(hour_ms);
    take(centre.admin()->withdraw(organisation, "amira", scope));
    centre.grant("amira", "case", scope, "reader");
    shift(hour_ms);
    amira->commit(note(scope, "not any more", &refused));
    store::Draft edit;
    edit.changes.push_back({scope, assign_op("visit_note", refused, "body", model::Kind::text, "and its edit")});
    amira->commit(std::move(edit));
    amira->commit(note(scope, "another", &other));
  }
  void shift(int64_t ms) {
    centre.clock.shift(ms);
    for (Tablet* tablet : {amira.get(), beth.get()}) {
      tablet->clock.shift(ms);
      tablet->token.set(centre.token(tablet->worker()));
    }
  }
  void sync_both() {
    for (int i = 0; i < 3; ++i) {
      take(amira->sync());
      take(beth->sync());
    }
  }
};

}  // namespace

TEST_CASE("a refused transaction becomes an empty slot, and the author can read it with the reason") {
  ReaderWrites world;
  world.sync_both();
  CHECK(world.amira->status().unsent == 0);
  CHECK(world.beth->text("visit_note", world.fine, "body") == "while I still could");
  CHECK_FALSE(world.beth->record("visit_note", world.refused).has_value());
  const auto aside = world.amira->set_aside();
  REQUIRE(aside.size() == 3);
  for (const auto& item : aside) {
    CHECK_FALSE(item.reason.empty());
    CHECK_FALSE(item.ops.empty());
  }
  CHECK_FALSE(world.amira->record("visit_note", world.refused).has_value());
  CHECK(world.beth->position(world.scope) == 4);  // dense: three of them empty
  require_agreement(world.scope, {world.amira.get(), world.beth.get()});
}

TEST_CASE("a released transaction stands again under its author, by the centre") {
  ReaderWrites world;
  world.sync_both();
  for (const auto& item : take(world.centre.admin()->quarantine(organisation)))
    take(world.centre.admin()->release(organisation, item.id));
  world.sync_both();
  CHECK(world.beth->text("visit_note", world.refused, "body") == "and its edit");
  CHECK(world.amira->text("visit_note", world.other, "body") == "another");
  const auto record = world.beth->record("visit_note", world.refused);
  REQUIRE(record.has_value());
  CHECK(record->state.creates.front().worker == "amira");
  CHECK(take(world.centre.admin()->quarantine(organisation)).empty());
  require_agreement(world.scope, {world.amira.get(), world.beth.get()});
}

TEST_CASE("released while the case was away from its author's tablet: when it is given again nothing is set aside") {
  ReaderWrites world;
  world.sync_both();
  world.shift(hour_ms);
  take(world.centre.admin()->withdraw(organisation, "amira", world.scope));
  world.sync_both();
  REQUIRE_FALSE(world.amira->holds(world.scope));
  CHECK(world.amira->set_aside().size() == 3);
  for (const auto& item : take(world.centre.admin()->quarantine(organisation)))
    take(world.centre.admin()->release(organisation, item.id));
  world.centre.grant("amira", "case", world.scope);
  world.sync_both();
  CHECK(world.amira->text("visit_note", world.refused, "body") == "and its edit");
  CHECK(world.amira->set_aside().empty());
  require_agreement(world.scope, {world.amira.get(), world.beth.get()});
}

TEST_CASE("suspended for an hour: what was written then is refused with what builds on it, the rest flows") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("beth", "case", scope);
  Tablet amira(centre, {.worker = "amira", .engine = hasty()}), beth(centre, {.worker = "beth"});
  take(amira.sync());
  const auto an_hour_later = [&] {
    for (OffsetClock* clock : {&centre.clock, &amira.clock, &beth.clock}) clock->shift(hour_ms);
  };
  RecordId before, during, after;
  amira.commit(note(scope, "before", &before));
  an_hour_later();
  take(centre.admin()->suspend(organisation, "amira", centre.clock.wall_ms()));
  an_hour_later();
  amira.commit(note(scope, "while suspended", &during));
  an_hour_later();
  take(centre.admin()->reinstate(organisation, "amira"));
  an_hour_later();
  store::Draft edit;
  edit.changes.push_back({scope, assign_op("visit_note", during, "body", model::Kind::text, "its edit")});
  amira.commit(std::move(edit));
  amira.commit(note(scope, "after", &after));
  for (Tablet* tablet : {&amira, &beth}) tablet->token.set(centre.token(tablet->worker()));
  for (int i = 0; i < 3; ++i) take(amira.sync());
  take(beth.sync());
  CHECK(beth.text("visit_note", before, "body") == "before");
  CHECK(beth.text("visit_note", after, "body") == "after");
  CHECK_FALSE(beth.record("visit_note", during).has_value());
  CHECK(amira.set_aside().size() == 2);  // the note and the edit of it, readable to their author
  CHECK(beth.position(scope) == 4);
  require_agreement(scope, {&amira, &beth});
}
