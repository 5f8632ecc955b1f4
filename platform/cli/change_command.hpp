// change_command: a command that makes one change to a record that is there. They differ in what they ask for and in
// what that means for the change.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "platform/cli/commands.hpp"

namespace satchel_cli {

struct ChangeOptions {
  std::string collection, record, field, element, value, before, after, reason, shown;
  bool first = false, last = false;
  std::vector<std::string> values;
};

struct ChangeCommand {
  const char* name;      // also the change's "action"
  const char* words;     // for help
  const char* examples;  // one a line
  const char* done;      // told with the collection and the record's id
  // What it takes besides collection, id, --reason and --shown; null: nothing. Binds to the options, which stay where
  // they are.
  void (*ask)(CLI::App& command, ChangeOptions& options);
  // Writes what was asked for into the change; null: nothing.
  void (*fill)(nlohmann::json& change, const ChangeOptions& options);
};

void add_change_command(CLI::App& app, Global& global, const ChangeCommand& kind);

}  // namespace satchel_cli
