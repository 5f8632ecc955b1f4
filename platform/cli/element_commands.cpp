// Commands for fields that hold several values: sets and lists.
#include "platform/cli/change_command.hpp"

namespace satchel_cli {
namespace {

using nlohmann::json;

void ask_where(CLI::App& command, ChangeOptions& options) {
  auto* before = command.add_option("--before", options.before, "In a list: in front of this element (id or value)");
  auto* after =
      command.add_option("--after", options.after, "In a list: behind this element (id or value)")->excludes(before);
  auto* first =
      command.add_flag("--first", options.first, "In a list: at its beginning")->excludes(before)->excludes(after);
  command.add_flag("--last", options.last, "In a list: at its end")->excludes(before)->excludes(after)->excludes(first);
}

void fill_where(json& change, const ChangeOptions& options) {
  if (!options.before.empty()) change["before"] = options.before;
  if (!options.after.empty()) change["after"] = options.after;
  if (options.first || options.last) change["to"] = options.first ? "first" : "last";
}

constexpr ChangeCommand add = {
    "add",
    "Adds to a field that holds several values",
    "satchel add person 0192f0c1 communication_needs large_print\n"
    "satchel add person 0192f0c1 phones number='0131 496' use=home\n"
    "satchel add person 0192f0c1 phones number='0131 497' --element 5b1f2c3d   changes one that is there\n"
    "satchel add plan 0192f0c1 goal_order goal/0192f0c2-... --first              in a list, not at its end",
    "added to",
    [](CLI::App& command, ChangeOptions& options) {
      command.add_option("field", options.field, "The field")->required();
      command.add_option("values", options.values, "One value; or for an item its parts: part=text, part:=JSON")
          ->required();
      command.add_option("--element", options.element, "Id of the item to change. Default: a new one");
      ask_where(command, options);
    },
    [](json& change, const ChangeOptions& options) {
      change["field"] = options.field;
      if (!options.element.empty()) change["element"] = options.element;
      const bool plain = options.values.size() == 1 && options.values[0].find('=') == std::string::npos;
      if (plain)
        change["value"] = options.values[0];
      else
        change["parts"] = parse_fields(options.values);
      fill_where(change, options);
    }};

constexpr ChangeCommand remove = {
    "remove",
    "Takes one out of a field that holds several values",
    "satchel remove person 0192f0c1 communication_needs --value large_print\n"
    "satchel remove person 0192f0c1 phones 5b1f2c3d",
    "removed from",
    [](CLI::App& command, ChangeOptions& options) {
      command.add_option("field", options.field, "The field")->required();
      auto* which = command.add_option_group("which", "Which one");
      which->add_option("element", options.element, "Id of the item, as show prints it");
      which->add_option("--value", options.value, "The value to take out, where the field holds plain values");
      which->require_option(1);
    },
    [](json& change, const ChangeOptions& options) {
      change["field"] = options.field;
      if (!options.element.empty())
        change["element"] = options.element;
      else
        change["value"] = options.value;
    }};

constexpr ChangeCommand move = {
    "move",
    "Moves one element of a list",
    "satchel move plan 0192f0c1 goal_order goal/0192f0c2-... --first\n"
    "satchel move plan 0192f0c1 goal_order goal/0192f0c2-... --after goal/0192f0c3-...",
    "moved in",
    [](CLI::App& command, ChangeOptions& options) {
      command.add_option("field", options.field, "The list")->required();
      command.add_option("element", options.element, "Its id; or its value, where the list holds plain values")
          ->required();
      ask_where(command, options);
    },
    [](json& change, const ChangeOptions& options) {
      change["field"] = options.field;
      change["element"] = options.element;
      fill_where(change, options);
    }};

constexpr ChangeCommand order = {
    "order",
    "Puts elements of a list into this order; others stay where they are",
    "satchel order plan 0192f0c1 goal_order goal/0192f0c2-... goal/0192f0c3-...",
    "ordered in",
    [](CLI::App& command, ChangeOptions& options) {
      command.add_option("field", options.field, "The list")->required();
      command.add_option("elements", options.values, "Ids, or values where the list holds plain values")->required();
    },
    [](json& change, const ChangeOptions& options) {
      change["field"] = options.field;
      change["elements"] = options.values;
    }};

}  // namespace

void add_element_commands(CLI::App& app, Global& global) {
  for (const ChangeCommand& kind : {add, remove, move, order}) add_change_command(app, global, kind);
}

}  // namespace satchel_cli
