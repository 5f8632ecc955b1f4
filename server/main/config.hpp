// The configuration file of satchel-server: JSON with comments. One table (config_keys) says what there is; reading,
// `check`, the example that `init` writes and the test of docs/OPERATING.md all follow from it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/logger.hpp"
#include "core/base/result.hpp"
#include "server/authenticate.hpp"
#include "server/http/http_server.hpp"
#include "server/service.hpp"

namespace satchel::server::cli {

struct Config {
  std::string file;          // where it was read; paths in it are relative to its directory
  std::string schema_file;
  std::string organisation;  // for the commands; empty: they must name one
  std::string log_file;      // empty: standard error
  LogLevel log_level = LogLevel::info;
  ServiceOptions service;
  http::HttpOptions http;
  JwtOptions sign_in;
};

struct ConfigKey {
  enum class Type { path, text, number, boolean, level };
  std::string pointer;       // JSON pointer (RFC 6901)
  std::string meaning;       // one plain sentence, with the unit
  Type type = Type::text;
  bool required = false;
  int64_t least = 0, most = 0;  // of a number
  std::function<void(Config&, const std::string&)> set;   // text as show() gives it
  std::function<std::string(const Config&)> show;
};
const std::vector<ConfigKey>& config_keys();

// What is wrong, each with its JSON pointer.
struct ConfigProblem {
  std::string pointer, message;
};

// Reads and checks the file itself: every problem that there is, not only the first. The files that it names are for
// check_files(). `config` is usable when the list is empty.
std::vector<ConfigProblem> read_config(const std::string& file, Config& config);
// The same as one error, for the commands. Code::invalid, Code::not_found.
Result<Config> load_config(const std::string& file);
// Certificate and key, schema, key set, directories: whatever would stop the server from starting, and what will soon
// (a certificate that ends within 30 days is in `warnings`).
std::vector<ConfigProblem> check_files(const Config& config, const Clock& clock, std::vector<ConfigProblem>& warnings);

// A commented file that holds the values of `config`; paths are written as they are.
std::string config_text(const Config& config);

}  // namespace satchel::server::cli
