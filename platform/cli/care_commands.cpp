#include <cctype>
#include <filesystem>
#include <fstream>
#include <memory>

#include "platform/cli/commands.hpp"
#include "platform/cli/print.hpp"

namespace satchel_cli {
namespace {

using nlohmann::json;

std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

struct InitOptions {
  std::string schema;
  Config config;
};

void run_init(const Global& global, InitOptions options) {
  Config& config = options.config;
  const Config before = read_config(global.path());
  // Run again, it changes only what is given: a new server, another token.
  const auto keep = [](std::string& now, const std::string& old) {
    if (now.empty()) now = old;
  };
  keep(config.organisation, before.organisation);
  keep(config.worker, before.worker);
  keep(config.server, before.server);
  keep(config.ca_file, before.ca_file);
  keep(config.proxy, before.proxy);
  config.schema_file = options.schema.empty() ? before.schema_file : absolute(options.schema);
  if (config.pins.empty()) config.pins = before.pins;
  if (config.token_text.empty() && config.token_file.empty() && config.token_command.empty()) {
    config.token_text = before.token_text;
    config.token_file = before.token_file;
    config.token_command = before.token_command;
  }
  config.ca_file = absolute(config.ca_file);
  config.key_file = global.key_file.empty() ? before.key_file : absolute(global.key_file);
  config.token_file = absolute(config.token_file);
  OpenWith with;
  with.path = global.path();
  with.must_exist = false;
  if (!config.key_file.empty()) with.key = read_key(config.key_file);
  with.json = global.json;
  with.organisation = config.organisation;
  with.worker = config.worker;
  if (!options.schema.empty()) with.schema = read_file(options.schema);
  Store store(with);
  const json about = store.about();
  store.close();
  config.organisation = about["organisation"];
  config.worker = about["worker"];
  write_config(global.path(), config);
  const json answer = {{"store", global.path()},
                       {"organisation", about["organisation"]},
                       {"worker", about["worker"]},
                       {"replica", about["replica"]}};
  global.print(answer, [&] {
    std::cout << "This store belongs to " << config.worker << " of " << config.organisation << ".\n"
              << (config.server.empty() ? "It works without a central store.\n" : "It syncs with " + config.server + ".\n");
  });
}

void add_init(CLI::App& app, Global& global) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command = add_command(
      app, "init", "Makes a store, or changes how it reaches the central store",
      "satchel init --store anna.db --schema schema/satchel-domain.json --organisation north --worker anna \\\n"
      "    --server https://localhost:8443 --ca-file ca.pem --token-file anna.token");
  command->add_option("--schema", options->schema, "JSON file that says which records there are")->check(CLI::ExistingFile);
  command->add_option("--organisation", options->config.organisation, "Whose store it is; fixed once it is made");
  command->add_option("--worker", options->config.worker, "Who writes in it; fixed once it is made");
  command->add_option("--server", options->config.server, "Address of the central store, https://...");
  command->add_option("--ca-file", options->config.ca_file, "Certificates to trust instead of the machine's");
  command->add_option("--pin", options->config.pins, "Or public key pins, sha256/...: the current and a spare one");
  command->add_option("--proxy", options->config.proxy, "HTTP proxy on the way there");
  auto* token = command->add_option_group("token", "Where the sign-in token comes from (SATCHEL_TOKEN goes before)");
  token->add_option("--token", options->config.token_text, "The token itself, kept in the configuration");
  token->add_option("--token-file", options->config.token_file, "A file, read anew each time");
  token->add_option("--token-command", options->config.token_command, "A command that prints it");
  token->require_option(0, 1);
  command->callback([options, &global] { run_init(global, *options); });
}

void run_rescue(const Global& global, const std::string& schema) {
  OpenWith with = global.open_with();
  with.organisation = with.config.organisation;
  with.worker = with.config.worker;
  // Without one, the library takes the one that it finds in the damaged file, if it can be read.
  const std::string file = schema.empty() ? with.config.schema_file : schema;
  if (!file.empty()) with.schema = read_file(file);
  const json report = rescue(with);
  global.print(report, [&] {
    std::cout << "The damaged file is now " << report["moved_to"].get<std::string>() << ".\n"
              << report["salvaged"] << " saved into a new store, " << report["unreadable"] << " could not be read.\n";
    for (const json& note : report["notes"]) std::cout << note.get<std::string>() << "\n";
  });
}

// Killed between the two, the configuration still names the old key file; --key-file with the new one opens the store.
void run_rekey(const Global& global, const std::string& new_key_file) {
  const OpenWith with = global.open_with();
  rekey(with, read_key(new_key_file));
  Config config = with.config;
  config.key_file = absolute(new_key_file);
  write_config(global.path(), config);
  global.print({{"store", global.path()}, {"key_file", config.key_file}},
               [&] { std::cout << "The store is now encrypted with the key in " << config.key_file << ".\n"; });
}

void add_rekey(CLI::App& app, Global& global) {
  auto file = std::make_shared<std::string>();
  CLI::App* command = add_command(app, "rekey", "Encrypts a store, or gives it another key, while it is open nowhere",
                                  "openssl rand -hex 32 > anna.key; chmod 600 anna.key\n"
                                  "satchel rekey --store anna.db --new-key-file anna.key");
  command->add_option("--new-key-file", *file, "64 hexadecimal digits, drawn at random. Keep the old key until it is done")
      ->required();
  command->callback([file, &global] { run_rekey(global, *file); });
}

// Of the store itself and what lies beside it: nothing that is written out may take the place of any of them.
void refuse_own_file(const std::string& store, const std::string& path) {
  namespace fs = std::filesystem;
  for (const char* suffix : {"", "-wal", "-shm", ".not-for-backup", ".config.json", ".rekeyed", ".rescued"}) {
    std::error_code differs, unknown;
    if (fs::equivalent(store + suffix, path, differs) ||
        fs::weakly_canonical(store + suffix, unknown) == fs::weakly_canonical(path, unknown)) {  // it may not be there yet
      throw Failure(SATCHEL_INVALID, "This is a file of the store itself. Give another name.", path);
    }
  }
}

struct ExportOptions {
  std::vector<std::string> collections;
  std::string output, copy;
};

// One record a line, so that a file of any length can be read line by line.
void export_records(Store& store, const ExportOptions& options, std::ostream& out, ProgressLine& line) {
  std::vector<std::string> collections = options.collections;
  if (collections.empty()) {
    const json about = store.about();
    for (const auto& [name, declared] : about["schema"]["collections"].items()) collections.push_back(name);
  }
  for (const std::string& collection : collections) {
    json query = {{"collection", collection}, {"include_voided", true}, {"count", true}};
    const uint64_t total = store.query(query)["count"];
    query.erase("count");
    query["limit"] = 1000;
    uint64_t done = 0;
    for (;;) {
      const json page = store.query(query);
      for (const json& record : page["records"]) {
        out << record.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
      }
      done += page["records"].size();
      line.show(collection, done, total);
      if (page["next"] == "") break;
      query["after"] = page["next"];
    }
  }
}

void run_export(const Global& global, const ExportOptions& options) {
  Store store(global.open_with());
  if (!options.copy.empty()) {
    refuse_own_file(global.path(), options.copy);
    store.copy(options.copy);
    return global.print({{"copy", options.copy}}, [&] { std::cout << "copied to " << options.copy << "\n"; });
  }
  ProgressLine line(!options.output.empty());
  if (options.output.empty()) return export_records(store, options, std::cout, line);
  refuse_own_file(global.path(), options.output);
  std::ofstream out(options.output, std::ios::binary | std::ios::trunc);
  export_records(store, options, out, line);
  out.close();
  if (!out) throw Failure(SATCHEL_IO, "The file cannot be written.", options.output);
}

void add_export(CLI::App& app, Global& global) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = add_command(app, "export", "Writes all records out, one JSON object a line",
                                  "satchel export --output all.jsonl\n"
                                  "satchel export --collection visit_note | jq .fields.body\n"
                                  "satchel export --copy copy.db       the whole store, unsent work included");
  command->add_option("--collection", options->collections, "Only this kind of record; may be given several times");
  auto* output = command->add_option("--output", options->output, "File to write. Default: standard output");
  command->add_option("--copy", options->copy, "Copy the store itself into this new file, while others use it")
      ->excludes(output);
  command->callback([options, &global] { run_export(global, *options); });
}

}  // namespace

