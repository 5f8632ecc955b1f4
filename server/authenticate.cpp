#include "server/authenticate.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/model/limits.hpp"
#include "core/model/text.hpp"
#include "server/base64url.hpp"
#include "server/es256.hpp"
#include "server/files.hpp"

namespace satchel::server {
namespace {

using nlohmann::json;

constexpr size_t token_bytes_most = 16 << 10;

Error refused(std::string message) { return make_error(Code::sign_in, std::move(message), "token"); }

std::string word(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// NumericDate (RFC 7519): seconds, possibly with a fraction. Empty when it is not there or not a sane number.
std::optional<int64_t> instant_ms(const json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const double seconds = found->get<double>();
  if (!std::isfinite(seconds) || std::abs(seconds) > 1e12) return std::nullopt;
  return static_cast<int64_t>(seconds * 1000.0);
}

bool names_audience(const json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (found->is_string()) return found->get<std::string>() == audience;
  return found->is_array() && std::any_of(found->begin(), found->end(), [&](const json& one) {
           return one.is_string() && one.get<std::string>() == audience;
         });
}

struct Parts {
  json header, claims;
  std::string_view signed_text;
  Bytes signature;
};

Result<Parts> take_apart(std::string_view jwt) {
  const Error malformed = refused("The sign-in token is not a signed JSON Web Token.");
  if (jwt.size() > token_bytes_most) return malformed;
  const size_t first = jwt.find('.');
  const size_t second = first == jwt.npos ? jwt.npos : jwt.find('.', first + 1);
  if (second == jwt.npos || jwt.find('.', second + 1) != jwt.npos) return malformed;
  const auto header = from_base64url(jwt.substr(0, first));
  const auto claims = from_base64url(jwt.substr(first + 1, second - first - 1));
  const auto signature = from_base64url(jwt.substr(second + 1));
  if (!header || !claims || !signature) return malformed;
  Parts parts{json::parse(*header, nullptr, false), json::parse(*claims, nullptr, false), jwt.substr(0, second),
              *signature};
  if (!parts.header.is_object() || !parts.claims.is_object()) return malformed;
  return parts;
}

class JwtAuthenticator final : public Authenticator {
 public:
  JwtAuthenticator(JwtOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

  Result<> reload() {
    const std::string stamp = file_stamp(options_.keys_file);
    auto text = read_file(options_.keys_file);
    if (!text.ok())
      return make_error(text.error().code, "The key set cannot be read: " + text.error().message, options_.keys_file);
    auto keys = parse_jwk_set(*text);
    if (!keys.ok()) {
      return make_error(keys.error().code, "The key set cannot be used: " + keys.error().message,
                        options_.keys_file + " " + keys.error().place);
    }
    keys_ = std::move(keys).value();
    stamp_ = stamp;
    return {};
  }

  Result<Claims> authenticate(std::string_view jwt) override {
    SATCHEL_ASSIGN(const Parts parts, take_apart(jwt));
    // Only ever this one algorithm: what the token says of itself must not choose how it is checked.
    const std::string algorithm = word(parts.header, "alg");
    if (algorithm != "ES256")
      return refused("The sign-in token is signed in a way that is not allowed. Only ES256 is.");
    if (parts.header.contains("crit"))
      return refused("The sign-in token asks for an extension that is not known here.");
    SATCHEL_ASSIGN(const Es256Key key, key_for(word(parts.header, "kid")));
    if (!key.verify(parts.signed_text, parts.signature)) {
      return refused("The signature of the sign-in token is wrong.");
    }
    return check_claims(parts.claims);
  }

 private:
  Result<Es256Key> key_for(const std::string& kid) {
    // A set that became unreadable leaves the keys that were good: a half-written file must not lock everybody out.
    if (file_stamp(options_.keys_file) != stamp_) static_cast<void>(reload().ok());
    const auto found = keys_.find(kid);
    if (found == keys_.end()) return refused("The sign-in token is signed with a key that is not known here.");
    return found->second;
  }

  Result<Claims> check_claims(const json& claims) const {
    const int64_t now = clock_.wall_ms();
    if (word(claims, "iss") != options_.issuer) return refused("The sign-in token comes from another sign-in service.");
    if (!names_audience(claims, options_.audience))
      return refused("The sign-in token is meant for another service (audience).");
    const auto expires = instant_ms(claims, "exp");
    if (!expires) return refused("The sign-in token does not say when it ends.");
    if (now >= *expires + options_.leeway_ms) return refused("The sign-in token has expired. Please sign in again.");
    if (claims.contains("nbf")) {
      const auto begins = instant_ms(claims, "nbf");
      if (!begins || now < *begins - options_.leeway_ms) return refused("The sign-in token is not valid yet.");
    }
    Claims out{word(claims, "org"), word(claims, "sub"), *expires};
    if (!model::valid_identifier(out.organisation, model::limits::id_bytes))
      return refused("The sign-in token does not name an organisation (org).");
    if (!model::valid_identifier(out.worker, model::limits::id_bytes))
      return refused("The sign-in token does not name a person (sub).");
    return out;
  }

  const JwtOptions options_;
  const Clock& clock_;
  std::map<std::string, Es256Key> keys_;
  std::string stamp_;
};

std::string signing_key_path(const std::string& directory) { return directory + "/jwt-signing.pem"; }

}  // namespace

Result<std::unique_ptr<Authenticator>> make_jwt_authenticator(const JwtOptions& options, const Clock& clock) {
  auto made = std::make_unique<JwtAuthenticator>(options, clock);
  SATCHEL_TRY(made->reload());
  return std::unique_ptr<Authenticator>(std::move(made));
}

Result<> make_development_keys(const std::string& directory) {
  SATCHEL_TRY(make_directory(directory));
  if (!file_exists(signing_key_path(directory))) {
    SATCHEL_ASSIGN(const Es256Key fresh, Es256Key::generate());
    SATCHEL_ASSIGN(const std::string pem, fresh.private_pem());
    SATCHEL_TRY(replace_file(signing_key_path(directory), pem, true));
  }
  if (file_exists(development_key_set(directory))) return {};
  SATCHEL_ASSIGN(const Bytes pem, read_file(signing_key_path(directory)));
  SATCHEL_ASSIGN(const Es256Key key, Es256Key::from_pem(pem));
  SATCHEL_ASSIGN(const std::string jwk, key.jwk());
  return replace_file(development_key_set(directory), "{\"keys\":[" + jwk + "]}\n", false);
}

std::string development_key_set(const std::string& directory) { return directory + "/jwk-set.json"; }

Result<std::string> mint_token(const std::string& directory, std::string_view issuer, std::string_view audience,
                               std::string_view organisation, std::string_view worker, int64_t lifetime_ms,
                               const Clock& clock) {
  SATCHEL_ASSIGN(const Bytes pem, read_file(signing_key_path(directory)));
  SATCHEL_ASSIGN(const Es256Key key, Es256Key::from_pem(pem));
  SATCHEL_ASSIGN(const std::string kid, key.thumbprint());
  const int64_t now = clock.wall_ms() / 1000;
  const json header{{"alg", "ES256"}, {"typ", "JWT"}, {"kid", kid}};
  const json claims{{"iss", std::string(issuer)},
                    {"aud", std::string(audience)},
                    {"org", std::string(organisation)},
                    {"sub", std::string(worker)},
                    {"iat", now},
                    {"nbf", now},
                    {"exp", now + lifetime_ms / 1000}};
  const auto dump = [](const json& object) { return object.dump(-1, ' ', false, json::error_handler_t::replace); };
  const std::string text = base64url(dump(header)) + "." + base64url(dump(claims));
  SATCHEL_ASSIGN(const Bytes signature, key.sign(text));
  return text + "." + base64url(signature);
}

}  // namespace satchel::server
