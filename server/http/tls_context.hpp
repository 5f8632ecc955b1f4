// What a TLS handshake needs: certificate chain, key, versions, ciphers, session tickets. Plain OpenSSL.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"

using SSL_CTX = struct ssl_ctx_st;

namespace satchel::server::http {

struct FreeContext {
  void operator()(SSL_CTX* context) const;
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeContext>;

// TLS 1.2 and 1.3 with forward secrecy only, session resumption by tickets whose keys live as long as the context,
// ALPN "http/1.1". Code::certificate; the message says which file is wrong and how (missing, not PEM, key of another
// certificate).
Result<TlsContext> make_tls_context(const std::string& certificate_file, const std::string& private_key_file);

}  // namespace satchel::server::http
