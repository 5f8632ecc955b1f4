#include "platform/cli/config.hpp"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "platform/cli/failure.hpp"

namespace satchel_cli {
namespace {

using nlohmann::json;

struct Member {
  const char* name;
  std::string Config::*text;
};

constexpr std::array<Member, 10> members = {{{"organisation", &Config::organisation},
                                            {"worker", &Config::worker},
                                            {"schema_file", &Config::schema_file},
                                            {"key_file", &Config::key_file},
                                            {"server", &Config::server},
                                            {"ca_file", &Config::ca_file},
                                            {"proxy", &Config::proxy},
                                            {"token", &Config::token_text},
                                            {"token_file", &Config::token_file},
                                            {"token_command", &Config::token_command}}};

std::string trimmed(const std::string& text) {
  const char* blank = " \t\r\n";
  const size_t first = text.find_first_not_of(blank);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

bool read_all(const std::string& path, std::string& text) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  text.assign(std::istreambuf_iterator<char>(in), {});
  return !in.bad();
}

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("The command for the token could not be started.");
  std::string output;
  std::array<char, 4096> part;
  while (const size_t size = std::fread(part.data(), 1, part.size(), pipe)) output.append(part.data(), size);
  const int status = ::pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error("The command for the token did not work. Try it by hand: " + command);
  }
  return output;
}

void set_member(Config& config, const std::string& name, const json& value, const std::string& path) {
  const Failure wrong(SATCHEL_INVALID, "The configuration has a member that makes no sense: \"" + name + "\".", path);
  if (name == "pins") {
    if (!value.is_array()) throw wrong;
    for (const json& pin : value) {
      if (!pin.is_string()) throw wrong;
      config.pins.push_back(pin.get<std::string>());
    }
    return;
  }
  for (const Member& member : members) {
    if (name != member.name) continue;
    if (!value.is_string()) throw wrong;
    config.*member.text = value.get<std::string>();
    return;
  }
  throw wrong;
}

}  // namespace

std::string Config::token() const {
  if (const char* environment = std::getenv("SATCHEL_TOKEN"); environment != nullptr && *environment != '\0') {
    return trimmed(environment);
  }
  std::string found = token_text;
  if (!token_file.empty()) {
    if (!read_all(token_file, found)) throw std::runtime_error("The file with the token cannot be read: " + token_file);
  } else if (!token_command.empty()) {
    found = output_of(token_command);
  }
  found = trimmed(found);
  if (found.empty()) {
    throw std::runtime_error(
        "There is no token to sign in with. Set SATCHEL_TOKEN, or run satchel init again with --token-file.");
  }
  return found;
}

std::string config_path(const std::string& store_path) { return store_path + ".config.json"; }

Config read_config(const std::string& store_path) {
  const std::string path = config_path(store_path);
  Config config;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return config;
  const json parsed = json::parse(read_file(path), nullptr, false);
  if (!parsed.is_object()) throw Failure(SATCHEL_INVALID, "The configuration is not a JSON object.", path);
  for (const auto& [name, value] : parsed.items()) set_member(config, name, value, path);
  return config;
}

void write_config(const std::string& store_path, const Config& config) {
  json out = json::object();
  for (const Member& member : members) {
    if (!(config.*member.text).empty()) out[member.name] = config.*member.text;
  }
  if (!config.pins.empty()) out["pins"] = config.pins;
  const std::string path = config_path(store_path);
  const std::string part = path + ".part";
  namespace fs = std::filesystem;
  std::error_code failed;
  {
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    // Before the token is in it.
    fs::permissions(part, fs::perms::owner_read | fs::perms::owner_write, fs::perm_options::replace, failed);
    file << out.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    file.flush();
    if (!file || failed) throw Failure(SATCHEL_IO, "The configuration cannot be written.", path);
  }
  fs::rename(part, path, failed);
  if (failed) throw Failure(SATCHEL_IO, "The configuration cannot be written.", path);
}

std::string read_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw Failure(SATCHEL_NOT_FOUND, "There is no such file.", path);
  std::string text;
  if (!read_all(path, text)) throw Failure(SATCHEL_IO, "The file cannot be read.", path);
  return text;
}

}  // namespace satchel_cli
