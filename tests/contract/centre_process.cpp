#include "tests/contract/centre_process.hpp"

#include <signal.h>

#include <catch2/catch_test_macros.hpp>

namespace satchel::contract {

CentreProcess::CentreProcess(bool backup_configured) {
  operate({"init", "--org", organisation});
  if (!backup_configured) return;
  std::string config = directory_.read("c/server.json");
  const std::string off = "\"configured\": false";
  const size_t at = config.find(off);
  REQUIRE(at != std::string::npos);
  directory_.write("c/server.json", config.replace(at, off.size(), "\"configured\": true"));
}

void CentreProcess::start() {
  server_ = std::make_unique<test::ServerProcess>(std::vector<std::string>{"--data", directory_.path("c")}, port_);
  port_ = server_->port();
}

void CentreProcess::stop() {
  server_->signal(SIGTERM);
  REQUIRE(server_->wait() == 0);
}

void CentreProcess::kill() {
  server_->signal(SIGKILL);
  REQUIRE(server_->wait() == 128 + SIGKILL);
}

std::string CentreProcess::operate(std::vector<std::string> words) const {
  const int command_words = words.front() == "quarantine" ? 2 : 1;
  words.insert(words.begin() + command_words, {"--data", directory_.path("c")});
  const test::Outcome outcome = test::run_server(words);
  INFO(words.front() << ": " << outcome.out << outcome.err);
  REQUIRE(outcome.code == 0);
  return outcome.out;
}

ScopeId CentreProcess::grant(const std::string& worker, std::optional<ScopeId> scope) const {
  std::vector<std::string> words = {"grant", "--worker", worker, "--role", "writer", "--label", "A case"};
  if (scope) {
    words.insert(words.end(), {"--scope", scope->text()});
  } else {
    words.insert(words.end(), {"--kind", "case"});
  }
  return ScopeId::parse(operate(words).substr(0, 36)).value();
}

std::string CentreProcess::token(const std::string& worker) const {
  std::string text = operate({"token", "--worker", worker});
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

}  // namespace satchel::contract
