#include "tests/sim/plan.hpp"

#include <algorithm>
#include <array>

#include "tests/sim/dice.hpp"
#include "tests/sim/timeline.hpp"

namespace satchel::sim {
namespace {

enum class Group { people, way, crash, disk, clock, file, rights, restore, sign_in, schema, time };

struct Row {
  What what;
  const char* name;
  Group group;
  uint32_t weight;  // within everything, when its group is on
  bool fault;
};

constexpr std::array<Row, static_cast<size_t>(What::count_)> rows{{
    {What::write, "write", Group::people, 70, false},
    {What::open_form, "open_form", Group::people, 40, false},
    {What::save_form, "save_form", Group::people, 40, false},
    {What::change, "change", Group::people, 60, false},
    {What::set_risk, "set_risk", Group::people, 25, false},
    {What::settle, "settle", Group::people, 12, false},
    {What::remove, "remove", Group::people, 8, false},
    {What::open_case, "open_case", Group::people, 3, false},
    {What::write_in_two, "write_in_two", Group::people, 5, false},
    {What::wish_sync, "wish_sync", Group::people, 10, false},
    {What::tablet_killed, "tablet_killed", Group::crash, 4, true},
    {What::tablet_power_cut, "tablet_power_cut", Group::crash, 4, true},
    {What::tablet_dies_later, "tablet_dies_later", Group::crash, 10, true},
    {What::tablet_full, "tablet_full", Group::disk, 3, true},
    {What::tablet_disk_fails, "tablet_disk_fails", Group::disk, 5, true},
    {What::app_closed, "app_closed", Group::crash, 3, false},
    {What::file_saved, "file_saved", Group::file, 4, false},
    {What::file_put_back, "file_put_back", Group::file, 3, true},
    {What::file_copied, "file_copied", Group::file, 1, true},
    {What::clock_jumps, "clock_jumps", Group::clock, 5, true},
    {What::clock_in_1970, "clock_in_1970", Group::clock, 2, true},
    {What::clock_drifts, "clock_drifts", Group::clock, 3, true},
    {What::signs_out, "signs_out", Group::sign_in, 4, true},
    {What::schema_grows, "schema_grows", Group::schema, 3, false},
    {What::keep_history, "keep_history", Group::people, 0, false},  // comes in a way of its own
    {What::background, "background", Group::people, 0, false},      // as above
    {What::tablet_joins, "tablet_joins", Group::file, 0, false},    // as above
    {What::first_sync_breaks, "first_sync_breaks", Group::file, 0, true},  // as above
    {What::tablet_lost, "tablet_lost", Group::file, 0, true},       // as above
    {What::way_gone, "way_gone", Group::way, 12, true},
    {What::portal, "portal", Group::way, 3, true},
    {What::bad_weather, "bad_weather", Group::way, 12, false},
    {What::storm_weather, "storm_weather", Group::way, 5, false},
    {What::slow_way, "slow_way", Group::way, 4, false},
    {What::centre_killed, "centre_killed", Group::crash, 3, true},
    {What::centre_power_cut, "centre_power_cut", Group::crash, 3, true},
    {What::centre_dies_later, "centre_dies_later", Group::crash, 7, true},
    {What::centre_stops, "centre_stops", Group::crash, 2, true},
    {What::centre_down_long, "centre_down_long", Group::time, 1, true},
    {What::centre_disk_fails, "centre_disk_fails", Group::disk, 6, true},
    {What::backup, "backup", Group::restore, 5, false},
    {What::restore, "restore", Group::restore, 3, true},
    {What::grant, "grant", Group::rights, 6, false},
    {What::withdraw, "withdraw", Group::rights, 5, false},
    {What::suspend, "suspend", Group::rights, 1, false},
    {What::reinstate, "reinstate", Group::rights, 2, false},
    {What::release, "release", Group::rights, 5, false},
    {What::new_case, "new_case", Group::rights, 1, false},
    {What::refuse, "refuse", Group::rights, 2, false},
    {What::case_closed, "case_closed", Group::rights, 0, false},  // as above
    {What::night, "night", Group::time, 2, false},
    {What::long_away, "long_away", Group::time, 1, false},
}};

constexpr bool rows_are_in_order() {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].what != static_cast<What>(i)) return false;
  }
  return true;
}
static_assert(rows_are_in_order());

