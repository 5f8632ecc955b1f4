// commands: each adds its subcommands to the command line; what they do runs in their callbacks.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "platform/cli/store.hpp"

namespace satchel_cli {

struct Global {
  std::string store;  // path
  bool json = false;
  std::string language;
  std::string key_file;

  // Throws Failure when no --store was given.
  const std::string& path() const;
  OpenWith open_with() const;  // of a store that is there, with what init remembered
  OpenWith open_with_server() const;  // the same, to sync: Failure when init was given no server
  // As JSON in one line, or for a person.
  void print(const nlohmann::json& answer, const std::function<void()>& for_person) const;
};

// A subcommand that takes --store and --json too. `examples` are shown below its help, one a line.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& words, const std::string& examples);

void add_care_commands(CLI::App& app, Global& global);     // init, verify, rescue, rekey, export
void add_write_commands(CLI::App& app, Global& global);    // create, set, void, restore
void add_element_commands(CLI::App& app, Global& global);  // add, remove, move, order
void add_settle_command(CLI::App& app, Global& global);
void add_read_commands(CLI::App& app, Global& global);     // show, history, list, scopes, conflicts, refused, status
void add_sql_command(CLI::App& app, Global& global);
void add_sync_command(CLI::App& app, Global& global);      // sync, history-fetch
void add_codegen_command(CLI::App& app, Global& global);
void add_completion_command(CLI::App& app, Global& global);

// ---- shared by commands

// The key in a file of 64 hexadecimal digits. Throws Failure.
std::string read_key(const std::string& path);

// An id may be given as its first or last characters, as long as only one fits.
std::string full_record_id(Store& store, const std::string& collection, const std::string& given);
std::string full_scope_id(Store& store, const std::string& given);  // also a scope's label
// "field=text" or "field:=JSON". A field given twice becomes a list.
nlohmann::json parse_fields(const std::vector<std::string>& given);

}  // namespace satchel_cli
