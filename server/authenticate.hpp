// Who is this? JWTs of the organisation's identity provider, ES256 only (RFC 7518), keys by `kid` from an RFC 7517 set.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

namespace satchel::server {

struct Claims {
  std::string organisation;  // claim "org"
  std::string worker;        // claim "sub"
  int64_t expires_ms = 0;
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // Code::sign_in; message says what is wrong with the token in plain words (expired, audience, unknown key,
  // algorithm).
  virtual Result<Claims> authenticate(std::string_view jwt) = 0;
};

struct JwtOptions {
  std::string keys_file;  // JWK set; re-read when it changes
  std::string issuer, audience;
  int64_t leeway_ms = 60'000;
};
Result<std::unique_ptr<Authenticator>> make_jwt_authenticator(const JwtOptions& options, const Clock& clock);

// For development and tests: a signing key (jwt-signing.pem) and its set (development_key_set) in `directory`, each
// kept when there; and a token of it.
Result<> make_development_keys(const std::string& directory);
std::string development_key_set(const std::string& directory);  // for JwtOptions::keys_file
Result<std::string> mint_token(const std::string& directory, std::string_view issuer, std::string_view audience,
                               std::string_view organisation, std::string_view worker, int64_t lifetime_ms,
                               const Clock& clock);

}  // namespace satchel::server
