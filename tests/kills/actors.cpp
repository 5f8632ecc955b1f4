#include "tests/kills/actors.hpp"

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "tests/sim/dice.hpp"

namespace satchel::kills {

// ---- any of them

void Actor::begin(const std::string& program, const std::vector<std::string>& arguments) {
  ready_ = false;
  ++starts_;
  process_ = std::make_unique<test::Process>(program, arguments);
}

void Actor::strike() { process_->signal(SIGKILL); }

void Actor::bury() {
  listen_to_the_end();
  died();
}

void Actor::end() {
  ask_to_end();
  listen_to_the_end();
}

void Actor::listen_to_the_end() {
  const test::Outcome outcome = process_->finish();
  hear();
  process_.reset();
  std::ofstream(account_.directory + "/" + name_ + ".log", std::ios::app) << outcome.err;
  if (outcome.code == 0 || outcome.code == 128 + SIGKILL) return;
  const size_t last = outcome.err.size() < 1000 ? 0 : outcome.err.size() - 1000;
  fault("ended with " + std::to_string(outcome.code) + ": " + outcome.err.substr(last));
}

void Actor::hear() {
  while (const auto line = process_->heard_line()) heard(*line);
  while (const auto line = process_->heard_error_line()) heard_error(*line);
}

void Actor::fault(const std::string& words) { account_.faults[name_] += words + "; "; }

// ---- the centre

void Centre::start() { begin(SATCHEL_SERVER_BINARY, {"serve", "--data", directory_, "--port", std::to_string(port_)}); }
void Centre::ask_to_end() { process().signal(SIGTERM); }

void Centre::heard_error(const std::string& line) {
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  if (!parsed.is_object()) return fault(line);
  const std::string event = parsed.value("event", "");
  if (event == "listening") ready_ = true;
  // Nobody has put its file back: whatever log it finds is its own.
  if (parsed.value("level", "") == "error" || event == "foreign_write_ahead_log_set_aside") fault(line);
}

// ---- a tablet

void Tablet::start() {
  has_written_ = false;
  std::vector<std::string> words = {"--store", set_up_.store, "--pause", std::to_string(pause_ms_)};
  words.insert(words.end(), {"--seed", std::to_string(sim::stream(seed_, name_, starts()))});
  const bool again = planted_ == Planted::marks_used_twice;
  words.insert(words.end(), {"--marks-from", std::to_string(again ? first_mark() : next_mark_)});
  if (set_up_.syncs) {
    words.insert(words.end(),
                 {"--server", set_up_.server, "--authority", set_up_.authority, "--token", set_up_.token});
  }
  if (set_up_.grouped) words.push_back("--grouped");
  if (std::exchange(verify_next_, false)) words.push_back("--verify");
  if (planted_ == Planted::told_before_it_is_made) words.push_back("--tell-early");
  begin(SATCHEL_KILLS_TABLET, words);
}

void Tablet::heard(const std::string& text) {
  const auto line = decode(text);
  if (!line) return fault("said " + text);
  switch (line->what) {
    case Line::What::opened:
      ready_ = true;
      break;
    case Line::What::begins:
      ++begun_;
      last_ = *line;
      pending_ = true;
      for (const auto& [mark, scope] : line->marks) next_mark_ = std::max(next_mark_, mark + 1);
      break;
    case Line::What::returned:
      ++account_.commits;
      has_written_ = true;
      promise(true);
      break;
    case Line::What::objected:
      ++account_.objected;
      pending_ = false;
      for (const auto& [mark, scope] : last_.marks) {
        if (auto* promise = account_.promises.find(mark)) promise->certain = false;  // it was told too early
      }
      break;
    case Line::What::uncertain:
      ++account_.uncertain;
      promise(false);
      break;
    case Line::What::syncs:
      ++syncs_;
      break;
    case Line::What::forked:
      ++account_.forks[name_];
      break;
    case Line::What::fault:
      fault(line->words);
      break;
  }
}

// A commit that was under way when it was killed stands or not, and nobody can know before.
void Tablet::died() {
  if (!pending_) return;
  ++account_.cut_off;
  promise(false);
}

void Tablet::promise(bool certain) {
  if (!pending_) return;
  for (const auto& [mark, scope] : last_.marks) {
    account_.promises.add({mark, scope, set_up_.number, 0, set_up_.worker, certain, certain ? "" : "cut off"});
    account_.kills_before[mark] = account_.kills;
  }
  for (const ScopeId& scope : last_.opens) {
    account_.rights.give(set_up_.worker, scope, true, 0, certain);
    account_.openings += certain ? 1 : 0;
  }
  pending_ = false;
}

// ---- what syncs for one that does not

void Watch::start() { begin(SATCHEL_BINARY, {"sync", "--watch", "--json", "--store", store_}); }
void Watch::ask_to_end() { process().signal(SIGTERM); }

}  // namespace satchel::kills
