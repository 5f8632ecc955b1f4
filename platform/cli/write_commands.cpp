#include <memory>

#include "platform/cli/change_command.hpp"
#include "platform/cli/print.hpp"

namespace satchel_cli {
namespace {

using nlohmann::json;

struct CreateOptions {
  std::string collection, record, scope, open, parent;
  std::vector<std::string> values;
};

// The scope that the new one belongs to: as given, or the only one of the kind that the schema asks for.
std::string parent_of(Store& store, const CreateOptions& options) {
  if (!options.parent.empty()) return full_scope_id(store, options.parent);
  const json kinds = store.about()["schema"]["scopes"];
  const std::string wanted = kinds.contains(options.open) ? kinds[options.open].value("parent", "") : "";
  std::string found;
  size_t count = 0;
  for (const json& scope : store.scopes()) {
    if (scope["kind"] != wanted || scope["withdrawn"] == true) continue;
    found = scope["id"];
    ++count;
  }
  return count == 1 ? found : std::string();  // none or several: the library says what is missing
}

void run_create(const Global& global, const CreateOptions& options) {
  Store store(global.open_with());
  json change = {{"action", "create"}, {"collection", options.collection}, {"fields", parse_fields(options.values)}};
  if (!options.record.empty()) change["record"] = options.record;
  json draft = {{"changes", json::array()}};
  if (!options.open.empty()) {
    json opening = {{"kind", options.open}};
    if (!options.scope.empty()) opening["scope"] = options.scope;
    const std::string parent = parent_of(store, options);
    if (!parent.empty()) opening["parent"] = parent;
    draft["open"] = json::array({opening});
  } else if (!options.scope.empty()) {
    change["scope"] = full_scope_id(store, options.scope);
  } else {
    throw Failure(SATCHEL_INVALID, "Say where it belongs: --scope ID, or --open case for a new one.");
  }
  draft["changes"].push_back(change);
  const json receipt = store.transact(draft);
  store.close();
  global.print(receipt, [&] {
    std::cout << "created " << options.collection << " " << receipt["records"][0].get<std::string>() << "\n";
    if (!options.open.empty()) {
      std::cout << "in the new scope " << receipt["transactions"][0]["scope"].get<std::string>() << "\n";
    }
  });
}

void add_create(CLI::App& app, Global& global) {
  auto options = std::make_shared<CreateOptions>();
  CLI::App* command = add_command(
      app, "create", "Writes a new record",
      "satchel create person --open case legal_name='Ada Lovelace'  in a new case\n"
      "satchel create risk --scope 0192f0c1 level=high              in a case that is there\n"
      "satchel create person --open case communication_needs=large_print phones:='[{\"number\": \"0131 496\"}]'");
  command->add_option("collection", options->collection, "Kind of record: person, plan, visit_note...")->required();
  command->add_option("fields", options->values, "field=text, or field:=JSON; a field given twice becomes a list");
  command->add_option("--scope", options->scope, "Where it belongs: id, part of the id, or label of a scope");
  command->add_option("--open", options->open, "Opens a new scope of this kind for it: case, self...");
  command->add_option("--parent", options->parent,
                      "The scope that the new one belongs to. Default: the only one there is");
  command->add_option("--id", options->record, "Id of the new record. Default: a new one");
  command->callback([options, &global] { run_create(global, *options); });
}

constexpr ChangeCommand set = {
    "set",
    "Gives fields of a record new values",
    "satchel set risk 0192f0c1 level=low --reason 'talked it through'\n"
    "satchel set person 0192f0c1 gender:=null                    takes the value away",
    "changed",
    [](CLI::App& command, ChangeOptions& options) {
      command.add_option("fields", options.values, "field=text, or field:=JSON")->required();
    },
    [](json& change, const ChangeOptions& options) { change["fields"] = parse_fields(options.values); }};

constexpr ChangeCommand submit = {
    "submit",
    "Sends a text in: it stands for good as it is",
    "satchel submit visit_note 0192f0c1 body\n"
    "satchel create visit_note --scope 0192f0c1 amends=visit_note/ID body='...'   an amendment of it",
    "sent in",
    [](CLI::App& command, ChangeOptions& options) {
      command.add_option("field", options.field, "Which text of the record")->required();
    },
    [](json& change, const ChangeOptions& options) { change["field"] = options.field; }};

constexpr ChangeCommand put_away = {
    "void", "Puts a record away; it can be read for ever", "satchel void plan 0192f0c1", "put away", nullptr, nullptr};

constexpr ChangeCommand bring_back = {
    "restore", "Brings back a record that was put away", "satchel restore plan 0192f0c1", "brought back", nullptr,
    nullptr};

}  // namespace

json parse_fields(const std::vector<std::string>& given) {
  json fields = json::object();
  for (const std::string& each : given) {
    const size_t equals = each.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Failure(SATCHEL_INVALID, "\"" + each + "\" is not field=text or field:=JSON.");
    }
    const bool is_json = each[equals - 1] == ':';
    const std::string name = each.substr(0, is_json ? equals - 1 : equals);
    json value = each.substr(equals + 1);
    if (is_json) value = json::parse(each.substr(equals + 1), nullptr, false);
    if (value.is_discarded()) throw Failure(SATCHEL_INVALID, "What follows \"" + name + ":=\" is not JSON.", name);
    const auto there = fields.find(name);
    if (there == fields.end()) {
      fields[name] = std::move(value);
    } else if (there->is_array()) {
      there->push_back(std::move(value));
    } else {
      *there = json::array({*there, std::move(value)});
    }
  }
  return fields;
}

void add_write_commands(CLI::App& app, Global& global) {
  add_create(app, global);
  for (const ChangeCommand& kind : {set, submit, put_away, bring_back}) add_change_command(app, global, kind);
}

}  // namespace satchel_cli
