// The real thing: satchel-server over TLS and tablets on real files, each a process, killed at random instants while
// all of them work, and started again at once. Then everything runs, syncs until it is at rest, and is checked by what
// checks the simulator's worlds (tests/sim/checks.hpp). The seed draws who is killed and when; what the kill meets is
// up to the machine.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/kills/actors.hpp"
#include "tests/sim/checks.hpp"

namespace satchel::kills {

enum class Kind {
  any_time,   // whatever it is doing
  commit,     // a tablet, just after it began a commit
  exchange,   // a tablet or the centre, just after a request was sent
  opening,    // just after it was started
  together,   // the centre and tablets at one instant
  count_,
};
const char* name_of(Kind kind);

struct Options {
  uint64_t kills = 500;
  uint64_t seed = 1;
  uint32_t pause_ms = 60;          // at most so much between two commits of a tablet
  bool backups = true;             // the centre has a backup made now and then, and tablets keep what none covers
  bool keep = false;               // the directory, also when nothing was wrong
  Planted planted = Planted::nothing;
  bool only_commits = false;       // kill tablets in their commits, and nobody else
  bool progress = false;           // tell it on the error stream
};

struct Outcome {
  std::vector<sim::Violation> violations;
  std::vector<std::string> history;  // of kills, one line each; what goes with a violation
  std::array<uint64_t, static_cast<size_t>(Kind::count_)> kills_by_kind{};
  uint64_t kills = 0, kills_of_centre = 0, kills_of_tablets = 0, kills_of_syncs = 0, commits = 0, cut_off = 0,
           objected = 0, uncertain = 0, openings = 0, backups = 0, entries = 0, quarantined = 0, rounds = 0;
  double seconds_of_work = 0, seconds_to_rest = 0, seconds_of_checks = 0;
  double longest_wait_seconds = 0;   // for something that has to happen
  std::string longest_wait;          // for what
  std::string kept;                  // where everything lies; empty: it is gone
};

// What went wrong outside of what is tested (a program cannot be started) throws std::runtime_error.
Outcome run(const Options& options);

}  // namespace satchel::kills
