// satchel-server: the central store and the commands of whoever runs it. docs/OPERATING.md.
#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <memory>

#include "server/main/commands.hpp"

namespace satchel::server::cli {
namespace {

// docs/OPERATING.md lists these.
enum Exit { done = 0, refused = 1, wrong_usage = 2, wrong_setup = 3, damaged = 4, try_again = 5, internal = 70 };

int exit_code(const Error& error) {
  switch (error.code) {
    case Code::invalid:
      if (error.place.rfind("--", 0) == 0) return wrong_usage;
      return error.place.rfind("/", 0) == 0 ? wrong_setup : refused;  // a JSON pointer: into a file that was read
    case Code::certificate: return wrong_setup;
    case Code::corrupt:
    case Code::newer_format: return damaged;
    case Code::io:
    case Code::disk_full:
    case Code::busy:
    case Code::network:
    case Code::timeout: return try_again;
    case Code::internal: return internal;
    default: return refused;
  }
}

// A command that is to run once the command line has been read completely.
using Command = std::function<Result<>()>;

struct Line {
  Common common;
  std::string directory;  // --data
  Command command;
};

template <class T>
CLI::Validator checked(const char* name, Result<T> (*parse)(const std::string&)) {
  return CLI::Validator(
      [parse](std::string& text) {
        auto parsed = parse(text);
        return parsed ? std::string() : parsed.error().message;
      },
      name);
}

Result<ScopeId> parse_scope(const std::string& text) {
  const auto scope = ScopeId::parse(text);
  if (scope) return *scope;
  return make_error(Code::invalid, "'" + text + "' is not an id (like 0192f3a1-7c1e-7d30-9a55-3b1f0c2d4e5f).");
}

// Where the configuration is: on every command.
CLI::App* add_command(CLI::App& app, Line& line, const char* name, const char* what) {
  CLI::App* command = app.add_subcommand(name, what);
  auto* file = command->add_option("--config", line.common.config_file, "Configuration file");
  command->add_option("--data", line.directory, "Directory that `init` made; its server.json is the configuration")
      ->excludes(file);
  return command;
}

CLI::App* add_admin_command(CLI::App& app, Line& line, const char* name, const char* what) {
  CLI::App* command = add_command(app, line, name, what);
  command->add_option("--org", line.common.organisation, "Organisation (default: /organisation of the configuration)");
  return command;
}

void add_json(CLI::App* command, Line& line) {
  command->add_flag("--json", line.common.json, "Answer with one JSON document");
}

// What a command was given; it lives as long as the command does.
struct Texts {
  std::string like, worker, scope, parent, kind, role, label, id, reason, from, file, lifetime = "8h";
};

void add_serve(CLI::App& app, Line& line) {
  CLI::App* command = add_command(app, line, "serve", "Run the central store until SIGTERM or Ctrl-C");
  auto port = std::make_shared<std::optional<uint16_t>>();
  command->add_option("--port", *port, "Listen on this port instead of the configuration's (0: any free one)");
  command->callback([&line, port] { line.command = [&line, port] { return serve(line.common, *port); }; });
}

void add_setup(CLI::App& app, Line& line) {
  auto wish = std::make_shared<InitArguments>();
  wish->hosts = {"localhost", "127.0.0.1", "::1"};
  wish->organisation = "example";
  CLI::App* init_command =
      app.add_subcommand("init", "Make a centre for trying out: settings, certificate, sign-in keys");
  init_command->add_option("--data", wish->directory, "Directory to make it in")->default_val("satchel-centre");
  init_command->add_option("--schema", wish->schema_file, "The application's schema (JSON); default: the built-in one");
  init_command->add_option("--org", wish->organisation, "Organisation")->default_val("example");
  init_command->add_option("--host", wish->hosts, "Name or address tablets use; may be repeated");
  init_command->add_option("--port", wish->port, "Port to listen on")->default_val(8443);
  init_command->callback([&line, wish] { line.command = [&line, wish] { return init(line.common, *wish); }; });

  CLI::App* check_command = add_command(app, line, "check", "Say what is wrong with the configuration and its files");
  add_json(check_command, line);
  auto keys = std::make_shared<bool>(false);
  check_command->add_flag("--keys", *keys, "List every key with its value and meaning");
  check_command->callback([&line, keys] { line.command = [&line, keys] { return check(line.common, *keys); }; });

  CLI::App* token_command = add_admin_command(app, line, "token", "Sign a token for trying out (keys made by `init`)");
  auto texts = std::make_shared<Texts>();
  token_command->add_option("--worker", texts->worker, "Worker the token is for")->required();
  token_command->add_option("--lifetime", texts->lifetime, "How long it lasts: 90s, 15m, 8h, 30d")
      ->capture_default_str()
      ->check(checked("TIME", &parse_duration));
  token_command->callback([&line, texts] {
    line.command = [&line, texts]() -> Result<> {
      SATCHEL_ASSIGN(const int64_t lifetime_ms, parse_duration(texts->lifetime));
      return token(line.common, texts->worker, lifetime_ms);
    };
  });
}

Result<> run_grant(const Common& common, const Texts& texts) {
  if (!texts.like.empty()) {
    if (texts.scope.empty() && texts.kind.empty()) return cover(common, texts.worker, texts.like, texts.role);
    return make_error(Code::invalid, "--like gives all scopes of a colleague: leave out --scope and --kind.", "--like");
  }
  GrantArguments arguments;
  arguments.worker = texts.worker;
  arguments.kind = texts.kind;
  arguments.role = texts.role;
  arguments.label = texts.label;
  if (texts.scope.empty() == texts.kind.empty()) {
    return make_error(Code::invalid, "Give either --scope (one that exists) or --kind (a new one).", "--scope");
  }
  if (!texts.scope.empty()) arguments.scope = ScopeId::parse(texts.scope);
  if (!texts.parent.empty()) arguments.parent = ScopeId::parse(texts.parent).value_or(ScopeId{});
  return grant(common, arguments);
}

void add_grants(CLI::App& app, Line& line) {
  const auto id = checked("ID", &parse_scope);
  auto texts = std::make_shared<Texts>();
  CLI::App* command = add_admin_command(app, line, "grant", "Give a worker a scope, or a new one; prints its id");
  add_json(command, line);
  command->add_option("--worker", texts->worker, "Worker")->required();
  command->add_option("--role", texts->role, "What the worker may do there")
      ->required()
      ->check(CLI::IsMember({"writer", "reader", "supervisor"}));
  command->add_option("--scope", texts->scope, "Scope that exists")->check(id);
  command->add_option("--like", texts->like, "All scopes that this colleague has: to cover for them");
  command->add_option("--kind", texts->kind, "Kind of a new scope: case, case-restricted, team, self, supervision");
  command->add_option("--parent", texts->parent, "Scope that a new one belongs to")->check(id);
  command->add_option("--label", texts->label, "What tablets call it");
  command->callback([&line, texts] { line.command = [&line, texts] { return run_grant(line.common, *texts); }; });

  auto taken = std::make_shared<Texts>();
  CLI::App* withdraw_command = add_admin_command(
      app, line, "withdraw", "Take a scope from a worker: tablets deliver, then remove it");
  withdraw_command->add_option("--worker", taken->worker, "Worker")->required();
  withdraw_command->add_option("--scope", taken->scope, "Scope")->required()->check(id);
  withdraw_command->callback([&line, taken] {
    line.command = [&line, taken] {
      return withdraw(line.common, taken->worker, ScopeId::parse(taken->scope).value_or(ScopeId{}));
    };
  });

  auto stopped = std::make_shared<Texts>();
  CLI::App* suspend_command = add_admin_command(app, line, "suspend", "Stop a worker's writing from a moment on");
  suspend_command->add_option("--worker", stopped->worker, "Worker")->required();
  suspend_command->add_option("--from", stopped->from, "Moment (UTC), like 2026-11-21T14:03:00Z; default: now")
      ->check(checked("TIME", &parse_utc));
  suspend_command->callback([&line, stopped] {
    line.command = [&line, stopped]() -> Result<> {
      std::optional<int64_t> from_ms;
      if (!stopped->from.empty()) {
        SATCHEL_ASSIGN(from_ms, parse_utc(stopped->from));
      }
      return suspend(line.common, stopped->worker, from_ms);
    };
  });

  auto back = std::make_shared<Texts>();
  CLI::App* reinstate_command =
      add_admin_command(app, line, "reinstate", "Let a suspended worker write again, from now on");
  reinstate_command->add_option("--worker", back->worker, "Worker")->required();
  reinstate_command->callback([&line, back] {
    line.command = [&line, back] { return reinstate(line.common, back->worker); };
  });
}

using OnTransaction = Result<> (*)(const Common&, const model::TransactionId&);

// A command about one transaction, named as `quarantine list` prints it.
CLI::App* add_transaction_command(CLI::App& app, Line& line, const char* name, const char* what, OnTransaction run) {
  auto texts = std::make_shared<Texts>();
  CLI::App* command = add_admin_command(app, line, name, what);
  command->add_option("transaction", texts->id, "scope/replica/counter")
      ->required()
      ->check(checked("ID", &parse_transaction_id));
  command->callback([&line, texts, run] {
    line.command = [&line, texts, run]() -> Result<> {
      SATCHEL_ASSIGN(const model::TransactionId id, parse_transaction_id(texts->id));
      return run(line.common, id);
    };
  });
  return command;
}

void add_quarantine(CLI::App& app, Line& line) {
  CLI::App* group = app.add_subcommand("quarantine", "What the centre took in but did not let stand");
  group->require_subcommand(1);
  CLI::App* list = add_admin_command(*group, line, "list", "List it, without its content");
  add_json(list, line);
  list->callback([&line] { line.command = [&line] { return quarantine_list(line.common); }; });
  add_transaction_command(*group, line, "release", "Let it stand, under its author's name", &quarantine_release);

  auto texts = std::make_shared<Texts>();
  CLI::App* refuse = add_admin_command(*group, line, "refuse", "Refuse it for good; its author can still read it");
  refuse->add_option("transaction", texts->id, "scope/replica/counter")
      ->required()
      ->check(checked("ID", &parse_transaction_id));
  refuse->add_option("--reason", texts->reason, "Why, in plain words: the author reads it")->required();
  refuse->callback([&line, texts] {
    line.command = [&line, texts]() -> Result<> {
      SATCHEL_ASSIGN(const model::TransactionId id, parse_transaction_id(texts->id));
      return quarantine_refuse(line.common, id, texts->reason);
    };
  });
  add_transaction_command(app, line, "lost", "Declare a transaction unrecoverable, so that later ones get through",
                          &lost);
}

void add_keeping(CLI::App& app, Line& line) {
  auto texts = std::make_shared<Texts>();
  CLI::App* import_command = add_admin_command(app, line, "import", "Take an Open Referral UK directory into a team");
  import_command->add_option("file", texts->file, "JSON file")->required();
  import_command->add_option("--scope", texts->scope, "The team's scope")
      ->required()
      ->check(checked("ID", &parse_scope));
  import_command->callback([&line, texts] {
    line.command = [&line, texts] {
      return import_directory(line.common, ScopeId::parse(texts->scope).value_or(ScopeId{}), texts->file);
    };
  });
  CLI::App* scopes_command = add_admin_command(app, line, "scopes", "List all scopes, with their digests in --json");
  add_json(scopes_command, line);
  scopes_command->callback([&line] { line.command = [&line] { return scopes(line.common); }; });
  CLI::App* devices_command = add_admin_command(app, line, "devices", "List the tablets and what they hold");
  add_json(devices_command, line);
  devices_command->callback([&line] { line.command = [&line] { return devices(line.common); }; });

  auto to = std::make_shared<std::string>();
  CLI::App* backup_command = add_command(app, line, "backup", "Write a verified copy, also while the server runs");
  backup_command->add_option("file", *to, "File to write; it must not be there yet")->required();
  backup_command->callback([&line, to] { line.command = [&line, to] { return backup(line.common, *to); }; });

  auto from = std::make_shared<std::string>();
  CLI::App* restore_command = add_command(app, line, "restore", "Put a backup back; the server must be stopped");
  restore_command->add_option("--from", *from, "File that `backup` wrote")->required();
  restore_command->callback([&line, from] { line.command = [&line, from] { return restore(line.common, *from); }; });

  CLI::App* verify_command = add_command(app, line, "verify", "Compute everything anew and compare");
  verify_command->callback([&line] { line.command = [&line] { return verify(line.common); }; });

  CLI::App* renew_command =
      add_command(app, line, "renew-sealing-key", "Make a new key for what tablets seal; in force after a restart");
  renew_command->callback([&line] { line.command = [&line] { return renew_sealing_key(line.common); }; });
}

int report(const Error& error) {
  std::cout.flush();
  std::cerr << "satchel-server: " << error.message << "\n";
  if (error.place.size() > 1 && error.message.find(error.place) == std::string::npos) {
    std::cerr << "  at " << error.place << "\n";
  }
  return exit_code(error);
}

// CLI11 only says that a command is missing; whoever mistyped one wants to hear which ones there are.
bool names_no_command(const CLI::App& app, int count, char** values) {
  if (count < 2 || values[1][0] == '-') return false;
  std::string names;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->check_name(values[1])) return false;
    names += " " + command->get_name();
  }
  std::cerr << "satchel-server: there is no command '" << values[1] << "'. There are:" << names;
  std::cerr << "\n";
  return true;
}

int run(int count, char** values) {
  Line line;
  CLI::App app("The central store of Satchel. docs/OPERATING.md explains every command and setting.", "satchel-server");
  app.set_version_flag("--version", "satchel-server " SATCHEL_VERSION);
  app.require_subcommand(1);
  add_serve(app, line);
  add_setup(app, line);
  add_grants(app, line);
  add_quarantine(app, line);
  add_keeping(app, line);
  if (names_no_command(app, count, values)) return wrong_usage;
  try {
    app.parse(count, values);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? done : wrong_usage;
  }
  if (line.common.config_file.empty()) {
    line.common.config_file = (line.directory.empty() ? "satchel-centre" : line.directory) + "/server.json";
  }
  const Result<> result = line.command();
  return result ? done : report(result.error());
}

}  // namespace
}  // namespace satchel::server::cli

int main(int count, char** values) {
  try {
    return satchel::server::cli::run(count, values);
  } catch (const std::exception& failure) {  // a failed check of ours (core/base/check.hpp), or no memory
    std::cerr << "satchel-server: a mistake of its own stopped it: " << failure.what() << "\n";
    return 70;
  }
}
