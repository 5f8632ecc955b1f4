#include "tests/sim/events.hpp"

#include <algorithm>

#include "core/store/arrivals.hpp"
#include "core/store/held_scopes.hpp"
#include "core/store/outbox.hpp"

namespace satchel::sim {
namespace {

constexpr size_t kFormsMost = 4;
constexpr size_t kCopiesMost = 2;

// False: it could not be read.
bool note_what_stands(TabletMachine& tablet, const store::HeldScope& scope, Form& form) {
  sqlite::Database& db = tablet.reader().database();
  auto version = store::version_now(db, scope.key);
  const auto rows = store::outbox_rows(db, scope.key, INT64_MIN, SIZE_MAX >> 1);
  const auto entries = log::Log(db).entries_after(scope.key, 0, SIZE_MAX);
  if (!version.ok() || !rows.ok() || !entries.ok()) return false;
  form.version = std::move(*version);
  for (const auto& row : *rows) form.slots.emplace_back(row.id, row.hash);
  for (const auto& entry : *entries) form.slots.emplace_back(entry.id, entry.hash);
  return true;
}

}  // namespace

void Events::later(int64_t delay_ms, std::function<void(World&)> task) {
  world_.timeline.after(delay_ms, [world = &world_, task = std::move(task)] { task(*world); });
}

void Events::happen(const Event& event) {
  Dice dice(event.seed);
  const size_t number = event.who % world_.tablets.size();
  TabletMachine& tablet = *world_.tablets[number];
  const auto done = [&] {
    if (event.what <= What::wish_sync) return by_people(tablet, event.what, dice);
    if (event.what <= What::tablet_lost) return on_tablet(tablet, event.what, dice);
    if (event.what <= What::slow_way) return weather(tablet, event.what, dice);
    if (event.what <= What::restore) return centre_event(event.what, dice);
    if (event.what <= What::case_closed) return rights(event.what, dice);
    return night(tablet, event.what, dice);
  }();
  if (!done) return;
  ++world_.outcome.events[static_cast<size_t>(event.what)];
  if (!is_fault(event.what)) return;
  ++world_.outcome.faults;
  if (world_.story.on()) {
    world_.story.line("world", std::string(name_of(event.what)) + " (" + world_.tablets[number]->name() + ")");
  }
}

bool Events::by_people(TabletMachine& tablet, What what, Dice& dice) {
  if (!tablet.running()) return false;
  switch (what) {
    case What::write:
      return write(tablet, dice);
    case What::open_form:
      return open_form(tablet, dice);
    case What::save_form:
      return save_form(tablet, dice);
    case What::change:
      return change(tablet, dice);
    case What::set_risk:
      return set_risk(tablet, dice);
    case What::settle:
      return settle(tablet, dice);
    case What::remove:
      return remove(tablet, dice);
    case What::open_case:
      return open_case(tablet, dice);
    case What::write_in_two:
      return write_in_two(tablet, dice);
    default:
      tablet.sync_once([](const Result<sync::EngineStatus>&) {});
      return true;
  }
}

bool Events::on_tablet(TabletMachine& tablet, What what, Dice& dice) {
  switch (what) {
    case What::tablet_full:
      return fill_disk(tablet, dice);
    case What::app_closed:
      return close_app(tablet, dice);
    case What::file_saved:
      tablet.saved = tablet.files();
      return true;
    case What::file_put_back:
      return put_file_back(tablet, dice);
    case What::file_copied:
      return copy_file(tablet, dice);
    case What::clock_jumps:
    case What::clock_in_1970:
    case What::clock_drifts:
      return clock(tablet, what, dice);
    case What::signs_out:
      return sign_out(tablet, dice);
    case What::schema_grows:
      return grow_schema(tablet);
    case What::keep_history:
      return keep_history(tablet, dice);
    case What::background:
      return background(tablet, dice);
    case What::tablet_joins:
      return join(dice, false) != nullptr;
    case What::first_sync_breaks:
      return join_and_break_off(dice);
    case What::tablet_lost:
      return lose_tablet(tablet);
    default:
      return tablet_dies(tablet, what, dice);
  }
}

bool Events::sign_out(TabletMachine& tablet, Dice& dice) {
  tablet.token.clear();
  later(dice.between(kMinute, 20 * kMinute), [it = &tablet](World& world) {
    it->token = make_token(it->worker(), kBeginning + world.timeline.now() + 365 * kDay);
    if (it->running()) it->engine().start();
  });
  return true;
}

// ---- people

bool Events::write(TabletMachine& tablet, Dice& dice) {
  const auto scope = some_scope(tablet, dice, "");
  if (!scope) return false;
  world_.commit(tablet, new_record(tablet, *scope, world_.scope_kinds[*scope], world_.known, dice), nullptr);
  return true;
}

bool Events::open_form(TabletMachine& tablet, Dice& dice) {
  if (tablet.forms.size() >= kFormsMost) return false;
  const auto token = tablet.reader().begin();
  if (!token.ok()) return false;
  const auto record = some_record(tablet, world_.known, dice);
  Form form;
  bool good = record.has_value();
  if (good) {
    form.token = *token;
    form.scope = record->scope;
    form.key = record->key;
    form.seen = record->state;
    const auto held = store::find_held_scope(tablet.reader().database(), record->scope);
    good = held.ok() && held->has_value() && note_what_stands(tablet, **held, form);
  }
  tablet.reader().end();
  if (good) tablet.forms.push_back(std::move(form));
  return good;
}

bool Events::save_form(TabletMachine& tablet, Dice& dice) {
  if (tablet.forms.empty()) return false;
  const Form form = tablet.forms.front();
  tablet.forms.erase(tablet.forms.begin());
  store::Draft draft = change_record(tablet, form.scope, form.key, form.seen, world_.known, dice);
  if (form.key.collection == "risk" && form.seen.present()) draft = sim::set_risk(form.scope, form.key, dice);
  world_.commit(tablet, std::move(draft), &form);
  return true;
}

bool Events::change(TabletMachine& tablet, Dice& dice) {
  const auto record = some_record(tablet, world_.known, dice);
  if (!record) return write(tablet, dice);
  store::Draft draft = change_record(tablet, record->scope, record->key, record->state, world_.known, dice);
  if (draft.changes.empty()) return write(tablet, dice);
  world_.commit(tablet, std::move(draft), nullptr);
  return true;
}

// One risk of a case is set again and again, by everybody.
bool Events::set_risk(TabletMachine& tablet, Dice& dice) {
  if (world_.cases.empty()) return false;
  const ScopeId scope = dice.pick(world_.cases);
  model::RecordKey risk{"risk", {}};
  for (const auto& key : world_.known[scope]) {
    if (key.collection == "risk") risk = key;
  }
  if (!risk.record.is_nil()) {
    const auto record = tablet.record(risk);
    if (!record.ok() || !*record || !(*record)->state.present()) return false;
    world_.commit(tablet, sim::set_risk(scope, risk, dice), nullptr);
    return true;
  }
  risk.record = RecordId{uuid_v7(kBeginning + world_.timeline.now(), dice)};
  store::Draft draft = sim::set_risk(scope, risk, dice);
  store::Change create = draft.changes.front();
  create.op = model::Op{};
  create.op.collection = risk.collection;
  create.op.record = risk.record;
  create.op.action = model::Action::create;
  draft.changes.insert(draft.changes.begin(), create);
  world_.commit(tablet, std::move(draft), nullptr);
  return true;
}

bool Events::settle(TabletMachine& tablet, Dice& dice) {
  auto decision = sim::settle(tablet, dice);
  if (!decision) return false;
  world_.commit(tablet, std::move(decision->first), nullptr);
  return true;
}

bool Events::remove(TabletMachine& tablet, Dice& dice) {
  const auto record = some_record(tablet, world_.known, dice);
  if (!record) return false;
  world_.commit(tablet, remove_or_restore(record->scope, record->key, record->state), nullptr);
  return true;
}

bool Events::open_case(TabletMachine& tablet, Dice& dice) {
  const auto team = some_scope(tablet, dice, "team");
  if (!team) return false;
  const ScopeId id{random_128(dice)};
  store::Draft draft = new_record(tablet, id, "case", world_.known, dice);
  draft.open.push_back({id, {"case", *team}});
  world_.commit(tablet, std::move(draft), nullptr);
  return true;
}

bool Events::write_in_two(TabletMachine& tablet, Dice& dice) {
  const auto one = some_scope(tablet, dice, "case"), other = some_scope(tablet, dice, "self");
  if (!one || !other) return false;
  store::Draft draft = new_record(tablet, *one, "case", world_.known, dice);
  for (auto& change : new_record(tablet, *other, "self", world_.known, dice).changes) draft.changes.push_back(change);
  world_.commit(tablet, std::move(draft), nullptr);
  return true;
}

// ---- a tablet

bool Events::tablet_dies(TabletMachine& tablet, What what, Dice& dice) {
  const auto how = dice.chance(500) ? support::Stop::power_cut : support::Stop::kill;
  if (!tablet.running()) return false;
  switch (what) {
    case What::tablet_killed:
      tablet.die(support::Stop::kill);
      break;
    case What::tablet_power_cut:
      tablet.die(support::Stop::power_cut);
      break;
    case What::tablet_disk_fails:
      tablet.disk.fail_after(static_cast<uint64_t>(dice.between(0, 30)), static_cast<uint64_t>(dice.between(1, 4)));
      break;
    default:
      tablet.disk.stop_after(how, static_cast<uint64_t>(dice.between(0, 60)), dice.u64());
      break;
  }
  return true;
}

bool Events::close_app(TabletMachine& tablet, Dice& dice) {
  if (!tablet.running()) return false;
  tablet.close();
  later(dice.between(0, 10 * kMinute), [it = &tablet](World& world) { world.open_again(*it); });
  return true;
}

// What only this file had of after it was saved is gone, and nobody promised otherwise. What had left it comes back.
bool Events::put_file_back(TabletMachine& tablet, Dice& dice) {
  if (tablet.saved.empty() || tablet.gone) return false;
  if (tablet.running()) tablet.close();
  tablet.put_back(tablet.saved, dice.chance(300));
  world_.lets_go(tablet, "its last copy went when the file of " + tablet.name() + " was put back");
  world_.story.line(tablet.name(), "file put back to an earlier day");
  world_.open_again(tablet);
  if (dice.chance(500)) write_at_once(tablet, dice);
  return true;
}

// What had left it is elsewhere, and stays; what had not went with it.
bool Events::lose_tablet(TabletMachine& tablet) {
  const auto there = [](const auto& one) { return !one->gone; };
  if (tablet.gone || std::count_if(world_.tablets.begin(), world_.tablets.end(), there) <= 2) return false;
  if (tablet.running()) tablet.close();
  tablet.gone = true;
  world_.lets_go(tablet, "it was nowhere else when " + tablet.name() + " was lost");
  world_.story.line(tablet.name(), "is lost");
  return true;
}

// Before it hears of anything: perhaps under ids that are taken.
void Events::write_at_once(TabletMachine& tablet, Dice& dice) {
  for (int64_t left = dice.between(1, 4); left > 0 && tablet.running(); --left) write(tablet, dice);
}

// Somebody gets another tablet, empty as it comes out of its box.
// Where somebody is away in the middle of a first sync, it is another tablet of theirs: it fetches the same.
TabletMachine* Events::join(Dice& dice, bool in_many_parts) {
  const auto& all = world_.tablets;
  const auto broken = std::find_if(all.begin(), all.end(), [](const auto& one) { return one->broke_off; });
  const bool of_a_story = in_many_parts || broken != all.end();
  if (all.size() >= world_.plan.tablets.size() + kCopiesMost + (of_a_story ? 2 : 0)) return nullptr;
  const std::string worker = broken == all.end() ? some_worker(dice) : (*broken)->worker();
  TabletPlan plan;
  plan.watch = dice.chance(400);
  if (of_a_story || dice.chance(600)) plan.answer_kib = static_cast<uint32_t>(dice.between(1, 4));
  if (dice.chance(300)) plan.push_kib = static_cast<uint32_t>(dice.between(1, 8));
  world_.add_tablet(plan, worker + "-" + std::to_string(world_.tablets.size()), worker);
  TabletMachine& tablet = *world_.tablets.back();
  world_.story.line(tablet.name(), "is a new tablet");
  tablet.start();
  return &tablet;
}

// With a part of a scope that has more (World::came), until the centre has let go of the others.
bool Events::join_and_break_off(Dice& dice) {
  TabletMachine* tablet = join(dice, true);
  if (tablet == nullptr) return false;
  tablet->breaks_off_for_ms = dice.between(38, 45) * kMinute;
  return true;
}

// Somebody who copies a store by hand copies what lies beside it; a backup leaves the secret out.
bool Events::copy_file(TabletMachine& tablet, Dice& dice) {
  if (tablet.gone || world_.tablets.size() >= world_.plan.tablets.size() + kCopiesMost) return false;
  auto files = tablet.files();
  const bool with_secret = dice.chance(600);
  if (!with_secret) std::erase_if(files, [](const auto& file) { return Secrets::is_one(file.first); });
  if (files.empty()) return false;
  TabletPlan plan = world_.plan.tablets[tablet.number() % world_.plan.tablets.size()];
  world_.add_tablet(plan, tablet.worker() + "-" + std::to_string(world_.tablets.size()), tablet.worker());
  TabletMachine& copy = *world_.tablets.back();
  world_.story.line(copy.name(),
                    "is a copy of " + tablet.name() + (with_secret ? ", secret and all" : ", without its secret"));
  copy.set_schema(tablet.schema_json());
  copy.copied = tablet.copied = true;
  copy.disk.put_back(files);
  copy.ended_badly = true;
  world_.open_again(copy);
  if (dice.chance(500)) {
    if (tablet.running()) write_at_once(tablet, dice);
    write_at_once(copy, dice);
  }
  return true;
}

bool Events::fill_disk(TabletMachine& tablet, Dice& dice) {
  tablet.disk.set_capacity(tablet.disk.used() + static_cast<uint64_t>(dice.between(0, 40'000)));
  later(dice.between(kSecond, 5 * kMinute), [it = &tablet](World& world) {
    it->disk.set_capacity(UINT64_MAX);
    world.open_again(*it);
  });
  return true;
}

bool Events::grow_schema(TabletMachine& tablet) {
  tablet.set_schema(world_.newer_schema_);
  if (!tablet.running()) return true;
  tablet.close();
  world_.open_again(tablet);
  return true;
}

bool Events::keep_history(TabletMachine& tablet, Dice& dice) {
  if (!tablet.running()) return false;
  const auto scope = some_scope(tablet, dice, "case");
  if (!scope) return false;
  const bool keep = dice.chance(800);
  bool good = false;
  tablet.act([&] {
    good = tablet.store().keep_history(*scope, keep).ok();
    if (good) tablet.engine().local_commit();
  });
  if (good) {
    world_.story.line(tablet.name(), (keep ? "fetches the history of " : "lets go of the history of ") + scope->text());
  }
  return good;
}

// As platform/c does it: all is made safe, nobody watches any more, and what is left may have some time.
bool Events::background(TabletMachine& tablet, Dice& dice) {
  if (!tablet.running()) return false;
  const int64_t within_ms = dice.chance(700) ? dice.between(50, 30 * kSecond) : 0;
  world_.story.line(tablet.name(), "goes into the background");
  tablet.act([&] {
    [[maybe_unused]] const Result<> flushed = tablet.store().flush();
    tablet.engine().stop_watching();
    if (within_ms == 0) return;
    const uint64_t sync = tablet.sync_within(within_ms);
    later(within_ms + kSecond, [it = &tablet, sync](World&) { it->expect_ended(sync); });
  });
  later(dice.between(within_ms + kSecond, 30 * kMinute), [it = &tablet](World&) {
    if (it->running()) it->act([&] { it->engine().start(); });
  });
  return true;
}

bool Events::clock(TabletMachine& tablet, What what, Dice& dice) {
  static const std::vector<int64_t> jumps = {-365 * kDay, -3 * kDay, -kHour,   -5 * kMinute,
                                             5 * kMinute, kHour,     3 * kDay, 365 * kDay};
  switch (what) {
    case What::clock_jumps:
      tablet.clock.jump(dice.pick(jumps));
      break;
    case What::clock_in_1970:
      tablet.clock.stand_at(dice.between(0, kDay));
      break;
    default:
      tablet.clock.drift(dice.between(-50'000, 50'000));
      break;
  }
  later(dice.between(kMinute, 2 * kHour), [it = &tablet](World&) { it->clock.correct(); });
  return true;
}

bool Events::weather(TabletMachine& tablet, What what, Dice& dice) {
  Weather bad;
  if (what == What::way_gone) {
    bad.down = true;
    if (tablet.running() && dice.chance(300)) tablet.engine().network_changed(false);
  } else if (what == What::portal) {
    bad.portal = true;
  } else if (what == What::slow_way) {
    bad.bytes_per_ms = 2;
    bad.delay_most_ms = 2000;
  } else {
    const auto some = [&] { return static_cast<uint32_t>(dice.between(0, what == What::storm_weather ? 400 : 120)); };
    bad.lose_request = some();
    bad.lose_answer = some();
    bad.duplicate = some();
    bad.hold_back = some();
    bad.half_open = some() / 4;
    bad.cut_answer = some() / 2;
    bad.delay_most_ms = dice.between(200, 8000);
  }
  tablet.weather = bad;
  clears_up(tablet, dice.between(5 * kSecond, 2 * kMinute));
  return true;
}

void Events::goes_offline(TabletMachine& tablet, int64_t for_ms) {
  tablet.weather = Weather{};
  tablet.weather.down = true;
  clears_up(tablet, for_ms);
}

void Events::clears_up(TabletMachine& tablet, int64_t delay_ms) {
  const uint64_t number = ++tablet.weathers;
  later(delay_ms, [it = &tablet, number](World&) {
    if (it->weathers != number) return;
    it->weather = Weather{};
    if (it->running()) it->engine().network_changed(true);
  });
}

}  // namespace satchel::sim
