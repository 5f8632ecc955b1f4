// Events that are about the centre, about rights, and about time.
#include <tuple>

#include "tests/sim/events.hpp"

namespace satchel::sim {
namespace {

const std::vector<std::string> kEverybody = {"amira", "beth", "carys", "dewi"};

std::vector<ScopeId> scopes_with_unsent(TabletMachine& tablet) {
  std::vector<ScopeId> scopes;
  if (!tablet.running()) return scopes;
  sqlite::StatementScope rows(tablet.reader().database().prepare(
      "SELECT DISTINCT h.id FROM outbox o JOIN held_scopes h ON h.scope = o.scope WHERE o.state = 0 ORDER BY h.id"));
  for (;;) {
    const auto more = rows->step();
    if (!more.ok() || !*more) return scopes;
    if (const auto id = ScopeId::from_bytes(rows->blob(0))) scopes.push_back(*id);
  }
}

}  // namespace

std::string Events::some_worker(Dice& dice) { return kEverybody[static_cast<size_t>(dice.below(world_.plan.workers))]; }

bool Events::centre_event(What what, Dice& dice) {
  if (what == What::restore) return restore(dice);
  if (what == What::centre_down_long) return centre_down_long();
  CentreMachine& centre = *world_.centre;
  const auto how = dice.chance(500) ? support::Stop::power_cut : support::Stop::kill;
  if (!centre.running()) return false;
  switch (what) {
    case What::centre_killed:
      centre.die(support::Stop::kill);
      return true;
    case What::centre_power_cut:
      centre.die(support::Stop::power_cut);
      return true;
    case What::centre_dies_later:
      centre.die_after(how, static_cast<uint64_t>(dice.between(0, 80)));
      return true;
    case What::centre_disk_fails:
      centre.disk.fail_after(static_cast<uint64_t>(dice.between(0, 40)), static_cast<uint64_t>(dice.between(1, 4)));
      return true;
    case What::centre_stops:
      centre.stop();
      later(dice.between(0, 10 * kMinute), [](World& world) { world.start_centre(); });
      return true;
    case What::backup:
      return centre.back_up();
    default:
      return false;
  }
}

// How often do tablets that cannot reach it knock? An hour of it, with nobody writing.
bool Events::centre_down_long() {
  CentreMachine& centre = *world_.centre;
  if (!centre.running()) return false;
  centre.stop();
  world_.centre_held_down_ = true;  // also what an earlier event had planned
  std::vector<uint64_t> before;
  for (const auto& tablet : world_.tablets) before.push_back(tablet->link.requests);
  world_.timeline.run_until(world_.timeline.now() + kHour);
  world_.centre_held_down_ = false;
  constexpr uint64_t most =
      90;  // ten quick ones, then two in five minutes on average, and what people and networks ask for
  for (size_t i = 0; i < before.size(); ++i) {
    const uint64_t asked = world_.tablets[i]->link.requests - before[i];
    if (asked > most) {
      world_.violate("storm", world_.tablets[i]->name() + " sent " + std::to_string(asked) +
                                  " requests within an hour while the centre was down");
    }
  }
  world_.start_centre();
  return true;
}

// The machine is put back to its newest backup: what came after it is on the tablets.
bool Events::restore(Dice& dice) {
  CentreMachine& centre = *world_.centre;
  if (!world_.plan.backups || !centre.has_backup()) return false;
  // Who is out in the field meanwhile comes back when others have written over it.
  const uint32_t away = dice.chance(500) ? 500 : 0;
  for (auto& tablet : world_.tablets) {
    if (dice.chance(away)) goes_offline(*tablet, dice.between(kMinute, 10 * kMinute));
  }
  if (centre.running()) centre.stop();
  centre.put_backup_back();
  world_.promises.let_go(
      world_.marks_everywhere(), [&](const Promise& promise) { return !world_.keeps(promise); },
      "its last copy went when the centre was put back");
  centre.start();
  return true;
}

// ---- rights

bool Events::rights(What what, Dice& dice) {
  CentreMachine& centre = *world_.centre;
  if (!centre.running()) return false;
  // It may die in the middle of being told.
  if (dice.chance(100)) {
    centre.die_after(dice.chance(500) ? support::Stop::power_cut : support::Stop::kill,
                     static_cast<uint64_t>(dice.between(0, 12)));
  }
  bool done = false;
  centre.act([&] {
    if (what == What::grant) {
      done = give(dice);
    } else if (what == What::new_case) {
      done = begin_case(dice);
    } else if (what == What::withdraw) {
      done = take(dice);
    } else if (what == What::case_closed) {
      done = close_case(dice);
    } else {
      done = decide(what, dice);
    }
  });
  return done;
}

bool Events::begin_case(Dice& dice) {
  const std::string worker = some_worker(dice);
  const auto made =
      world_.centre->admin().grant(kOrganisation, worker, std::nullopt, "case", "writer", "new", world_.team);
  if (!made.ok()) world_.rights.perhaps_something(worker);
  if (!made.ok()) return false;
  world_.rights.give(worker, *made, true, now(), true);
  world_.scope_kinds[*made] = "case";
  world_.cases.push_back(*made);
  world_.story.name(made->text(), "case-" + std::to_string(world_.cases.size()));
  return true;
}

// Often back to somebody whom it was taken from.
bool Events::give(Dice& dice) {
  if (world_.cases.empty()) return false;
  std::string worker = some_worker(dice);
  ScopeId scope = dice.pick(world_.cases);
  const auto withdrawn = world_.rights.withdrawn();
  if (!withdrawn.empty() && dice.chance(600)) std::tie(worker, scope) = dice.pick(withdrawn);
  return give(worker, scope, dice.chance(150) ? "reader" : "writer");
}

bool Events::give(const std::string& worker, const ScopeId& scope, const std::string& role) {
  const auto given = world_.centre->admin().grant(kOrganisation, worker, scope, "", role, "given", ScopeId{});
  if (!given.ok() && given.error().code == Code::not_found) return false;
  world_.rights.give(worker, scope, role == "writer", now(), given.ok());
  if (given.ok()) world_.story.line("operator", "grants " + scope.text() + " to " + worker + " as " + role);
  return true;
}

// Often from somebody who has something there that was not sent; sometimes by mistake, and given back soon.
bool Events::take(Dice& dice) {
  std::string worker = some_worker(dice);
  const auto granted = world_.rights.granted_to(worker);
  if (granted.empty()) return false;
  ScopeId scope = dice.pick(granted);
  TabletMachine* tablet = &world_.tablet(static_cast<uint32_t>(dice.below(1000)));
  const auto unsent = scopes_with_unsent(*tablet);
  if (!unsent.empty() && dice.chance(700)) {
    worker = tablet->worker();
    scope = dice.pick(unsent);
  }
  if (world_.scope_kinds[scope] != "case" || !take(worker, scope)) return false;
  if (!dice.chance(400)) return true;
  if (dice.chance(500)) {
    for (auto& one : world_.tablets) {
      if (one->worker() == worker) goes_offline(*one, dice.between(kMinute, 10 * kMinute));
    }
  }
  later(dice.between(5 * kSecond, 5 * kMinute), [worker, scope](World& world) {
    if (world.centre->running()) world.centre->act([&] { Events(world).give(worker, scope, "writer"); });
  });
  return true;
}

bool Events::take(const std::string& worker, const ScopeId& scope) {
  const auto taken = world_.centre->admin().withdraw(kOrganisation, worker, scope);
  if (!taken.ok() && taken.error().code == Code::not_found) return false;
  world_.rights.take(worker, scope, now(), taken.ok());
  if (taken.ok()) world_.story.line("operator", "withdraws " + scope.text() + " from " + worker);
  return true;
}

// Nobody sees it any more.
bool Events::close_case(Dice& dice) {
  if (world_.cases.empty()) return false;
  const ScopeId scope = dice.pick(world_.cases);
  bool done = false;
  for (uint32_t i = 0; i < world_.plan.workers; ++i) done = take(kEverybody[i], scope) || done;
  return done;
}

bool Events::decide(What what, Dice& dice) {
  server::Admin& admin = world_.centre->admin();
  const std::string worker = some_worker(dice);
  if (what == What::suspend) {
    const auto done = admin.suspend(kOrganisation, worker, now());
    world_.rights.suspend(worker, now(), done.ok());
    world_.story.line("operator", "suspends " + worker);
    return true;
  }
  if (what == What::reinstate) {
    const auto done = admin.reinstate(kOrganisation, worker);
    if (!done.ok() && done.error().code == Code::not_found) return false;
    world_.rights.reinstate(worker, now(), done.ok());
    world_.story.line("operator", "reinstates " + worker);
    return true;
  }
  const auto waiting = admin.quarantine(kOrganisation);
  if (!waiting.ok() || waiting->empty()) return false;
  const auto& item = (*waiting)[static_cast<size_t>(dice.below(waiting->size()))];
  const auto done = what == What::release ? admin.release(kOrganisation, item.id)
                                          : admin.refuse(kOrganisation, item.id, "This was decided by the office.");
  if (done.ok()) {
    world_.story.line("operator", std::string(what == What::release ? "releases " : "refuses ") +
                                      item.id.replica.text().substr(0, 4) + "/" + std::to_string(item.id.counter));
  }
  return done.ok();
}

// ---- time

// Everybody goes home; after a long time away one tablet was somewhere without signal all along.
bool Events::night(TabletMachine& away, What what, Dice& dice) {
  const int64_t long_ms = what == What::night ? dice.between(6 * kHour, 14 * kHour) : 120 * kDay;
  for (auto& tablet : world_.tablets) {
    if (tablet->running()) tablet->close();
  }
  world_.night_ = true;
  world_.timeline.run_until(world_.timeline.now() + long_ms);
  world_.night_ = false;
  for (auto& tablet : world_.tablets) {
    tablet->token = make_token(tablet->worker(), kBeginning + world_.timeline.now() + 365 * kDay);
    if (what == What::night || tablet.get() != &away) world_.open_again(*tablet);
  }
  if (what == What::long_away) {
    later(dice.between(kMinute, 10 * kMinute), [it = &away](World& world) { world.open_again(*it); });
  }
  return true;
}

}  // namespace satchel::sim