void add_care_commands(CLI::App& app, Global& global) {
  add_init(app, global);
  add_command(app, "verify", "Checks the whole store against what was written", "satchel verify")->callback([&global] {
    Store store(global.open_with());
    ProgressLine line(!global.json);
    line.show("Checking...");
    const json report = store.verify();
    line.clear();
    global.print(report, [&] {
      std::cout << "All is well: " << count_of(report["records"], "record", "records") << " in "
                << count_of(report["scopes"], "scope", "scopes") << ", "
                << count_of(report["outbox"], "change", "changes") << " not yet at base.\n";
      const json& damage = report["search"]["damage"];
      if (damage.is_null()) return;
      std::cout << "The search index was damaged and is being made anew. " << damage.get<std::string>() << "\n";
    });
  });
  auto schema = std::make_shared<std::string>();
  CLI::App* rescue_command = add_command(app, "rescue", "Saves what can be saved of a damaged store into a new one",
                                         "satchel rescue --store anna.db");
  rescue_command->add_option("--schema", *schema, "Schema for the new store. Default: the one that init was given");
  rescue_command->callback([schema, &global] { run_rescue(global, *schema); });
  add_rekey(app, global);
  add_export(app, global);
}

std::string read_key(const std::string& path) {
  const std::string text = read_file(path);
  std::string key;
  const auto digit = [&](size_t i) -> int {
    const auto c = static_cast<unsigned char>(text[i]);
    return std::isxdigit(c) == 0 ? -1 : std::isdigit(c) != 0 ? c - '0' : std::tolower(c) - 'a' + 10;
  };
  const size_t digits = text.find_last_not_of(" \t\r\n") + 1;
  for (size_t i = 0; i + 1 < digits && digit(i) >= 0 && digit(i + 1) >= 0; i += 2) {
    key += static_cast<char>(digit(i) << 4 | digit(i + 1));
  }
  if (digits == 2 * SATCHEL_KEY_BYTES && key.size() == SATCHEL_KEY_BYTES) return key;
  throw Failure(SATCHEL_INVALID, "A key file holds 64 hexadecimal digits, as openssl rand -hex 32 writes them.", path);
}

}  // namespace satchel_cli
