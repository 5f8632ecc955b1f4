// write_options: what the commands that change one record have in common.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "platform/cli/commands.hpp"

namespace satchel_cli {

struct WriteOptions {
  std::string collection, record, scope, open, parent, field, element, value, before, after, reason, shown;
  bool first = false, last = false;
  std::vector<std::string> values;
};
using Options = std::shared_ptr<WriteOptions>;

void add_target(CLI::App& command, const Options& options);
void add_common(CLI::App& command, const Options& options);
nlohmann::json with_common(nlohmann::json change, const WriteOptions& options);
nlohmann::json target(Store& store, const WriteOptions& options, const char* action);
// Writes the draft, and says "<done> <id of the record>".
void commit(const Global& global, const std::function<nlohmann::json(Store&)>& draft_of, const std::string& done);

}  // namespace satchel_cli
