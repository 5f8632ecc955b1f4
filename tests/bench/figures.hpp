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
  std::optional<double> baseline_seconds;  // of the same number of notes
  std::optional<double> median_ms, high_ms;  // of one step; high: 99 of 100 are quicker
  std::optional<uint64_t> bytes;
  std::optional<double> least_cpu_ms = std::nullopt;  // of one step, on a processor: what others on the machine do aside
};

// This process's time on processors so far, in milliseconds.
double cpu_ms();

struct Report {
  std::string title, baseline;             // in words: what the baseline does
  std::vector<Figure> figures;
};

// Sets median_ms and high_ms from the times of single steps.
void set_steps(Figure& figure, std::vector<double> step_ms);
std::string as_table(const Report& report);
std::string as_json(const Report& report);

}  // namespace satchel::bench
