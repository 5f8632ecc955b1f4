// ./run sim: worlds from seeds. Says what was found, and how to see it again.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "tests/sim/process.hpp"
#include "tests/sim/shrink.hpp"
#include "tests/sim/world.hpp"

using namespace satchel::sim;

namespace {

struct Sum {
  uint64_t worlds = 0, counting = 0, failing = 0, commits = 0, refused = 0, faults = 0, requests = 0, deaths = 0,
           rounds_most = 0;
  std::array<uint64_t, static_cast<size_t>(What::count_)> events{};
  std::map<std::string, uint64_t> by_check;

  void add(const Outcome& one) {
    ++worlds;
    counting += one.counts() ? 1 : 0;
    failing += one.violations.empty() ? 0 : 1;
    commits += one.commits;
    refused += one.refused;
    faults += one.faults;
    requests += one.requests;
    deaths += one.deaths;
    rounds_most = std::max(rounds_most, one.rounds);
    for (size_t i = 0; i < events.size(); ++i) events[i] += one.events[i];
    std::set<std::string> checks;
    for (const auto& violation : one.violations) checks.insert(violation.check);
    for (const auto& check : checks) ++by_check[check];
  }
};

void report(const Outcome& one) {
  for (const auto& violation : one.violations) {
    // Flushed: whoever waits for the other worlds sees it now.
    std::cout << "seed " << one.seed << ": " << violation.check << ": " << violation.what << std::endl;
  }
}

void report(const Sum& sum, double seconds, bool events) {
  std::cout << sum.worlds << " worlds in " << seconds << " s (" << static_cast<double>(sum.worlds) / seconds
            << " a second), " << sum.counting << " that count, " << sum.failing << " with violations; " << sum.commits
            << " commits, " << sum.refused << " not allowed, " << sum.faults << " faults, " << sum.deaths << " deaths, "
            << sum.requests << " requests, at most " << sum.rounds_most << " rounds to rest\n";
  for (const auto& [check, count] : sum.by_check) std::cout << "  " << check << ": " << count << " worlds\n";
  if (!events) return;
  for (size_t i = 0; i < sum.events.size(); ++i) {
    std::cout << "  " << name_of(static_cast<What>(i)) << " " << sum.events[i] << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Worlds of tablets, network and centre, each from one seed"};
  uint64_t worlds = 1, first = 1;
  bool trace = false, shrink = false, keep_going = false, events = false;
  app.add_option("--worlds,--seeds", worlds, "How many worlds");
  app.add_option("--seed,--from", first, "Seed of the first; the next ones have the seeds after it");
  app.add_flag("--trace", trace, "Tell each world as a story");
  app.add_flag("--shrink", shrink, "Leave events out of a failing world while it still fails");
  app.add_flag("--keep-going", keep_going, "Do not stop at the tenth failing world");
  app.add_flag("--events", events, "How often each kind of event happened");
  CLI11_PARSE(app, argc, argv);

  prepare_process();
  Sum sum;
  const auto start = std::chrono::steady_clock::now();
  for (uint64_t seed = first; seed < first + worlds && (keep_going || sum.failing < 10); ++seed) {
    Plan plan = make_plan(seed);
    Outcome outcome = run_world(plan, trace && !shrink);
    if (shrink && !outcome.violations.empty()) {
      plan = shrunk(plan, outcome.violations.front().check);
      std::cout << "shrunk to " << plan.events.size() << " events\n";
      outcome = run_world(plan, trace);
    }
    sum.add(outcome);
    std::cout << outcome.story;
    report(outcome);
    std::cout.flush();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  report(sum, took.count(), events);
  return sum.failing == 0 ? 0 : 1;
}
