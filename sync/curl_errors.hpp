// What went wrong in libcurl, in words for a person: what happened, until when a certificate was good, what to do.
#pragma once

#include <curl/curl.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "sync/certificate_info.hpp"

namespace satchel::sync {

// The server's certificate as far as it could be seen.
struct SeenCertificate {
  std::string subject, issuer, names;
  CertificateInfo info;
};
// Of a handle with CURLOPT_CERTINFO whose handshake went through; empty when there is none.
std::optional<SeenCertificate> seen_certificate(CURL* easy);

// What libcurl says of the failure. Its error buffer keeps the first complaint of a transfer: after a kept connection that
// turned out to be dead that is not what is wrong with the certificate of the next one.
std::string failure_detail(CURL* easy, CURLcode code, std::string_view buffer);

bool is_certificate_failure(CURLcode code, std::string_view detail);

// `detail` is libcurl's error buffer. Never contains anything but the host's name and TLS facts.
Error transfer_error(CURLcode code, std::string_view host, std::string_view detail);
Error certificate_error(CURLcode code, std::string_view host, std::string_view detail,
                        const std::optional<SeenCertificate>& seen, const std::vector<std::string>& pins);

}  // namespace satchel::sync
