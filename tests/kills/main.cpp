// ./run kills: real programs on real files, killed again and again. Says what was found, and where its files lie.
#include <CLI/CLI.hpp>
#include <iostream>

#include "tests/kills/kills.hpp"

using namespace satchel::kills;

namespace {

void report(const Outcome& one) {
  for (const auto& violation : one.violations) std::cout << violation.check << ": " << violation.what << "\n";
  for (const auto& line : one.history) std::cout << line << "\n";
  if (!one.kept.empty()) std::cout << "the files are kept in " << one.kept << "\n";
  std::cout << one.kills << " kills (" << one.kills_of_tablets << " of tablets, " << one.kills_of_syncs
            << " of what syncs for them, " << one.kills_of_centre << " of the centre) in " << one.seconds_of_work
            << " s:\n";
  for (size_t i = 0; i < one.kills_by_kind.size(); ++i) {
    std::cout << "  " << one.kills_by_kind[i] << " " << name_of(static_cast<Kind>(i)) << "\n";
  }
  std::cout << one.commits << " commits returned, " << one.cut_off << " were cut off, " << one.uncertain
            << " failed at the disk, " << one.objected << " were not allowed; " << one.openings << " cases opened, "
            << one.backups << " backups\n"
            << one.entries << " entries at the centre, " << one.quarantined << " refused; at rest after " << one.rounds
            << " rounds, " << one.seconds_to_rest << " s; checked in " << one.seconds_of_checks << " s\n"
            << "the longest wait: " << one.longest_wait_seconds << " s until " << one.longest_wait << "\n"
            << one.violations.size() << " violations\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Kills a centre and tablets while they work, starts them again, and checks what is left"};
  Options options;
  options.progress = true;
  app.add_option("--kills", options.kills, "How many")->capture_default_str();
  app.add_option("--seed", options.seed, "Who is killed, and when")->capture_default_str();
  app.add_option("--pause", options.pause_ms, "At most so many milliseconds between two commits of a tablet")
      ->capture_default_str();
  app.add_flag("--keep", options.keep, "Keep the files also when nothing was wrong");
  bool no_backups = false;
  app.add_flag("--no-backups", no_backups, "The centre is one without backups");
  CLI11_PARSE(app, argc, argv);
  options.backups = !no_backups;
  try {
    const Outcome outcome = run(options);
    report(outcome);
    return outcome.violations.empty() ? 0 : 1;
  } catch (const std::exception& failure) {
    std::cerr << "satchel-kills: " << failure.what() << "\n";
    return 70;
  }
}
