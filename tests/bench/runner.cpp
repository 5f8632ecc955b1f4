#include "tests/bench/runner.hpp"

#include <algorithm>

#include "tests/support/temporary_directory.hpp"

namespace satchel::bench {

Report run_group(const Group& group, const Choices& choices, Shared& shared) {
  const test::TemporaryDirectory scratch(choices.directory);
  Surroundings around;
  around.scale = scale_of(choices);
  around.shared = &shared;
  around.directory = scratch.path("prepared");
  around.program = choices.program;
  std::filesystem::create_directories(around.directory);
  Report report;
  report.small = choices.small;
  report.rounds = choices.rounds.value_or(choices.small ? 2 : group.usual_rounds);
  report.load_from = report.load_to = load_now();
  const auto measurement = group.prepare(around);
  std::vector<std::vector<Figure>> rounds;
  for (size_t i = 0; i < report.rounds; ++i) {
    const std::filesystem::path directory = scratch.path("round");
    std::filesystem::create_directories(directory);
    rounds.push_back(measurement->round(directory));
    std::filesystem::remove_all(directory);
    report.load_from = std::min(report.load_from, load_now());
    report.load_to = std::max(report.load_to, load_now());
  }
  report.title = std::string(group.name) + ": " + measurement->title;
  report.baseline = measurement->baseline;
  report.note = measurement->note;
  report.figures = middle_of(rounds);
  return report;
}

}  // namespace satchel::bench
