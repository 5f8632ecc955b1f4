#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "platform/cli/commands.hpp"
#include "platform/cli/end_signals.hpp"
#include "platform/cli/print.hpp"

namespace satchel_cli {
namespace {

using nlohmann::json;

struct ListOptions {
  std::string collection, scope, order_by;
  std::vector<std::string> where;
  bool descending = false, voided = false, count = false, all = false, watch = false;
  uint32_t limit = 50;
};

struct Operator {
  const char* sign;
  const char* compare;
};
// Longer signs first: "<=" begins with "<".
constexpr std::array<Operator, 7> operators = {{{"!=", "not_equal"},
                                                {"<=", "less_or_equal"},
                                                {">=", "greater_or_equal"},
                                                {"^=", "starts_with"},
                                                {"=", "equal"},
                                                {"<", "less"},
                                                {">", "greater"}}};

json parse_where(const std::string& given) {
  const size_t at = given.find_first_of("!<>^=");
  if (at != std::string::npos && at > 0) {
    for (const Operator& each : operators) {
      const std::string sign = each.sign;
      if (given.compare(at, sign.size(), sign) != 0) continue;
      return {{"field", given.substr(0, at)}, {"compare", each.compare}, {"value", given.substr(at + sign.size())}};
    }
  }
  throw Failure(SATCHEL_INVALID, "\"" + given + "\" is not a condition such as status=active or review_due<=2026-12-01.");
}

json query_of(Store& store, const ListOptions& options) {
  json query = {{"collection", options.collection},
                {"descending", options.descending},
                {"include_voided", options.voided},
                {"filters", json::array()}};
  for (const std::string& where : options.where) query["filters"].push_back(parse_where(where));
  if (!options.order_by.empty()) query["order_by"] = options.order_by;
  if (!options.scope.empty()) query["scope"] = full_scope_id(store, options.scope);
  if (options.count) query["count"] = true;
  else query["limit"] = options.limit;
  return query;
}

// What is new, what changed and what is gone, one line each.
void print_difference(const json& told) {
  if (told.contains("count")) {
    std::cout << told["count"] << std::endl;
    return;
  }
  const bool first = told["first"] == true;
  for (const json& gone : told["removed"]) std::cout << "- " << gone["id"].get<std::string>() << "\n";
  for (const auto& [member, sign] : {std::pair("inserted", "+ "), std::pair("updated", "* ")}) {
    for (const json& each : told[member]) {
      if (!first) std::cout << sign;
      print_row(each["record"]);
    }
  }
  std::cout << std::flush;
}

void watch_list(const Global& global, const ListOptions& options) {
  const EndSignals signals;
  Store store(global.open_with());
  std::optional<Failure> failure;
  Store::Heard heard;
  heard.changed = [&](const json& told) { global.print(told, [&] { print_difference(told); }); };
  heard.failed = [&](const Failure& why) {
    failure = why;
    signals.end();
  };
  {
    const auto live = store.follow(query_of(store, options), heard);
    signals.wait();
  }
  if (failure) throw *failure;
}

void run_list(const Global& global, const ListOptions& options) {
  if (options.watch) return watch_list(global, options);
  Store store(global.open_with());
  json query = query_of(store, options);
  if (options.count) {
    const json answer = store.query(query);
    return global.print(answer, [&] { std::cout << answer["count"] << "\n"; });
  }
  for (;;) {
    const json page = store.query(query);
    global.print(page, [&] {
      for (const json& record : page["records"]) print_row(record);
    });
    if (page["next"] == "") return;
    if (!options.all) {
      if (!global.json) std::cerr << "There are more. See them with --all, or a larger --limit.\n";
      return;
    }
    query["after"] = page["next"];
  }
}

void add_list(CLI::App& app, Global& global) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = add_command(app, "list", "Lists records of one kind",
                                  "satchel list person\n"
                                  "satchel list episode --where status=active --where 'review_due<=2026-12-01'\n"
                                  "satchel list person --where 'legal_name^=love' --order legal_name --all\n"
                                  "satchel list task --order due --watch     stays until Ctrl-C");
  command->add_option("collection", options->collection, "Kind of record: person, plan, visit_note...")->required();
  command->add_option("--where", options->where, "Condition on an indexed field: = != < <= > >= or ^= (begins with)");
  command->add_option("--order", options->order_by, "Indexed field to sort by. Default: when it was written first");
  command->add_flag("--descending", options->descending, "Last ones first");
  command->add_option("--scope", options->scope, "Only of this scope: id, part of it, or label");
  command->add_option("--limit", options->limit, "At most so many in one go")->check(CLI::Range(1, 1000));
  auto* all = command->add_flag("--all", options->all, "All of them");
  command->add_flag("--voided", options->voided, "Also those that were put away");
  command->add_flag("--count", options->count, "Only how many");
  command->add_flag("--watch", options->watch, "Stay, and tell what changes, whoever writes it: + new, * changed, - gone")
      ->excludes(all);
  command->callback([options, &global] { run_list(global, *options); });
}

struct SearchOptions {
  std::vector<std::string> words, collections;
  std::string scope, about;
  bool voided = false;
  uint32_t limit = 20;
};

void print_hit(const json& hit) {
  const std::string title = hit["title"];
  std::cout << hit["collection"].get<std::string>() << " " << hit["record"].get<std::string>()
            << (title.empty() ? "" : "  " + title) << "\n    ";
  for (const json& piece : hit["snippet"]) {
    std::string text = piece["text"];
    std::replace(text.begin(), text.end(), '\n', ' ');
    std::cout << (piece["hit"] == true ? "[" + text + "]" : text);
  }
  std::cout << "\n";
}

void run_search(const Global& global, const SearchOptions& options) {
  Store store(global.open_with());
  std::string text;
  for (const std::string& word : options.words) text += (text.empty() ? "" : " ") + word;
  json search = {{"text", text}, {"limit", options.limit}, {"include_voided", options.voided},
                 {"collections", options.collections}};
  if (!options.scope.empty()) search["scope"] = full_scope_id(store, options.scope);
  if (const size_t slash = options.about.find('/'); slash != std::string::npos) {
    const std::string collection = options.about.substr(0, slash);
    search["about"] = {{"collection", collection},
                       {"record", full_record_id(store, collection, options.about.substr(slash + 1))}};
  } else if (!options.about.empty()) {
    throw Failure(SATCHEL_INVALID, "Say what it is about as KIND/ID, such as person/0192f0c1.", "--about");
  }
  json answer = store.search(search);
  while (answer["waiting"] != 0) answer = store.search(search);  // each indexes some
  global.print(answer, [&] {
    if (answer["hits"].empty()) std::cout << "Nothing.\n";
    for (const json& hit : answer["hits"]) print_hit(hit);
  });
}

void add_search(CLI::App& app, Global& global) {
  auto options = std::make_shared<SearchOptions>();
  CLI::App* command = add_command(app, "search", "Finds words anywhere in the records, the best first",
                                  "satchel search kettle son\n"
                                  "satchel search '\"warm space\" mon*' --kind visit_note\n"
                                  "satchel search rent --about person/0192f0c1");
  command->add_option("words", options->words, "Words, \"words in this order\", begin*")->required();
  command->add_option("--kind", options->collections, "Only records of this kind; may be given several times");
  command->add_option("--scope", options->scope, "Only of this scope: id, part of it, or label");
  command->add_option("--about", options->about, "Only what is kept with this record: KIND/ID");
  command->add_option("--limit", options->limit, "At most so many")->check(CLI::Range(1, 100));
  command->add_flag("--voided", options->voided, "Also those that were put away");
  command->callback([options, &global] { run_search(global, *options); });
}

void add_show(CLI::App& app, Global& global) {
  auto collection = std::make_shared<std::string>();
  auto record = std::make_shared<std::string>();
  CLI::App* command = add_command(app, "show", "Shows one record whole", "satchel show person 0192f0c1");
  command->add_option("collection", *collection, "Kind of record")->required();
  command->add_option("id", *record, "Its id, or the first or last characters of it")->required();
  command->callback([collection, record, &global] {
    Store store(global.open_with());
    const json answer = store.read(*collection, full_record_id(store, *collection, *record));
    global.print(answer, [&] { print_record(answer["record"]); });
  });
}

struct HistoryOptions {
  std::string collection, record, field, reason;
  size_t bring_back = 0;
};

// The record is there, and not all of its scope's history: says how it comes here.
json history_of(Store& store, const std::string& collection, const std::string& id, const std::string& field) {
  try {
    return store.history(collection, id, field);
  } catch (const Failure& failure) {
    if (failure.code != SATCHEL_NOT_FOUND) throw;
    const std::string scope = store.read(collection, id)["record"]["scope"];
    throw Failure(failure.code, std::string(failure.what()) + " Fetch it with: satchel history-fetch " + scope,
                  failure.place);
  }
}

// Bringing back is a new edit: it sees all that was written since, and nothing of that is gone.
void run_history(const Global& global, const HistoryOptions& options) {
  Store store(global.open_with());
  const std::string id = full_record_id(store, options.collection, options.record);
  const json answer = history_of(store, options.collection, id, options.field);
  const json& versions = answer["versions"];
  if (options.bring_back == 0) {
    return global.print(answer, [&] { print_versions(versions); });
  }
  if (options.bring_back > versions.size()) {
    throw Failure(
        SATCHEL_NOT_FOUND,
        "There is no version " + std::to_string(options.bring_back) + ", only " + std::to_string(versions.size()) + ".",
        "--bring-back");
  }
  const json& version = versions[options.bring_back - 1];
  if (version.contains("element")) {
    throw Failure(SATCHEL_INVALID, "This is about one of several values. Use add or remove.", "--bring-back");
  }
  json change = {{"action", "set"}, {"collection", options.collection}, {"record", id}, {"field", options.field},
                 {"value", version["value"]}};
  if (!options.reason.empty()) change["reason"] = options.reason;
  const json receipt = store.transact({{"shown", answer["token"]}, {"changes", json::array({change})}});
  store.close();
  global.print(receipt, [&] { std::cout << "brought back: " << value_text(version["value"]) << "\n"; });
}

void add_history(CLI::App& app, Global& global) {
  auto options = std::make_shared<HistoryOptions>();
  CLI::App* command = add_command(app, "history", "Shows every version of a field: who wrote it, when, what became of it",
                                  "satchel history contingency_plan 0192f0c1 words\n"
                                  "satchel history contingency_plan 0192f0c1 words --bring-back 2");
  command->add_option("collection", options->collection, "Kind of record")->required();
  command->add_option("id", options->record, "Its id, or the first or last characters of it")->required();
  command->add_option("field", options->field, "The field")->required();
  command->add_option("--bring-back", options->bring_back, "Writes this version again, by its number");
  command->add_option("--reason", options->reason, "Why, where the field asks for one");
  command->callback([options, &global] { run_history(global, *options); });
}

void add_lists(CLI::App& app, Global& global) {
  add_command(app, "scopes", "Lists the cases, teams and papers that this store holds", "satchel scopes --json")
      ->callback([&global] {
        Store store(global.open_with());
        const json scopes = store.scopes();
        global.print({{"scopes", scopes}}, [&] {
          for (const json& scope : scopes) print_scope(scope);
        });
      });
  auto decide = std::make_shared<bool>(false);
  CLI::App* conflicts = add_command(app, "conflicts", "Lists where several people wrote at the same time",
                                    "satchel conflicts --decide      only what waits for a person");
  conflicts->add_flag("--decide", *decide, "Only what waits for a person's decision");
  conflicts->callback([decide, &global] {
    Store store(global.open_with());
    json answer = store.conflicts();
    json kept = json::array();
    for (json& conflict : answer["conflicts"]) {
      if (!*decide || conflict["decide"] == true) kept.push_back(std::move(conflict));
    }
    answer["conflicts"] = std::move(kept);
    global.print(answer, [&] {
      if (answer["conflicts"].empty()) std::cout << (*decide ? "Nothing waits for a decision.\n" : "Nothing.\n");
      for (const json& conflict : answer["conflicts"]) print_conflict(conflict, true);
    });
  });
  add_command(app, "refused", "Lists what the central store did not accept, with the reason", "satchel refused")
      ->callback([&global] {
        Store store(global.open_with());
        const json refused = store.set_aside();
        global.print({{"set_aside", refused}}, [&] {
          if (refused.empty()) std::cout << "Nothing.\n";
          for (const json& each : refused) print_refused(each);
        });
      });
  add_command(app, "status", "Says what is not yet at base and what waits for you", "satchel status")
      ->callback([&global] {
        Store store(global.open_with());
        const json status = store.status();
        global.print(status, [&] { print_status(status); });
      });
}

}  // namespace

void add_read_commands(CLI::App& app, Global& global) {
  add_show(app, global);
  add_history(app, global);
  add_list(app, global);
  add_search(app, global);
  add_lists(app, global);
}

}  // namespace satchel_cli
