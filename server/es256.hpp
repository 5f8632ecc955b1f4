// ECDSA on P-256 with SHA-256 (RFC 7518 "ES256") by OpenSSL, and the two JSON forms around it: JWK keys and JWK sets
// (RFC 7517). The only place of the server that knows OpenSSL's key types.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

struct evp_pkey_st;

namespace satchel::server {

class Es256Key {
 public:
  static Result<Es256Key> generate();
  static Result<Es256Key> from_pem(const std::string& pem);            // private, unencrypted
  static Result<Es256Key> from_coordinates(BytesView x, BytesView y);  // public; a point off the curve is refused
  Result<std::string> private_pem() const;
  Result<std::string> jwk() const;                            // public half, with alg, use and kid
  Result<std::string> thumbprint() const;                     // RFC 7638: our kid
  Result<Bytes> sign(BytesView message) const;                // 64 bytes, r || s
  bool verify(BytesView message, BytesView signature) const;  // false for anything malformed

 private:
  explicit Es256Key(evp_pkey_st* key);
  std::shared_ptr<evp_pkey_st> key_;
};

// kid -> key. Keys of other types or uses are passed over; a set without any usable key is Code::invalid.
Result<std::map<std::string, Es256Key>> parse_jwk_set(std::string_view json);

}  // namespace satchel::server
