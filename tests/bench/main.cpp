// satchel-bench: the figures of docs/BENCHMARKS.md, each beside its baseline of the same run and what it is to reach.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "tests/bench/children.hpp"
#include "tests/bench/runner.hpp"
#include "tests/bench/text.hpp"

namespace {

using satchel::bench::Choices;
using satchel::bench::Group;

void run(const std::vector<const Group*>& groups, const Choices& choices) {
  satchel::bench::Shared shared(choices.directory, scale_of(choices));
  for (const Group* group : groups) {
    const auto report = run_group(*group, choices, shared);
    std::printf("%s\n", (choices.json ? as_json(report) : as_table(report)).c_str());
    std::fflush(stdout);
  }
}

CLI::App* add(CLI::App& app, Choices& choices, const char* name, const std::string& about,
              std::vector<const Group*> groups) {
  CLI::App* command = app.add_subcommand(name, about);
  command->add_option("--directory", choices.directory, "On which disk to measure")->check(CLI::ExistingDirectory);
  command->add_flag("--small", choices.small, "Little of everything: shows that it works, measures nothing");
  command->add_flag("--json", choices.json, "The figures as JSON, one document for each group");
  command->add_option("--rounds", choices.rounds, "How often; the middle counts. Default: as many as the group needs")
      ->check(CLI::Range(1, 1000));
  command->callback([&choices, groups = std::move(groups)] { run(groups, choices); });
  return command;
}

void add_groups(CLI::App& app, Choices& choices) {
  std::vector<const Group*> all;
  for (const Group& group : satchel::bench::groups()) {
    add(app, choices, group.name, group.about, {&group});
    all.push_back(&group);
  }
  add(app, choices, "all", "All of them but text, one after the other", all);
}

struct TextChoices {
  std::vector<std::string> traces;
  int times = 5;
  bool json = false;
  uint64_t seed = 0;
  size_t edits = 2000;
};

void add_text(CLI::App& app, TextChoices& choices) {
  CLI::App* command = app.add_subcommand("text", "Replay recorded editing sessions and compare the text they end with");
  command->add_option("--trace", choices.traces, "Files of recorded sessions, also compressed ones")
      ->check(CLI::ExistingFile);
  command->add_option("--times", choices.times, "How many runs; the quickest counts")->check(CLI::Range(1, 1000));
  command->add_flag("--json", choices.json, "The figures as JSON");
  command->add_option("--make", choices.seed, "Instead print a made-up session of two writers with this seed");
  command->add_option("--edits", choices.edits, "How many edits it has")->check(CLI::Range(1, 100'000));
  command->callback([&choices] {
    if (choices.traces.empty() == (choices.seed == 0))
      throw CLI::ValidationError("text", "needs --trace FILE or --make SEED");
    if (choices.seed != 0) return satchel::bench::print_trace(choices.seed, choices.edits);
    const auto replayed = satchel::bench::replay_text(choices.traces, choices.times, choices.json);
    if (!replayed.ok()) throw std::runtime_error(replayed.error().message);
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The main figures on this machine, each beside a baseline of the same run and what it is to reach.",
               "satchel-bench");
  app.require_subcommand(1);
  Choices choices;
  choices.directory = std::filesystem::temp_directory_path().string();
  choices.program = std::filesystem::read_symlink("/proc/self/exe").string();
  add_groups(app, choices);
  TextChoices text_choices;
  add_text(app, text_choices);
  satchel::bench::ChildChoices child_choices;
  add_children(app, child_choices);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "satchel-bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