constexpr int64_t kEvents = 400;

// How often each kind of event comes: groups are on or off, and within one each event is more or less likely.
std::array<uint32_t, rows.size()> swarm(Dice& dice) {
  std::array<uint32_t, 11> share{};
  for (auto& group : share) group = dice.chance(350) ? 0 : static_cast<uint32_t>(dice.between(30, 100));
  share[static_cast<size_t>(Group::people)] = 100;
  std::array<uint32_t, rows.size()> weights{};
  for (size_t i = 0; i < rows.size(); ++i) {
    weights[i] =
        rows[i].weight * share[static_cast<size_t>(rows[i].group)] * static_cast<uint32_t>(dice.between(30, 170)) / 100;
  }
  weights[static_cast<size_t>(What::way_gone)] += 100;  // no world without
  return weights;
}

// Between the events from `from` to `to`, in thousandths of the whole.
void add(Plan& plan, What what, int64_t from, int64_t to, Dice& dice) {
  const auto events = static_cast<int64_t>(plan.events.size());
  const auto at = plan.events.begin() + dice.between(events * from / 1000, events * to / 1000);
  plan.events.insert(at, {0, what, static_cast<uint32_t>(dice.below(1000)), dice.u64()});
}

// In some worlds people look into the past: older history is fetched, and let go of again.
void add_looks_back(Plan& plan) {
  Dice dice(plan.seed, "looks back");
  if (!dice.chance(400)) return;
  for (int64_t left = dice.between(1, 8); left > 0; --left) add(plan, What::keep_history, 0, 1000, dice);
}

// In some worlds the system takes the screen from the app, and gives it a little time behind it.
void add_backgrounds(Plan& plan) {
  Dice dice(plan.seed, "backgrounds");
  if (!dice.chance(300)) return;
  for (int64_t left = dice.between(2, 16); left > 0; --left) add(plan, What::background, 0, 1000, dice);
}

// What comes rarely by itself, and hardly ever in the order in which it matters.
void add_courses(Plan& plan) {
  Dice dice(plan.seed, "courses");
  if (dice.chance(300)) {  // somebody gets a second tablet, and fetches all that there is while the others write
    for (int64_t left = dice.between(1, 2); left > 0; --left) add(plan, What::tablet_joins, 300, 950, dice);
  }
  if (dice.chance(300)) {  // rights come and go, also of those who write
    for (int64_t left = dice.between(4, 12); left > 0; --left) {
      add(plan, dice.chance(550) ? What::withdraw : What::grant, 150, 950, dice);
    }
  }
  if (!plan.backups || !dice.chance(500)) return;
  // A backup, and what came after it is, when the centre is put back, on tablets alone, perhaps on none that may see it.
  for (int64_t left = dice.between(1, 3); left > 0; --left) add(plan, What::backup, 100, 500, dice);
  if (dice.chance(500)) add(plan, What::case_closed, 600, 750, dice);
  if (dice.chance(400)) add(plan, What::tablet_lost, 500, 750, dice);
  for (int64_t left = dice.between(1, 2); left > 0; --left) add(plan, What::restore, 750, 950, dice);
}

// Somebody gets a new tablet and loses the way in the middle of its first sync, for longer than the centre keeps the other
// parts at hand (server/first_sync.cpp); meanwhile people write, and another tablet fetches everything as it then is.
void add_broken_first_sync(Plan& plan) {
  Dice dice(plan.seed, "broken first sync");
  if (!dice.chance(200)) return;
  const int64_t at = dice.between(kEvents * 5 / 10, kEvents * 8 / 10);
  const std::pair<int64_t, Event> steps[] = {
      {at - 1, {0, What::backup, 0, dice.u64()}},  // below a snapshot lies only what is covered
      {at, {0, What::first_sync_breaks, 0, dice.u64()}},
      {at + 25, {0, What::backup, 0, dice.u64()}},
      {at + 35, {dice.between(32, 36) * kMinute, What::tablet_joins, 0, dice.u64()}},
  };
  for (const auto& [place, event] : steps) plan.events.insert(plan.events.begin() + place, event);
}

