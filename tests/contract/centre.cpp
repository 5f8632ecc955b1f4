#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "tests/contract/world.hpp"

namespace satchel::contract {

namespace fs = std::filesystem;

void KeepingLogger::log(LogLevel, std::string_view event, std::initializer_list<LogField> fields) {
  std::lock_guard lock(mutex_);
  text_ += event;
  for (const auto& field : fields) text_.append(" ").append(field.key).append("=").append(field.value);
  text_ += '\n';
}

std::string KeepingLogger::text() const {
  std::lock_guard lock(mutex_);
  return text_;
}

void require_ok(bool ok, const std::string& message) {
  INFO(message);
  REQUIRE(ok);
}

Centre::Centre(bool backup_configured) : local_(dir_.path(), organisation, clock, random_, logger) {
  const SystemClock now;
  tls_ =
      take(server::http::make_development_certificates(keys_dir().string(), {"localhost", "127.0.0.1"}, now.wall_ms()));
  local_.options.backup_configured = backup_configured;
  http_options.queue.wake_poll_ms = 5;
}

Centre::~Centre() { stop(); }

void Centre::start() {
  REQUIRE_FALSE(running());
  local_.open();
  http_options.port = port_;
  http_options.certificate_file = tls_.certificate_file;
  http_options.private_key_file = tls_.private_key_file;
  http_ = take(server::http::HttpServer::start(http_options, *local_.service(), clock, logger));
  port_ = http_->port();
}

void Centre::stop() {
  http_.reset();
  local_.close();
}

std::string Centre::token(const std::string& worker) const { return local_.token(worker, 3'600'000); }

ScopeId Centre::grant(const std::string& worker, const std::string& kind, std::optional<ScopeId> scope,
                      const std::string& role) {
  return take(admin()->grant(organisation, worker, scope, kind, role, kind + " of " + worker, ScopeId{}));
}

void Centre::use_certificate(const server::http::KeyPair& pair) {
  std::ofstream(tls_.certificate_file, std::ios::trunc) << pair.certificate_pem;
  std::ofstream(tls_.private_key_file, std::ios::trunc) << pair.private_key_pem;
}

}  // namespace satchel::contract
