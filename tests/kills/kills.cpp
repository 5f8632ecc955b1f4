#include "tests/kills/kills.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "core/base/check.hpp"
#include "tests/kills/files.hpp"
#include "tests/kills/site.hpp"
#include "tests/sim/dice.hpp"

namespace satchel::kills {
namespace {

using std::chrono::steady_clock;

constexpr int64_t kPatienceMs = 60'000;   // for what has to happen: whoever takes longer is stuck
constexpr uint64_t kRoundsMost = 40;
constexpr uint64_t kKillsBetweenBackups = 40;
constexpr uint64_t kKillsBetweenTellings = 50;

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

// Thrown when a run cannot go on: what happened is told already.
struct Stuck {};

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options), dice_(options.seed, "kills"), site_(account_.rights, options.backups) {}
  Outcome go();

 private:
  void start_all();
  void everybody_works();
  void work();
  void strike_once();
  Kind draw_kind();
  // ---- the kinds
  void at_any_time();
  void in_a_commit();
  void in_an_exchange();
  void while_opening();
  void together();

  void kill(Kind kind, const std::vector<Actor*>& whom);
  void note(Kind kind, const Actor& whom);
  void hear(int64_t ms);
  void hear_until(const std::string& what, const std::function<bool()>& holds);
  void hear_all();
  void pause_us(int64_t most_us);
  Tablet& some_tablet() { return *dice_.pick(tablets_); }
  Tablet& some_syncing_tablet() { return *tablets_[static_cast<size_t>(dice_.below(2))]; }
  void back_up();
  void end_backup();

  void end_all();
  void settle();
  void check();
  void violate(const std::string& check, const std::string& what) { outcome_.violations.push_back({check, what}); }
  void tell_history();
  void count();

  const Options options_;
  sim::Dice dice_;
  Account account_;
  Site site_;
  Outcome outcome_;
  std::unique_ptr<Centre> centre_;
  std::vector<Tablet*> tablets_;
  std::vector<std::unique_ptr<Actor>> others_;  // tablets and what syncs for them
  std::vector<Actor*> all_;
  std::unique_ptr<test::Process> backup_;
  steady_clock::time_point start_ = steady_clock::now();
  struct Death {
    uint64_t number = 0;
    std::string whom, line;
  };
  std::vector<Death> deaths_;
};

// ---- hearing

void Run::hear_all() {
  for (Actor* one : all_) {
    if (!one->running()) continue;
    one->hear();
    if (!one->process().ended()) continue;
    one->end();
    violate("machines", one->name() + " ended by itself: " + account_.faults[one->name()]);
    throw Stuck();
  }
}

void Run::hear_until(const std::string& what, const std::function<bool()>& holds) {
  const auto start = steady_clock::now(), end = start + std::chrono::milliseconds(kPatienceMs);
  for (hear_all(); !holds(); hear_all()) {
    std::vector<test::Process*> talking;
    for (Actor* one : all_) {
      if (one->running()) talking.push_back(&one->process());
    }
    if (test::Process::listen(talking, kPatienceMs) && steady_clock::now() < end) continue;
    violate("stuck", what + " has not happened within a minute");
    throw Stuck();
  }
  if (seconds_since(start) < outcome_.longest_wait_seconds) return;
  outcome_.longest_wait_seconds = seconds_since(start);
  outcome_.longest_wait = what + " after kill " + std::to_string(account_.kills);
}

// Lets them work so long.
void Run::hear(int64_t ms) {
  const auto end = steady_clock::now() + std::chrono::milliseconds(ms);
  for (hear_all();; hear_all()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - steady_clock::now()).count();
    if (left <= 0) return;
    std::vector<test::Process*> talking;
    for (Actor* one : all_) talking.push_back(&one->process());
    test::Process::listen(talking, left);
  }
}

// The instant of a kill within what takes microseconds; half of them fall into the first tenth.
void Run::pause_us(int64_t most_us) {
  const int64_t most = dice_.chance(500) ? most_us / 10 : most_us;
  std::this_thread::sleep_for(std::chrono::microseconds(dice_.between(0, most)));
}

// ---- killing

