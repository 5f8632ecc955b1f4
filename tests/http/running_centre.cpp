#include "tests/http/running_centre.hpp"

#include <csignal>
#include <filesystem>
#include <thread>

namespace satchel::http_test {
namespace {

constexpr const char* issuer = "https://sign-in.example";
constexpr const char* audience = "satchel";

model::Schema domain_schema() {
  std::ifstream file(SATCHEL_SOURCE_DIR "/schema/satchel-domain.json");
  std::stringstream text;
  text << file.rdbuf();
  return model::Schema::parse(text.str()).value();
}

}  // namespace

RunningCentre::RunningCentre(server::http::HttpOptions options) {
  std::signal(SIGPIPE, SIG_IGN);
  for (const char* part : {"centre", "keys", "sign-in"}) std::filesystem::create_directory(directory_.path(part));
  const std::vector<std::string> hosts = {"localhost", "127.0.0.1"};
  const auto files = server::http::make_development_certificates(directory_.path(), hosts, clock_.wall_ms()).value();
  options.certificate_file = files.certificate_file;
  options.private_key_file = files.private_key_file;
  logger_ = server::http::JsonLogger::open(directory_.path("log"), LogLevel::debug, clock_).value();
  if (!server::make_development_keys(directory_.path("sign-in"))) throw std::runtime_error("no keys");
  server::JwtOptions sign_in;
  sign_in.keys_file = server::development_key_set(directory_.path("sign-in"));
  sign_in.issuer = issuer;
  sign_in.audience = audience;
  authenticator_ = server::make_jwt_authenticator(sign_in, clock_).value();
  service_options_.data_dir = directory_.path("centre");
  service_options_.keys_dir = directory_.path("keys");
  service_ =
      server::Service::open(service_options_, domain_schema(), *authenticator_, clock_, random_, *logger_).value();
  server_ = server::http::HttpServer::start(options, *service_, clock_, *logger_).value();
}

RunningCentre::~RunningCentre() = default;

std::string RunningCentre::token(const std::string& worker) const {
  const std::string keys = directory_.path("sign-in");
  return server::mint_token(keys, issuer, audience, organisation, worker, 3'600'000, clock_).value();
}

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

std::unique_ptr<server::Admin> RunningCentre::admin() {
  return server::Admin::open(service_options_, domain_schema(), clock_, random_, *logger_).value();
}

ScopeId RunningCentre::grant_case(const std::string& worker) {
  return admin()->grant(organisation, worker, std::nullopt, "case", "writer", "A case", ScopeId{}).value();
}

}  // namespace satchel::http_test
