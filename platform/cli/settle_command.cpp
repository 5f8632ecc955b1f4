#include <memory>

#include "platform/cli/commands.hpp"
#include "platform/cli/print.hpp"

namespace satchel_cli {
namespace {

using nlohmann::json;

struct SettleOptions {
  std::string collection, record, field, element, part, value, json_value, reason, shown;
  bool keep = false, drop = false;
};

bool matches(const json& conflict, const SettleOptions& options, const std::string& record) {
  return conflict["collection"] == options.collection && conflict["record"] == record &&
         conflict.value("field", "") == options.field && conflict.value("element", "") == options.element &&
         conflict.value("part", "") == options.part;
}

// The token of a list that holds the entry: a decision is about what somebody could see.
std::string token_of_entry(Store& store, const SettleOptions& options, const std::string& record) {
  const json list = store.conflicts();
  for (const json& conflict : list["conflicts"]) {
    if (matches(conflict, options, record)) return options.shown.empty() ? list["token"].get<std::string>() : options.shown;
  }
  throw Failure(SATCHEL_NOT_FOUND, "There is nothing to decide here. See satchel conflicts.");
}

json decision_of(Store& store, const SettleOptions& options) {
  const std::string record = full_record_id(store, options.collection, options.record);
  json decision = {{"collection", options.collection}, {"record", record}};
  decision["shown"] = token_of_entry(store, options, record);
  if (!options.field.empty()) decision["field"] = options.field;
  if (!options.element.empty()) decision["element"] = options.element;
  if (!options.part.empty()) decision["part"] = options.part;
  if (!options.reason.empty()) decision["reason"] = options.reason;
  if (options.keep || options.drop) {
    decision["keep"] = options.keep;
  } else if (!options.json_value.empty()) {
    decision["value"] = json::parse(options.json_value, nullptr, false);
    if (decision["value"].is_discarded()) throw Failure(SATCHEL_INVALID, "What --value-json gives is not JSON.");
  } else {
    decision["value"] = options.value;
  }
  return decision;
}

}  // namespace

void add_settle_command(CLI::App& app, Global& global) {
  auto options = std::make_shared<SettleOptions>();
  CLI::App* command = add_command(
      app, "settle", "Decides where several people wrote at the same time",
      "satchel settle goal 0192f0c1 words --value 'I want to walk to the sea again.'\n"
      "satchel settle plan 0192f0c1 --keep            one put it away, another changed it: keep it\n"
      "satchel settle person 0192f0c1 phones --element 5b1f2c3d --drop");
  command->add_option("collection", options->collection, "Kind of record")->required();
  command->add_option("id", options->record, "Its id, or the first or last characters of it")->required();
  command->add_option("field", options->field, "The field; left out: whether the whole record stays");
  command->add_option("--element", options->element, "Which one of a field that holds several");
  command->add_option("--part", options->part, "Which part of it");
  auto* choice = command->add_option_group("choice", "What is right");
  choice->add_option("--value", options->value, "The right value");
  choice->add_option("--value-json", options->json_value, "The right value as JSON");
  choice->add_flag("--keep", options->keep, "It stays");
  choice->add_flag("--drop", options->drop, "It goes");
  choice->require_option(1);
  command->add_option("--reason", options->reason, "Why, where the field asks for one");
  command->add_option("--shown", options->shown, "Token of the list that you decided on (conflicts --json). Default: now");
  command->callback([options, &global] {
    Store store(global.open_with());
    const json receipt = store.settle(decision_of(store, *options));
    store.close();
    global.print(receipt, [&] { std::cout << "settled " << options->collection << " "
                                          << receipt["records"][0].get<std::string>() << "\n"; });
  });
}

}  // namespace satchel_cli
