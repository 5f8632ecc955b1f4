// config: what `satchel init` remembers beside the store, in <store>.config.json, so that later commands need only
// --store. Read and write by hand if you like; unknown members are an error.
//
//   organisation, worker          who the store belongs to (rescue needs them)
//   schema_file                   absolute path of the schema that init was given (rescue needs it)
//   key_file                      where the key of an encrypted store lies; --key-file or SATCHEL_KEY_FILE go before it
//   server, ca_file, pins, proxy  how to reach the central store
//   token | token_file | token_command
//                                 where the sign-in token comes from: as it is, from a file (read anew each time), or
//                                 from the output of a shell command. The environment's SATCHEL_TOKEN goes before all
#pragma once

#include <string>
#include <vector>

namespace satchel_cli {

struct Config {
  std::string organisation, worker, schema_file, key_file;
  std::string server, ca_file, proxy;
  std::vector<std::string> pins;
  std::string token_text, token_file, token_command;

  // Reads the token now. Throws std::runtime_error with plain words when there is none.
  std::string token() const;
};

std::string config_path(const std::string& store_path);
// An empty one when there is no file. Throws Failure when it cannot be understood.
Config read_config(const std::string& store_path);
// Readable by the owner only: it may hold a token.
void write_config(const std::string& store_path, const Config& config);
// Whole content of a file. Throws Failure (SATCHEL_NOT_FOUND or SATCHEL_IO).
std::string read_file(const std::string& path);

}  // namespace satchel_cli
