// The central store of the benches: the satchel-server that ships, as a process of its own, over TLS on loopback.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/logger.hpp"
#include "core/base/random.hpp"
#include "core/log/log.hpp"
#include "server/admin.hpp"
#include "tests/support_programs/process.hpp"

namespace satchel::bench {

class Centre {
 public:
  static constexpr const char* organisation = "bench";

  // Set up in `directory`, which is made, and running. `backups`: tablets keep what no backup covers.
  explicit Centre(const std::filesystem::path& directory, bool backups = false);
  ~Centre();
  ScopeId grant(const std::string& worker, const std::string& kind = "case", std::optional<ScopeId> scope = {});
  std::vector<ScopeId> grant_cases(const std::string& worker, uint64_t count);
  void cover(const std::string& worker, const std::string& like);  // the same scopes, as a writer
  void back_up();                                                  // verified: kept_to moves to the heads
  std::vector<log::ScopeState> scopes() const;

  uint16_t port() const { return port_; }
  std::string url() const { return "https://localhost:" + std::to_string(port()); }
  std::string authority() const { return (directory_ / "tls/authority.pem").string(); }
  std::string token(const std::string& worker) const;
  std::filesystem::path database() const { return directory_ / "centre/centre.db"; }
  pid_t pid() const { return process_->pid(); }
  void go_last();  // from now on it gets a processor when no tablet wants it, as if it were a machine of its own
  void stop();  // clean

 private:
  void start();
  std::filesystem::path directory_;
  SystemClock clock_;
  mutable SystemRandom random_;
  mutable NullLogger logger_;
  std::unique_ptr<server::Admin> admin_;
  std::unique_ptr<test::Process> process_;
  uint16_t port_ = 0;
};

}  // namespace satchel::bench
