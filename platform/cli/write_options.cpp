#include "platform/cli/write_options.hpp"

#include <iostream>

namespace satchel_cli {

using nlohmann::json;

void add_target(CLI::App& command, const Options& options) {
  command.add_option("collection", options->collection, "Kind of record: person, plan, visit_note...")->required();
  command.add_option("id", options->record, "Its id, or the first or last characters of it")->required();
}

void add_common(CLI::App& command, const Options& options) {
  command.add_option("--reason", options->reason, "Why, where the field asks for one");
  command.add_option("--shown", options->shown, "Token of the read that you decided on (show --json). Default: now");
}

json with_common(json change, const WriteOptions& options) {
  if (!options.reason.empty()) change["reason"] = options.reason;
  json draft = {{"changes", json::array({std::move(change)})}};
  if (!options.shown.empty()) draft["shown"] = options.shown;
  return draft;
}

void commit(const Global& global, const std::function<json(Store&)>& draft_of, const std::string& done) {
  Store store(global.open_with());
  const json receipt = store.transact(draft_of(store));
  store.close();
  global.print(receipt, [&] { std::cout << done << " " << receipt["records"][0].get<std::string>() << "\n"; });
}

json target(Store& store, const WriteOptions& options, const char* action) {
  return {{"action", action},
          {"collection", options.collection},
          {"record", full_record_id(store, options.collection, options.record)}};
}

}  // namespace satchel_cli
