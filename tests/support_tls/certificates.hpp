// Certificates made in the test that needs them: nothing lies in the repository that expires.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace satchel::test {

struct Certificate {
  std::string pem, key_pem;
  std::string pin;          // "sha256/..." of its key
  std::string valid_until;  // "2026-11-21", UTC
};

struct CertificateWish {
  std::vector<std::string> hosts = {"localhost", "127.0.0.1"};  // names or IPv4 addresses
  int64_t from_days = -1, until_days = 30;                      // from today
  const Certificate* issuer = nullptr;                          // none: signs itself
  const Certificate* same_key_as = nullptr;
  bool authority = false;
};

Certificate make_certificate(const CertificateWish& wish);

}  // namespace satchel::test
