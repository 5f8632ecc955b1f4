#include "tests/bench/children.hpp"

#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>

#include "tests/bench/app.hpp"
#include "tests/bench/caseload_world.hpp"
#include "tests/bench/measuring.hpp"

namespace satchel::bench {
namespace {

void say(const std::string& words) {
  std::printf("%s\n", words.c_str());
  std::fflush(stdout);
}

// As an app does: its store, and a reader for the first list.
void open_store(const ChildChoices& choices) {
  store::Options options;
  options.path = choices.store;
  options.create = false;
  options.durability = sqlite::Durability::full;
  options.key = SecretBytes(choices.key);
  const SystemClock clock;
  SystemRandom random;
  NullLogger logger;
  const auto store = must(store::Store::open(options, clock, random, logger));
  const auto reader = must(store->reader());
  say(std::to_string(visits_of(*reader, choices.day)) + " visits");
}

void open_bare(const ChildChoices& choices) {
  sqlite::Database db = BareRows::open(choices.store);
  say(std::to_string(visits_of(db, choices.day)) + " visits");
}

// Begins when it is told to.
void pull(const ChildChoices& choices) {
  Tablet tablet(choices.store, sqlite::Durability::full, choices.worker);
  Connected connected(tablet, {choices.url, choices.authority, choices.token});
  say("open");
  std::string word;
  std::getline(std::cin, word);
  connected.sync();
  const auto reader = must(tablet.store->reader());
  sqlite::StatementScope count(reader->database().prepare("SELECT count(*) FROM records"));
  must(count->step());
  say("pulled " + std::to_string(count->int64(0)));
  std::getline(std::cin, word);
}

// Reads the records whose ids stand in a file, one a line, as a program in C does; each line of its input is another go,
// answered with the nanoseconds on a processor that a read took.
void read_in_c(const ChildChoices& choices) {
  const App app(choices.store);
  std::vector<std::string> ids;
  std::ifstream lines(choices.records);
  for (std::string id; std::getline(lines, id);) ids.push_back(id);
  expect(!ids.empty(), "there are no ids to read");
  for (std::string word; std::getline(std::cin, word);) {
    const double begun = cpu_ms();
    for (const std::string& id : ids) {
      satchel_buffer out = {};
      App::check(satchel_read(app.store(), slice(choices.collection), slice(id), &out));
      satchel_buffer_free(&out);
    }
    say(std::to_string(static_cast<int64_t>((cpu_ms() - begun) * 1e6 / static_cast<double>(ids.size()))));
  }
}

// Stays connected until its input ends.
void idle(const ChildChoices& choices) {
  Tablet tablet(choices.store, sqlite::Durability::full, choices.worker);
  Connected::Options options;
  options.engine.watch = true;
  options.engine.watch_file = true;  // as platform/c does
  Connected connected(tablet, {choices.url, choices.authority, choices.token}, options);
  connected.observe([](const sync::EngineStatus& status) {
    if (status.phase == sync::Phase::connected) say("connected");
  });
  connected.watch();
  std::string word;
  std::getline(std::cin, word);
}

}  // namespace

void add_children(CLI::App& app, ChildChoices& choices) {
  using Child = void (*)(const ChildChoices&);
  const std::pair<const char*, Child> children[] = {
      {"child-open", open_store}, {"child-open-bare", open_bare}, {"child-pull", pull}, {"child-idle", idle},
      {"child-read", read_in_c}};
  for (const auto& [name, child] : children) {
    CLI::App* command = app.add_subcommand(name)->group("");  // not in the help
    command->add_option("--store", choices.store)->required();
    command->add_option("--worker", choices.worker);
    command->add_option("--url", choices.url);
    command->add_option("--authority", choices.authority);
    command->add_option("--token", choices.token);
    command->add_option("--day", choices.day);
    command->add_option("--key", choices.key);
    command->add_option("--collection", choices.collection);
    command->add_option("--records", choices.records);
    command->callback([&choices, run = child] { run(choices); });
  }
}

}  // namespace satchel::bench
