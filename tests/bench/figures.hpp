// What a bench reports: each figure beside the baseline of the same run, on the same machine and disk. It makes no
// claim: numbers of different machines or days cannot be compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace satchel::bench {

struct Figure {
  std::string what;
  uint64_t notes = 0;
  double seconds = 0;
  std::optional<double> baseline_seconds;    // of the same number of notes
  std::optional<double> median_ms, high_ms;  // of one step; high: 99 of 100 are quicker
  std::optional<uint64_t> bytes;
  std::optional<double> least_cpu_ms =
      std::nullopt;  // of one step, on a processor: what others on the machine do aside
  std::optional<double> times_baseline = std::nullopt;  // of several rounds; else seconds by baseline_seconds
};

// This process's time on processors so far, in milliseconds.
double cpu_ms();

struct Report {
  std::string title, baseline;  // in words: what the baseline does
  std::vector<Figure> figures;
  size_t rounds = 1;
  double load_from = 0, load_to = 0;  // of the machine, over the last minute: least and most of any round
};

// Sets median_ms and high_ms from the times of single steps.
void set_steps(Figure& figure, std::vector<double> step_ms);
// Of rounds with the same figures: the middle of each, and of the ratios within a round, where both sides had the same
// disk and the same neighbours.
Report middle_of(const std::vector<Report>& rounds);
// The machine's load average of the last minute; 0 where it is not told.
double load_now();
std::string as_table(const Report& report);
std::string as_json(const Report& report);

}  // namespace satchel::bench
