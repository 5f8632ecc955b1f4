// satchel-bench: how long the main steps take on this machine, each beside a baseline of the same run.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <optional>
#include <vector>

#include "tests/bench/text.hpp"
#include "tests/bench/world.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

using satchel::bench::Plan;
using satchel::bench::Report;

constexpr unsigned usual = 7;  // rounds

struct Choices {
  Plan plan;
  std::string directory = std::filesystem::temp_directory_path().string();
  bool small = false, json = false;
  std::optional<unsigned> rounds;
};

// Each round in a directory of its own.
Report measure_once(const Choices& choices, const std::function<Report(const Plan&)>& measure) {
  const satchel::test::TemporaryDirectory scratch(choices.directory);
  Plan plan = choices.plan;
  plan.directory = scratch.path();
  if (choices.small) {
    plan.notes = 60;
    plan.cases = 3;
    plan.records = 600;
    plan.conflicts = 12;
    plan.typed_notes = 3;
  }
  const double before = satchel::bench::load_now();
  Report report = measure(plan);
  const double after = satchel::bench::load_now();
  report.load_from = std::min(before, after);
  report.load_to = std::max(before, after);
  return report;
}

void run(const Choices& choices, unsigned usual_rounds, const std::function<Report(const Plan&)>& measure) {
  std::vector<Report> rounds;
  for (unsigned i = 0; i < choices.rounds.value_or(usual_rounds); ++i) rounds.push_back(measure_once(choices, measure));
  const Report report = satchel::bench::middle_of(rounds);
  std::printf("%s\n", (choices.json ? as_json(report) : as_table(report)).c_str());
}

CLI::App* add(CLI::App& app, Choices& choices, const char* name, const char* about, unsigned usual_rounds,
              const std::function<Report(const Plan&)>& measure) {
  CLI::App* command = app.add_subcommand(name, about);
  command->add_option("--directory", choices.directory, "On which disk to measure")->check(CLI::ExistingDirectory);
  command->add_flag("--small", choices.small, "Little of everything: shows that it works, measures nothing");
  command->add_flag("--json", choices.json, "The figures as JSON");
  command
      ->add_option("--rounds", choices.rounds, "How often; the middle counts. Default: " + std::to_string(usual_rounds))
      ->check(CLI::Range(1, 1000));
  command->callback([&choices, usual_rounds, measure] { run(choices, usual_rounds, measure); });
  return command;
}

void add_notes(CLI::App* command, Choices& choices) {
  command->add_option("--notes", choices.plan.notes, "How many notes")->check(CLI::Range(1, 10'000'000));
  command->add_option("--cases", choices.plan.cases, "Over how many cases they are spread")
      ->check(CLI::Range(1, 100'000));
}

void add_caseload(CLI::App& app, Choices& choices) {
  CLI::App* command =
      add(app, choices, "caseload", "A whole caseload in one store: its size, opening, a list, the inbox",
          1,  // it repeats each step itself
          satchel::bench::caseload);
  command->add_option("--records", choices.plan.records, "How many records, 53,000 being a heavy tablet's")
      ->check(CLI::Range(600, 1'000'000));
  command->add_option("--conflicts", choices.plan.conflicts, "How many entries the inbox has")
      ->check(CLI::Range(1, 2000));
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
  CLI::App app("How long the main steps take on this machine, each beside a baseline of the same run.",
               "satchel-bench");
  app.require_subcommand(1);
  Choices choices;
  add_notes(add(app, choices, "commit", "Commit notes one by one, with each durability", usual, satchel::bench::commit),
            choices);
  add_notes(add(app, choices, "push", "Send unsent notes to a central store in the same process", usual,
                satchel::bench::push),
            choices);
  add_notes(add(app, choices, "first-sync", "Fetch notes into a new store", usual, satchel::bench::first_sync),
            choices);
  add_caseload(app, choices);
  TextChoices text_choices;
  add_text(app, text_choices);
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
