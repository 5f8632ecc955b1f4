// What a person needs to know about a TLS server's certificate, read from its DER (RFC 5280) without a TLS library, so
// that it works with whichever one libcurl was built with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace satchel::sync {

struct CertificateInfo {
  std::string pin;         // "sha256/<base64>" of the SubjectPublicKeyInfo (RFC 7469)
  std::string valid_from;  // "2026-11-21"
  std::string valid_until;
};

// Empty when `pem` does not begin with a certificate. Safe on any input.
std::optional<CertificateInfo> certificate_info(std::string_view pem);

// "sha256/" and 44 characters that are the base64 of 32 bytes.
bool is_pin(std::string_view text);

}  // namespace satchel::sync
