// The centre as its operator has it: satchel-server in a process of its own, set up and worked by its commands.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/contract/world.hpp"
#include "tests/support_programs/server_process.hpp"

namespace satchel::contract {

class CentreProcess final : public Base {
 public:
  explicit CentreProcess(bool backup_configured = false);
  void start();  // at the port of the last time, when there was one
  void stop();   // SIGTERM, to its clean end
  void kill();   // SIGKILL
  // `satchel-server COMMAND... --data HERE`; must succeed. Its output.
  std::string operate(std::vector<std::string> words) const;
  ScopeId grant(const std::string& worker, std::optional<ScopeId> scope = {}) const;
  std::string database() const { return directory_.path("c/centre/centre.db"); }
  const std::string& log() const { return server_->log(); }

  uint16_t port() const override { return port_; }
  std::string ca_file() const override { return directory_.path("c/tls/authority.pem"); }
  std::string token(const std::string& worker) const override;

 private:
  test::TemporaryDirectory directory_;
  std::unique_ptr<test::ServerProcess> server_;
  uint16_t port_ = 0;
};

}  // namespace satchel::contract
