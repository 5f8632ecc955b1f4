#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <regex>

#include "platform/cli/commands.hpp"
#include "platform/cli/failure.hpp"
#include "platform/codegen/languages.hpp"
#include "platform/codegen/names.hpp"

namespace satchel_cli {
namespace {

struct Options {
  std::string language, schema, package = "models", output;
};

struct Language {
  std::string (*write)(const satchel_codegen::Model&, const std::string&);
  const char* package;  // what it may look like
};
const std::map<std::string, Language> languages = {
    {"cpp", {satchel_codegen::write_cpp, "[A-Za-z_][A-Za-z0-9_]*(::[A-Za-z_][A-Za-z0-9_]*)*"}},
    {"kotlin", {satchel_codegen::write_kotlin, "[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*"}},
    {"swift", {satchel_codegen::write_swift, "[A-Za-z_][A-Za-z0-9_]*"}}};

std::string generate(const Options& options) {
  const Language& language = languages.at(options.language);
  if (!std::regex_match(options.package, std::regex(language.package))) {
    throw Failure(SATCHEL_INVALID, "\"" + options.package + "\" cannot be a package of " + options.language + ".");
  }
  const std::string schema = read_file(options.schema);
  check(satchel_check_schema({schema.data(), schema.size()}));
  try {
    return language.write(satchel_codegen::read_model(schema), options.package);
  } catch (const satchel_codegen::NameClash& clash) {
    throw Failure(SATCHEL_INVALID, clash.what());
  }
}

// A build that runs this each time does not compile anew what has not changed.
void write_if_new(const std::string& path, const std::string& text) {
  std::ifstream before(path, std::ios::binary);
  if (before && std::string(std::istreambuf_iterator<char>(before), {}) == text) return;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw Failure(SATCHEL_IO, "Cannot write " + path + ".");
}

}  // namespace

void add_codegen_command(CLI::App& app, Global&) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "codegen", "Writes the schema's collections as types of a programming language",
                  "satchel codegen kotlin --schema schema/satchel-domain.json --package org.example.care --output Care.kt\n"
                  "satchel codegen cpp --schema schema/satchel-domain.json --package care --output care.hpp\n"
                  "satchel codegen swift --schema schema/satchel-domain.json --package Care --output Care.swift");
  command->add_option("language", options->language, "cpp, kotlin or swift")->required()->check(CLI::IsMember(languages));
  command->add_option("--schema", options->schema, "The schema's JSON file")->required()->check(CLI::ExistingFile);
  command->add_option("--package", options->package, "Package, namespace or, in Swift, enum. Default: models");
  command->add_option("--output", options->output, "Where to write it. Default: here, to read");
  command->callback([options] {
    const std::string text = generate(*options);
    if (options->output.empty()) {
      std::cout << text;
    } else {
      write_if_new(options->output, text);
    }
  });
}

}  // namespace satchel_cli