void Run::note(Kind kind, const Actor& whom) {
  ++account_.kills;
  ++outcome_.kills_by_kind[static_cast<size_t>(kind)];
  const bool of_tablet = std::any_of(tablets_.begin(), tablets_.end(), [&](Tablet* one) { return one == &whom; });
  ++(&whom == centre_.get() ? outcome_.kills_of_centre
     : of_tablet            ? outcome_.kills_of_tablets
                            : outcome_.kills_of_syncs);
  char line[160];
  std::snprintf(line, sizeof line, "%8.3f s  kill %llu  %s, %s%s", seconds_since(start_),
                static_cast<unsigned long long>(account_.kills), whom.name().c_str(), name_of(kind),
                whom.ready() ? "" : " (it had not opened yet)");
  deaths_.push_back({account_.kills, whom.name(), line});
}

void Run::kill(Kind kind, const std::vector<Actor*>& whom) {
  for (Actor* one : whom) one->strike();
  for (Actor* one : whom) note(kind, *one);
  for (Actor* one : whom) one->bury();
  for (Actor* one : whom) {
    auto* tablet = dynamic_cast<Tablet*>(one);
    if (tablet != nullptr && dice_.chance(150)) tablet->verify_next();
    one->start();
  }
}

void Run::at_any_time() {
  hear(dice_.between(0, 400));
  kill(Kind::any_time, {dice_.pick(all_)});
}

