#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>

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

std::string domain_schema() {
  std::ifstream in(std::string(SATCHEL_SOURCE_DIR) + "/schema/satchel-domain.json");
  REQUIRE(in.good());
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void require_ok(bool ok, const std::string& message) {
  INFO(message);
  REQUIRE(ok);
}

Centre::Centre(bool backup_configured) {
  fs::create_directories(data_dir());
  fs::create_directories(keys_dir());
  take(server::make_development_keys(keys_dir().string()));
  const SystemClock now;
  tls_ =
      take(server::http::make_development_certificates(keys_dir().string(), {"localhost", "127.0.0.1"}, now.wall_ms()));
  service_options.data_dir = data_dir().string();
  service_options.keys_dir = keys_dir().string();
  service_options.backup_configured = backup_configured;
  http_options.queue.wake_poll_ms = 5;
}

Centre::~Centre() { stop(); }

void Centre::start() {
  REQUIRE_FALSE(running());
  server::JwtOptions jwt;
  jwt.keys_file = (keys_dir() / "jwk-set.json").string();
  jwt.issuer = issuer;
  jwt.audience = audience;
  authenticator_ = take(server::make_jwt_authenticator(jwt, clock));
  service_ = take(server::Service::open(service_options, take(model::Schema::parse(domain_schema())), *authenticator_,
                                        clock, random_, logger));
  http_options.port = port_;
  http_options.certificate_file = tls_.certificate_file;
  http_options.private_key_file = tls_.private_key_file;
  http_ = take(server::http::HttpServer::start(http_options, *service_, clock, logger));
  port_ = http_->port();
}

void Centre::stop() {
  http_.reset();
  service_.reset();
  authenticator_.reset();
}

std::string Centre::token(const std::string& worker) const {
  return take(server::mint_token(keys_dir().string(), issuer, audience, organisation, worker, 3'600'000, clock));
}

std::unique_ptr<server::Admin> Centre::admin() {
  return take(
      server::Admin::open(service_options, take(model::Schema::parse(domain_schema())), clock, random_, logger));
}

ScopeId Centre::grant(const std::string& worker, const std::string& kind, std::optional<ScopeId> scope,
                      const std::string& role) {
  return take(admin()->grant(organisation, worker, scope, kind, role, kind + " of " + worker, ScopeId{}));
}

void Centre::use_certificate(const server::http::KeyPair& pair) {
  std::ofstream(tls_.certificate_file, std::ios::trunc) << pair.certificate_pem;
  std::ofstream(tls_.private_key_file, std::ios::trunc) << pair.private_key_pem;
}

}  // namespace satchel::contract
