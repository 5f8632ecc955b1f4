// What will happen in a world, drawn from its seed before it begins: what kind of world it is (swarm testing: each seed
// has some faults often and others not at all) and a list of events. Each event has a seed of its own, so that a
// failing world can be shrunk by leaving events out without changing what the others do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace satchel::sim {

enum class What : uint32_t {
  // people
  write,
  open_form,
  save_form,
  change,
  set_risk,
  settle,
  remove,
  open_case,
  write_in_two,
  wish_sync,
  // a tablet
  tablet_killed,
  tablet_power_cut,
  tablet_dies_later,
  tablet_full,
  tablet_disk_fails,
  app_closed,
  file_saved,
  file_put_back,
  file_copied,
  clock_jumps,
  clock_in_1970,
  clock_drifts,
  signs_out,
  schema_grows,
  keep_history,
  background,
  tablet_joins,
  first_sync_breaks,
  tablet_lost,
  // the way between
  way_gone,
  portal,
  bad_weather,
  storm_weather,
  slow_way,
  // the centre
  centre_killed,
  centre_power_cut,
  centre_dies_later,
  centre_stops,
  centre_down_long,
  centre_disk_fails,
  backup,
  restore,
  // rights
  grant,
  withdraw,
  suspend,
  reinstate,
  release,
  new_case,
  refuse,
  case_closed,
  // time
  night,
  long_away,
  count_
};
const char* name_of(What what);
bool is_fault(What what);

struct Event {
  int64_t pause_ms = 0;  // before it
  What what = What::write;
  uint32_t who = 0;  // a tablet, where it is about one
  uint64_t seed = 0;
};

struct TabletPlan {
  uint32_t worker = 0;
  bool watch = false;
  bool grouped = false;  // durability: a power cut may take the last commits
  uint32_t answer_kib = 1024, push_kib = 512;
};

struct Plan {
  uint64_t seed = 0;
  uint32_t workers = 3, cases = 2;
  bool backups = false, whole_schema = false;
  int64_t session_ms = 900'000;
  uint32_t centre_answer_kib = 4096;
  std::vector<TabletPlan> tablets;
  std::vector<Event> events;
  bool write_more = true;  // until enough was written for the world to count
};
Plan make_plan(uint64_t seed);

// A world that moved less does not count.
inline constexpr uint64_t kCommitsLeast = 200, kFaultsLeast = 20, kTabletsLeast = 4;

}  // namespace satchel::sim
