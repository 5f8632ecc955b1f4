// The central store of the demo: the real satchel-server as a process of its own, on a free port of loopback.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace satchel::demo {

class Centre {
 public:
  // `program`: the satchel-server to run; `directory`: where it keeps everything.
  Centre(std::filesystem::path program, std::filesystem::path directory);
  ~Centre();
  void start();
  void stop();   // SIGTERM, and waits
  uint16_t port() const { return port_; }
  std::filesystem::path ca_file() const { return directory_ / "tls/authority.pem"; }
  // Runs one of its commands to the end; what it printed. Throws with its message when it fails.
  std::string command(std::vector<std::string> arguments) const;
  nlohmann::json command_json(std::vector<std::string> arguments) const;

 private:
  std::filesystem::path program_, directory_;
  pid_t process_ = 0;
  uint16_t port_ = 0;
};

}  // namespace satchel::demo