// What was refused is released after the backup that the centre is put back to: the centre's own words are lost with it.
void add_lost_releases(Plan& plan) {
  Dice dice(plan.seed, "lost releases");
  if (!plan.backups || !dice.chance(250)) return;
  for (int64_t left = dice.between(2, 4); left > 0; --left) add(plan, What::withdraw, 50, 350, dice);
  for (int64_t left = dice.between(2, 4); left > 0; --left) add(plan, What::grant, 350, 450, dice);
  add(plan, What::backup, 400, 500, dice);
  for (int64_t left = dice.between(3, 6); left > 0; --left) add(plan, What::release, 500, 750, dice);
  add(plan, What::restore, 750, 900, dice);
  for (int64_t left = dice.between(1, 3); left > 0; --left) add(plan, What::release, 900, 1000, dice);
}

// People do several things in a row, and what they write leaves together. How many in a row: by the world; in some of
// them each thing stands alone, and every commit has a request of its own.
class Pace {
 public:
  explicit Pace(uint64_t seed) : dice_(seed, "pace"), most_(dice_.chance(100) ? 1 : dice_.between(4, 24)) {}

  // An event that is drawn now: with the one before it, on the same tablet, or after a pause.
  bool goes_on() {
    if (left_ > 0) {
      --left_;
      return true;
    }
    left_ = dice_.between(1, most_) - 1;
    return false;
  }

 private:
  Dice dice_;
  int64_t most_ = 1, left_ = 0;
};

int64_t gap(Dice& dice) {
  const uint64_t kind = dice.below(100);
  if (kind < 45) return dice.between(0, 400);
  if (kind < 85) return dice.between(400, 8'000);
  if (kind < 98) return dice.between(8'000, 60'000);
  return dice.between(kMinute, 5 * kMinute);
}

}  // namespace

const char* name_of(What what) { return rows[static_cast<size_t>(what)].name; }
bool is_fault(What what) { return rows[static_cast<size_t>(what)].fault; }

Plan make_plan(uint64_t seed) {
  Dice dice(seed, "plan");
  Plan plan;
  plan.seed = seed;
  plan.workers = static_cast<uint32_t>(dice.between(2, 4));
  plan.cases = static_cast<uint32_t>(dice.between(1, 3));
  plan.backups = dice.chance(600);
  plan.whole_schema = dice.chance(100);
  plan.session_ms = dice.chance(300) ? kMinute : 15 * kMinute;
  plan.centre_answer_kib = dice.chance(300) ? static_cast<uint32_t>(dice.between(4, 16)) : 4096;
  // Mostly the fewest that count: each one more applies all that the others write.
  const auto fewest = static_cast<int64_t>(kTabletsLeast);
  const int64_t tablets = std::min(dice.between(fewest, 6), dice.between(fewest, 6));
  for (int64_t i = 0; i < tablets; ++i) {
    TabletPlan tablet;
    tablet.worker = static_cast<uint32_t>(i < plan.workers ? i : dice.between(0, plan.workers - 1));
    tablet.watch = dice.chance(400);
    tablet.grouped = dice.chance(100);
    // Not so small that each transaction has an answer or a request of its own: that costs most of such a world's time.
    if (dice.chance(300)) tablet.answer_kib = static_cast<uint32_t>(dice.between(3, 16));
    if (dice.chance(200)) tablet.push_kib = static_cast<uint32_t>(dice.between(2, 8));
    plan.tablets.push_back(tablet);
  }
  const auto weights = swarm(dice);
  uint64_t sum = 0;
  for (const uint32_t weight : weights) sum += weight;
  Pace pace(seed);
  uint32_t who = 0;
  for (int64_t i = 0; i < kEvents; ++i) {
    int64_t pause = 0;
    if (!pace.goes_on()) {
      pause = gap(dice);
      who = static_cast<uint32_t>(dice.below(1000));
    }
    uint64_t drawn = dice.below(sum);
    size_t what = 0;
    while (drawn >= weights[what]) drawn -= weights[what++];
    plan.events.push_back({pause, static_cast<What>(what), who, dice.u64()});
  }
  add_looks_back(plan);
  add_backgrounds(plan);
  add_courses(plan);
  add_broken_first_sync(plan);
  add_lost_releases(plan);
  return plan;
}

}  // namespace satchel::sim
