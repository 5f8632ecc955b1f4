#include "tests/bench/children.hpp"

#include <cstdio>
#include <functional>
#include <iostream>

#include "tests/bench/caseload_world.hpp"

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
      {"child-open", open_store}, {"child-open-bare", open_bare}, {"child-pull", pull}, {"child-idle", idle}};
  for (const auto& [name, child] : children) {
    CLI::App* command = app.add_subcommand(name)->group("");  // not in the help
    command->add_option("--store", choices.store)->required();
    command->add_option("--worker", choices.worker);
    command->add_option("--url", choices.url);
    command->add_option("--authority", choices.authority);
    command->add_option("--token", choices.token);
    command->add_option("--day", choices.day);
    command->callback([&choices, run = child] { run(choices); });
  }
}

}  // namespace satchel::bench
