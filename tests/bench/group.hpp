// A group of figures that are measured together: prepared once, then one round after the other, each round with its
// baseline in it. runner.hpp takes the middle.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/figures.hpp"

namespace satchel::bench {

// How much of everything. `small` is for ./run test, which measures nothing.
struct Scale {
  bool small = false;
  uint64_t notes = 10'000;         // of 1 KB
  uint64_t commits = 2'000;        // notes that are committed one by one
  uint64_t bulk = 1'000;           // notes in one transaction
  uint64_t cases = 100;            // the notes are spread over so many scopes
  uint64_t records = 27'000;       // of a caseload, at least; its cases come out of it
  uint64_t conflicts = 500;        // entries in its inbox
  uint64_t searches = 400;
  uint64_t live_commits = 300;     // that change a list that is followed
  uint64_t live_unrelated = 2'000; // that do not
  uint64_t typed_notes = 200;      // that are typed in it and sent in
  uint64_t edits = 40;             // of one field, each synced
  uint64_t fleet = 100;            // devices with one scope
  uint64_t fleet_notes = 100;      // of each
  uint64_t storm = 1'000;          // devices that come back within storm_ms
  uint64_t storm_changes = 20;     // of each
  uint64_t storm_share = 4;        // devices that hold the same case
  int64_t storm_ms = 60'000;
  uint64_t memory_least = 100'000, memory_most = 400'000;  // records that are pulled
  int64_t idle_ms = 160'000;  // longer than a poll
  uint64_t bits_per_second = 1'000'000;
};
Scale small_scale();

class Shared;

struct Surroundings {
  Scale scale;
  Shared* shared = nullptr;
  std::filesystem::path directory;  // on the disk that is measured, empty
  std::string program;              // this one: parts of it run as processes of their own
};

class Measurement {
 public:
  virtual ~Measurement() = default;
  // Each round in a directory of its own. The same figures each time.
  virtual std::vector<Figure> round(const std::filesystem::path& directory) = 0;
  std::string title, baseline, note;
};

struct Group {
  const char* name;
  const char* about;
  unsigned usual_rounds;
  std::unique_ptr<Measurement> (*prepare)(const Surroundings& around);
};

// In the order of docs/BENCHMARKS.md.
const std::vector<Group>& groups();

std::unique_ptr<Measurement> prepare_commit(const Surroundings& around);
std::unique_ptr<Measurement> prepare_push(const Surroundings& around);
std::unique_ptr<Measurement> prepare_first_sync(const Surroundings& around);
std::unique_ptr<Measurement> prepare_edit(const Surroundings& around);
std::unique_ptr<Measurement> prepare_fleet(const Surroundings& around);
std::unique_ptr<Measurement> prepare_caseload(const Surroundings& around);
std::unique_ptr<Measurement> prepare_inbox(const Surroundings& around);
std::unique_ptr<Measurement> prepare_sent_in(const Surroundings& around);
std::unique_ptr<Measurement> prepare_live(const Surroundings& around);
std::unique_ptr<Measurement> prepare_search(const Surroundings& around);
std::unique_ptr<Measurement> prepare_encrypted(const Surroundings& around);
std::unique_ptr<Measurement> prepare_busy_reads(const Surroundings& around);
std::unique_ptr<Measurement> prepare_memory(const Surroundings& around);
std::unique_ptr<Measurement> prepare_slow_link(const Surroundings& around);
std::unique_ptr<Measurement> prepare_storm(const Surroundings& around);
std::unique_ptr<Measurement> prepare_idle(const Surroundings& around);

}  // namespace satchel::bench
