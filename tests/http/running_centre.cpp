#include "tests/http/running_centre.hpp"

#include <csignal>
#include <thread>

namespace satchel::http_test {

RunningCentre::RunningCentre(server::http::HttpOptions options) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> hosts = {"localhost", "127.0.0.1"};
  const auto files = server::http::make_development_certificates(directory_.path(), hosts, clock_.wall_ms()).value();
  options.certificate_file = files.certificate_file;
  options.private_key_file = files.private_key_file;
  logger_ = server::http::JsonLogger::open(directory_.path("log"), LogLevel::debug, clock_).value();
  local_.emplace(directory_.path(), organisation, clock_, random_, *logger_);
  local_->open();
  server_ = server::http::HttpServer::start(options, *local_->service(), clock_, *logger_).value();
}

RunningCentre::~RunningCentre() = default;

std::string RunningCentre::token(const std::string& worker) const { return local_->token(worker, 3'600'000); }

bool RunningCentre::wait_until_parked(size_t count) const {
  const std::string line = "\"event\":\"parked\"";
  const int64_t until_ms = clock_.monotonic_ms() + 30'000;
  while (clock_.monotonic_ms() < until_ms) {
    const std::string text = log();
    size_t found = 0;
    for (size_t at = text.find(line); at != std::string::npos; at = text.find(line, at + 1)) ++found;
    if (found >= count) return true;
    std::this_thread::yield();
  }
  return false;
}

std::unique_ptr<server::Admin> RunningCentre::admin() { return local_->admin(); }

ScopeId RunningCentre::grant_case(const std::string& worker) {
  return admin()->grant(organisation, worker, std::nullopt, "case", "writer", "A case", ScopeId{}).value();
}

}  // namespace satchel::http_test
