#include <algorithm>
#include <ctime>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "platform/cli/commands.hpp"
#include "platform/cli/end_signals.hpp"
#include "platform/cli/print.hpp"

namespace satchel_cli {
namespace {

using nlohmann::json;

std::string clock_text() {
  const std::time_t now = std::time(nullptr);
  std::tm local = {};
  localtime_r(&now, &local);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M:%S", &local);
  return text;
}

void show_progress(ProgressLine& line, const json& status) {
  const json& progress = status["progress"];
  const uint64_t done = progress["sent"].get<uint64_t>() + progress["received"].get<uint64_t>();
  const uint64_t total = progress["to_send"].get<uint64_t>() + progress["to_receive"].get<uint64_t>();
  line.show(bytes_text(done) + "  " + status["words"].get<std::string>(), done, total);
}

// Calls `sync`, and shows how far it has come meanwhile.
json sync_shown(Store& store, ProgressLine& line, const std::function<json()>& sync) {
  const auto live = store.follow_status({[&line](const json& status) { show_progress(line, status); }, {}});
  return sync();
}

void run_once(const Global& global) {
  Store store(global.open_with_server());
  ProgressLine line(!global.json);
  const json status = sync_shown(store, line, [&] { return store.sync(); });
  store.close();
  line.clear();
  global.print(status, [&] { print_status(status); });
}

// One that did not come to its end fails, and says what is left.
void run_within(const Global& global, int64_t within_ms) {
  Store store(global.open_with_server());
  ProgressLine line(!global.json);
  const json outcome = sync_shown(store, line, [&] { return store.sync_within(within_ms); });
  store.close();
  line.clear();
  const std::string words = outcome["left"]["words"];
  if (outcome["ended"] == "out_of_time") throw Failure(SATCHEL_TIMEOUT, "The time was over first. " + words, {}, true);
  if (const json& error = outcome["error"]; !error.is_null()) {
    const std::string why = error["message"];
    const std::string left = words.find(why) == std::string::npos ? why + " " + words : words;
    throw Failure(code_of(error["code"]), left, error["place"], error["retryable"]);
  }
  global.print(outcome, [&] { std::cout << words << "\n"; });
}

// Prints each change of the words once, and that something changed after what there was at first.
class WatchPrinter {
 public:
  explicit WatchPrinter(const Global& global) : global_(global), line_(!global.json) {}
  void status(const json& status) {
    tell(status);
    if (std::exchange(beginning_, false)) begun.set_value();
  }
  void changed() {
    if (std::exchange(first_, false)) return;
    if (global_.json) return print_json({{"changed", true}});
    say("Something was written or has arrived.");
  }
  void failed(const Failure& why) {
    failure = why;
    if (std::exchange(beginning_, false)) begun.set_value();
  }

  std::promise<void> begun;  // the status was told once, or there was a failure
  std::optional<Failure> failure;

 private:
  void tell(const json& status) {
    if (global_.json) return print_json({{"status", status}});
    const std::string words = status["words"];
    if (words == last_) return show_progress(line_, status);
    last_ = words;
    say(words);
  }
  void say(const std::string& words) {
    line_.clear();
    std::cout << clock_text() << "  " << words << std::endl;
  }

  const Global& global_;
  ProgressLine line_;
  std::string last_;
  bool first_ = true, beginning_ = true;
};

void run_watch(const Global& global) {
  const EndSignals signals;
  Store store(global.open_with_server());
  WatchPrinter printer(global);
  const auto failed = [&](const Failure& why) {
    printer.failed(why);
    signals.end();
  };
  {
    const auto changes = store.follow_changes({[&](const json&) { printer.changed(); }, failed});
    const auto status = store.follow_status({[&](const json& now) { printer.status(now); }, failed});
    printer.begun.get_future().wait();  // both were told once, in this order: whatever comes from now on is told
    store.watch_start();
    signals.wait();
  }
  if (printer.failure) throw *printer.failure;
  store.watch_stop();
  store.close();
}

struct RetentionOptions {
  std::string scope;
  bool forget = false;
};

json scope_of(Store& store, const std::string& id) {
  for (const json& scope : store.scopes()) {
    if (scope["id"] == id) return scope;
  }
  throw Failure(SATCHEL_NOT_FOUND, "This tablet no longer holds this scope.", id);
}

void run_history_fetch(const Global& global, const RetentionOptions& options) {
  Store store(options.forget ? global.open_with() : global.open_with_server());
  const std::string id = full_scope_id(store, options.scope);
  store.keep_history(id, !options.forget);
  ProgressLine line(!global.json);
  if (!options.forget) sync_shown(store, line, [&] { return store.sync(); });
  const json scope = scope_of(store, id);
  store.close();
  line.clear();
  const json answer = {{"scope", id},
                       {"keeps_history", scope["keeps_history"]},
                       {"history_from", scope["history_from"]},
                       {"position", scope["position"]}};
  global.print(answer, [&] {
    const bool whole = scope["history_from"] == 1;
    if (options.forget) std::cout << "Its older history is no longer kept here.\n";
    else if (whole) std::cout << "All of its history is here: " << scope["position"] << " changes.\n";
    else std::cout << "Its history is here from change " << scope["history_from"] << " on.\n";
  });
}

void add_history_fetch(CLI::App& app, Global& global) {
  auto options = std::make_shared<RetentionOptions>();
  CLI::App* command = add_command(app, "history-fetch",
                                  "Fetches all that was ever written in a scope, and keeps it from then on",
                                  "satchel history-fetch 0192f0c1\n"
                                  "satchel history-fetch 0192f0c1 --forget     lets go of it again");
  command->add_option("scope", options->scope, "Id, part of it, or label")->required();
  command->add_flag("--forget", options->forget, "Keep it no longer");
  command->callback([options, &global] { run_history_fetch(global, *options); });
}

}  // namespace

void add_sync_command(CLI::App& app, Global& global) {
  auto watch = std::make_shared<bool>(false);
  auto seconds = std::make_shared<double>(0);
  CLI::App* command = add_command(app, "sync", "Sends what was written and fetches what is new",
                                  "satchel sync\n"
                                  "satchel sync --within 20     says what is left when the time is over\n"
                                  "satchel sync --watch         stays connected until Ctrl-C");
  auto* watching = command->add_flag("--watch", *watch, "Stay connected: fetch news at once, send what any program "
                                                        "writes to this store");
  command->add_option("--within", *seconds, "Send and fetch for at most so many seconds")
      ->check(CLI::Range(0.001, 86'400.0))
      ->excludes(watching);
  command->callback([watch, seconds, &global] {
    if (*watch) run_watch(global);
    else if (*seconds > 0) run_within(global, static_cast<int64_t>(*seconds * 1000));
    else run_once(global);
  });
  add_history_fetch(app, global);
}

}  // namespace satchel_cli
