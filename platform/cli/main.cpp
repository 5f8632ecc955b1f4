#include <algorithm>
#include <iostream>
#include <string_view>

#include "platform/cli/commands.hpp"
#include "platform/cli/print.hpp"

namespace satchel_cli {

const std::string& Global::path() const {
  if (store.empty()) {
    throw Failure(SATCHEL_INVALID, "Which store? Give --store FILE, or set SATCHEL_STORE.");
  }
  return store;
}

OpenWith Global::open_with() const {
  OpenWith with;
  with.path = path();
  with.json = json;
  with.config = read_config(with.path);
  with.language = language;
  if (const std::string& file = key_file.empty() ? with.config.key_file : key_file; !file.empty()) with.key = read_key(file);
  return with;
}

OpenWith Global::open_with_server() const {
  OpenWith with = open_with();
  if (!with.config.server.empty()) return with;
  throw Failure(SATCHEL_INVALID, "No central store is set up. Give its address: satchel init --server https://...");
}

void Global::print(const nlohmann::json& answer, const std::function<void()>& for_person) const {
  if (json)
    print_json(answer);
  else
    for_person();
}

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& words, const std::string& examples) {
  CLI::App* command = app.add_subcommand(name, words);
  command->fallthrough();  // --store and --json may follow the command
  std::string footer = "Every command takes --store FILE (or SATCHEL_STORE), --json and --language.\n\nExamples:\n";
  for (size_t begin = 0; begin <= examples.size();) {
    const size_t end = std::min(examples.find('\n', begin), examples.size());
    footer += "  " + examples.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  command->footer(footer);
  return command;
}

namespace {

constexpr const char* exit_codes =
    "Exit codes:\n"
    "  0  done\n"
    "  1  something else went wrong\n"
    "  2  the command or what it was given is wrong; nothing was changed\n"
    "  3  not found\n"
    "  4  not allowed, or sign in again\n"
    "  5  the central store was not reached or did not answer properly; try again later\n"
    "  6  the central store's certificate is not to be trusted\n"
    "  7  the store's file is damaged, or of a newer version\n"
    "  8  the file is in use, or the disk is full or does not answer\n"
    " 70  a mistake of Satchel's own\n"
    "\n"
    "Examples:\n"
    "  satchel init --store anna.db --schema schema/satchel-domain.json --organisation north --worker anna\n"
    "  export SATCHEL_STORE=anna.db\n"
    "  satchel create person --open case legal_name='Ada Lovelace'\n"
    "  satchel list person\n";

// What is wrong with the line itself, and where to read more.
Failure usage_failure(const CLI::App& app, const CLI::ParseError& error) {
  const auto commands = app.get_subcommands();
  if (!commands.empty()) {
    const std::string name = commands.front()->get_name();
    return Failure(SATCHEL_INVALID, error.what() + (". See satchel " + name + " --help."));
  }
  const auto words = app.remaining();
  if (words.empty()) return Failure(SATCHEL_INVALID, "Which command? See satchel --help.");
  return Failure(SATCHEL_INVALID, "There is no command \"" + words.front() + "\". See satchel --help.");
}

int run(int argc, char** argv) {
  CLI::App app("Visit notes and plans on this tablet, with or without signal.", "satchel");
  Global global;
  app.add_option("--store", global.store, "The store's file")->envname("SATCHEL_STORE");
  app.add_flag("--json", global.json, "Print JSON, one object a line");
  app.add_option("--language", global.language, "Of the words about status, conflicts and histories: en or cy")
      ->envname("SATCHEL_LANGUAGE");
  app.add_option("--key-file", global.key_file, "The key of an encrypted store: 64 hexadecimal digits")
      ->envname("SATCHEL_KEY_FILE");
  app.set_version_flag("--version", satchel_version());
  app.require_subcommand(1);
  app.footer(exit_codes);
  add_care_commands(app, global);
  add_write_commands(app, global);
  add_element_commands(app, global);
  add_read_commands(app, global);
  add_sql_command(app, global);
  add_settle_command(app, global);
  add_sync_command(app, global);
  add_codegen_command(app, global);
  add_completion_command(app, global);
  try {
    app.parse(argc, argv);
    return exit_done;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    // Wherever it stands: the line was not read to its end.
    const bool json =
        std::any_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
    report(usage_failure(app, error), json);
    return exit_usage;
  } catch (const Failure& failure) {
    report(failure, global.json);
    return exit_of(failure.code);
  } catch (const std::exception& error) {
    report(Failure(SATCHEL_INTERNAL, error.what()), global.json);
    return exit_internal;
  }
}

}  // namespace
}  // namespace satchel_cli

int main(int argc, char** argv) { return satchel_cli::run(argc, argv); }
