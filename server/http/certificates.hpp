// server/http: HTTPS in front of server::Service - sockets, TLS, limits, the queue to the one service thread. Owned
// invariants: nothing unbounded is read from a socket; every request that was read gets one answer; the service is
// called by one thread only. Does not read what is in a body: that is for proto/ and the service.
//
// This file: certificates and keys by OpenSSL: what `satchel-server init` writes for trying out, what tests need, and
// what `check` says about a certificate. EC P-256, SHA-256, PEM.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace satchel::server::http {

struct KeyPair {
  std::string certificate_pem;
  std::string private_key_pem;  // PKCS#8, not encrypted
};

struct CertificateWish {
  std::vector<std::string> hosts;  // subject alternative names: DNS names or IP addresses
  int64_t from_ms = 0;             // wall time; a certificate that ended yesterday is a legitimate wish of a test
  int64_t until_ms = 0;
};

// A self-signed certificate authority for development. Code::internal when OpenSSL refuses.
Result<KeyPair> make_authority(const std::string& common_name, int64_t from_ms, int64_t until_ms);
// A server certificate signed by `authority`. Code::invalid when the authority's PEM is not readable.
Result<KeyPair> make_certificate(const KeyPair& authority, const CertificateWish& wish);

struct CertificateFacts {
  std::vector<std::string> hosts;
  int64_t from_ms = 0, until_ms = 0;
  std::string pin;  // "sha256/<base64>" of the SubjectPublicKeyInfo (RFC 7469), what a client may pin
};
// Of the first certificate in `pem`. Code::invalid when there is none.
Result<CertificateFacts> read_certificate(const std::string& pem);

// The files of a development set-up in `directory`: authority.pem, authority.key, server.pem, server.key. Files that
// are there and whose certificate is still valid on `now_ms` stay as they are, so that clients go on trusting them.
struct DevelopmentFiles {
  std::string authority_file, certificate_file, private_key_file;
};
Result<DevelopmentFiles> make_development_certificates(const std::string& directory,
                                                       const std::vector<std::string>& hosts, int64_t now_ms);

}  // namespace satchel::server::http
