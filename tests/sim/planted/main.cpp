// ./run sim --planted: after how many worlds is each planted fault found, and by which check?
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "tests/sim/planted/planted.hpp"
#include "tests/sim/process.hpp"
#include "tests/sim/world.hpp"

using namespace satchel::sim;

int main(int argc, char** argv) {
  CLI::App app{"Planted faults, each looked for in worlds from a seed on"};
  uint64_t seed = 1, worlds = 500;
  std::vector<std::string> names;
  app.add_option("--seed", seed, "The first world");
  app.add_option("--worlds", worlds, "How many at most for each fault");
  app.add_option("--fault", names, "Only these (otherwise all)");
  bool trace = false;
  app.add_flag("--trace", trace, "Tell the first world as a story, with each fault");
  CLI11_PARSE(app, argc, argv);
  prepare_process();
  const std::vector<std::string> known = planted_faults();
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::cerr << "no fault is called \"" << name << "\"; there are:\n";
    for (const std::string& one : known) std::cerr << "  " << one << "\n";
    return 2;
  }
  size_t missed = 0;
  for (const std::string& name : names.empty() ? known : names) {
    if (trace) {
      plant(name);
      std::cout << run_world(make_plan(seed), true).story;
      plant({});
      continue;
    }
    const Found found = find_planted(name, seed, worlds);
    missed += found.after == 0 ? 1 : 0;
    std::cout << name << ": ";
    if (found.after == 0) {
      std::cout << "NOT FOUND in " << worlds << " worlds" << std::endl;
    } else {
      std::cout << "world " << found.after << " (seed " << found.seed << "): " << found.check << ": " << found.what
                << std::endl;
    }
  }
  return missed == 0 ? 0 : 1;
}
