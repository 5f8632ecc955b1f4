#include "platform/cli/change_command.hpp"

#include <iostream>

namespace satchel_cli {
namespace {

using nlohmann::json;

void run(const Global& global, const ChangeCommand& kind, const ChangeOptions& options) {
  Store store(global.open_with());
  json change = {{"action", kind.name},
                 {"collection", options.collection},
                 {"record", full_record_id(store, options.collection, options.record)}};
  if (kind.fill != nullptr) kind.fill(change, options);
  if (!options.reason.empty()) change["reason"] = options.reason;
  json draft = {{"changes", json::array({std::move(change)})}};
  if (!options.shown.empty()) draft["shown"] = options.shown;
  const json receipt = store.transact(draft);
  store.close();
  global.print(receipt, [&] {
    std::cout << kind.done << " " << options.collection << " " << receipt["records"][0].get<std::string>() << "\n";
  });
}

}  // namespace

void add_change_command(CLI::App& app, Global& global, const ChangeCommand& kind) {
  auto options = std::make_shared<ChangeOptions>();
  CLI::App* command = add_command(app, kind.name, kind.words, kind.examples);
  command->add_option("collection", options->collection, "Kind of record: person, plan, visit_note...")->required();
  command->add_option("id", options->record, "Its id, or the first or last characters of it")->required();
  if (kind.ask != nullptr) kind.ask(*command, *options);
  command->add_option("--reason", options->reason, "Why, where the field asks for one");
  command->add_option("--shown", options->shown, "Token of the read that you decided on (show --json). Default: now");
  command->callback([options, kind, &global] { run(global, kind, *options); });
}

}  // namespace satchel_cli