void Run::in_a_commit() {
  Tablet& tablet = some_tablet();
  hear_until(tablet.name() + " opens", [&] { return tablet.ready(); });
  // Not the first one that is in the pipe already: one that begins now.
  const uint64_t seen = tablet.begun();
  hear_until(tablet.name() + " begins a commit", [&] { return tablet.begun() > seen; });
  pause_us(3'000);
  kill(Kind::commit, {&tablet});
}

void Run::in_an_exchange() {
  Tablet& tablet = some_syncing_tablet();
  const uint64_t seen = tablet.syncs();
  hear_until(tablet.name() + " sends a request", [&] { return tablet.syncs() > seen; });
  pause_us(20'000);
  if (dice_.chance(500)) return kill(Kind::exchange, {&tablet});
  kill(Kind::exchange, {centre_.get()});
}

// Once more, while it still puts right what the first one left.
void Run::while_opening() {
  Actor* one = dice_.pick(all_);
  kill(Kind::any_time, {one});
  for (int64_t again = dice_.between(1, 2); again > 0; --again) {
    pause_us(one == centre_.get() ? 200'000 : 80'000);
    kill(Kind::opening, {one});
  }
}

void Run::together() {
  hear(dice_.between(0, 200));
  std::vector<Actor*> whom = {centre_.get()};
  for (auto& one : others_) {
    if (dice_.chance(500)) whom.push_back(one.get());
  }
  kill(Kind::together, whom);
}

Kind Run::draw_kind() {
  if (options_.only_commits) return Kind::commit;
  const uint64_t drawn = dice_.below(100);
  if (drawn < 35) return Kind::any_time;
  if (drawn < 60) return Kind::commit;
  if (drawn < 75) return Kind::exchange;
  return drawn < 90 ? Kind::opening : Kind::together;
}

void Run::strike_once() {
  switch (draw_kind()) {
    case Kind::commit:
      return in_a_commit();
    case Kind::exchange:
      return in_an_exchange();
    case Kind::opening:
      return while_opening();
    case Kind::together:
      return together();
    default:
      return at_any_time();
  }
}

// ---- a backup, while everything goes on

void Run::back_up() {
  end_backup();
  const std::string to = site_.directory().path("backup-" + std::to_string(account_.kills));
  backup_ = std::make_unique<test::Process>(
      SATCHEL_SERVER_BINARY, std::vector<std::string>{"backup", "--data", site_.centre(), to});
}

void Run::end_backup() {
  if (!backup_) return;
  const test::Outcome outcome = backup_->finish();
  backup_.reset();
  if (outcome.code == 0) {
    ++outcome_.backups;
  } else {
    violate("machines", "a backup was not made: " + outcome.out + outcome.err);
  }
}

// ---- the course of a run

void Run::start_all() {
  account_.directory = site_.directory().path();
  centre_ = std::make_unique<Centre>(site_.centre(), site_.port(), account_);
  for (const TabletSetUp& tablet : site_.tablets()) {
    auto one = std::make_unique<Tablet>(tablet, options_.seed, options_.pause_ms, options_.planted, account_);
    tablets_.push_back(one.get());
    others_.push_back(std::move(one));
    if (!tablet.syncs) others_.push_back(std::make_unique<Watch>(tablet, account_));
  }
  all_.push_back(centre_.get());
  for (auto& one : others_) all_.push_back(one.get());
  for (Actor* one : all_) one->start();
  everybody_works();
}

// Before the first kill and after the last one, however slow the machine: each tablet has a commit that returned.
void Run::everybody_works() {
  hear_until("everybody has opened, and written", [&] {
    return std::all_of(all_.begin(), all_.end(), [](Actor* one) { return one->ready(); }) &&
           std::all_of(tablets_.begin(), tablets_.end(), [](Tablet* one) { return one->has_written(); });
  });
}

void Run::work() {
  start_ = steady_clock::now();
  uint64_t next_backup = kKillsBetweenBackups / 2, next_telling = kKillsBetweenTellings;
  while (account_.kills < options_.kills) {
    strike_once();
    if (options_.backups && account_.kills >= next_backup) {
      back_up();
      next_backup = account_.kills + kKillsBetweenBackups;
    }
    if (options_.progress && account_.kills >= next_telling) {
      std::cerr << account_.kills << " kills, " << account_.commits << " commits, " << seconds_since(start_) << " s\n";
      next_telling += kKillsBetweenTellings;
    }
  }
  end_backup();
  outcome_.seconds_of_work = seconds_since(start_);
}

// Everybody runs once more, and comes to the end of the day.
void Run::end_all() {
  everybody_works();
  for (auto& one : others_) one->end();
}

void Run::settle() {
  const auto start = steady_clock::now();
  std::string before;
  for (uint64_t round = 1; round <= kRoundsMost; ++round) {
    outcome_.rounds = round;
    std::string now, wrong;
    for (const TabletSetUp& tablet : site_.tablets()) {
      const test::Outcome synced = test::run(SATCHEL_BINARY, {"sync", "--json", "--store", tablet.store});
      if (synced.code != 0) wrong += tablet.name + ": " + synced.out + synced.err;
      now += standing(tablet);
    }
    centre_->hear();
    outcome_.seconds_to_rest = seconds_since(start);
    if (wrong.empty() && now == before) return;
    before = now + wrong;
  }
  violate("stuck", "not at rest after " + std::to_string(kRoundsMost) + " rounds: " + before);
}

void Run::check() {
  const auto start = steady_clock::now();
  centre_->end();
  if (options_.planted == Planted::commit_that_never_was) {
    account_.promises.add({99'999, site_.team(), 0, 0, site_.tablets().front().worker, true, ""});
  }
  Files files(site_.centre(), site_.tablets(), site_.team(), account_);
  for (const auto& one : sim::all_checks()) {
    for (const auto& what : one->at_rest(files.at_rest())) violate(one->name(), what);
  }
  outcome_.entries = files.entries();
  outcome_.quarantined = files.quarantined();
  outcome_.seconds_of_checks = seconds_since(start);
}

// Of a violation that names a commit: who was killed around it. All of it goes into a file.
void Run::tell_history() {
  std::string all;
  for (const Death& death : deaths_) all += death.line + "\n";
  site_.directory().write("history", all);
  for (const sim::Violation& violation : outcome_.violations) {
    const auto mark = sim::mark_in(violation.what);
    const auto found = mark ? account_.kills_before.find(*mark) : account_.kills_before.end();
    if (found == account_.kills_before.end()) continue;
    outcome_.history.push_back(sim::words_of_mark(*mark) + " was committed after kill " +
                               std::to_string(found->second) + ":");
    for (const Death& death : deaths_) {
      const uint64_t far = death.number > found->second ? death.number - found->second : found->second - death.number;
      if (far <= 3) outcome_.history.push_back("  " + death.line);
    }
  }
}

void Run::count() {
  outcome_.kills = account_.kills;
  outcome_.commits = account_.commits;
  outcome_.cut_off = account_.cut_off;
  outcome_.objected = account_.objected;
  outcome_.uncertain = account_.uncertain;
  outcome_.openings = account_.openings;
}

Outcome Run::go() {
  try {
    start_all();
    work();
    end_all();
    settle();
    check();
  } catch (const Stuck&) {
    for (Actor* one : all_) {
      if (!one->running()) continue;
      one->strike();
      one->bury();
    }
  } catch (const CheckFailure& failure) {
    violate("check", failure.what());
  }
  count();
  tell_history();
  if (options_.keep || (options_.planted == Planted::nothing && !outcome_.violations.empty())) {
    site_.keep();
    outcome_.kept = site_.directory().path();
  }
  return outcome_;
}

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::any_time:
      return "at any time";
    case Kind::commit:
      return "in a commit";
    case Kind::exchange:
      return "in an exchange";
    case Kind::opening:
      return "while it opened";
    default:
      return "together with others";
  }
}

Outcome run(const Options& options) { return Run(options).go(); }

}  // namespace satchel::kills
