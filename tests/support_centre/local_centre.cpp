#include "tests/support_centre/local_centre.hpp"

#include <filesystem>
#include <stdexcept>

#include "tests/support/domain_schema.hpp"

namespace satchel::test {
namespace {

[[noreturn]] void fail(const Error& error) { throw std::runtime_error(error.message + " [" + error.place + "]"); }

template <class T>
T must(Result<T> result) {
  if (!result.ok()) fail(result.error());
  return std::move(result).value();
}

}  // namespace

LocalCentre::LocalCentre(const std::string& directory, std::string organisation, const Clock& clock, Random& random,
                         Logger& logger)
    : organisation_(std::move(organisation)), clock_(clock), random_(random), logger_(logger) {
  options.data_dir = directory + "/data";
  options.keys_dir = directory + "/keys";
  for (const std::string& folder : {options.data_dir, options.keys_dir}) std::filesystem::create_directories(folder);
  const auto keys = server::make_development_keys(options.keys_dir);
  if (!keys.ok()) fail(keys.error());
}

void LocalCentre::open() {
  server::JwtOptions jwt;
  jwt.keys_file = server::development_key_set(options.keys_dir);
  jwt.issuer = issuer;
  jwt.audience = audience;
  authenticator_ = must(server::make_jwt_authenticator(jwt, clock_));
  service_ = must(server::Service::open(options, domain_schema(), *authenticator_, clock_, random_, logger_));
}

void LocalCentre::close() {
  service_.reset();
  authenticator_.reset();
}

std::unique_ptr<server::Admin> LocalCentre::admin() const {
  return must(server::Admin::open(options, domain_schema(), clock_, random_, logger_));
}

std::string LocalCentre::token(const std::string& worker, int64_t lifetime_ms) const {
  return must(server::mint_token(options.keys_dir, issuer, audience, organisation_, worker, lifetime_ms, clock_));
}

}  // namespace satchel::test
