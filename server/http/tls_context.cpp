#include "server/http/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

#include "core/base/files.hpp"

namespace satchel::server::http {
namespace {

constexpr std::string_view protocol = "\x08http/1.1";

// Without a protocol in common the handshake goes on without ALPN: HTTP/1.1 is what follows in any case.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(protocol.data()),
                            static_cast<unsigned int>(protocol.size()), in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Error certificate_error(const std::string& file, const std::string& what) {
  ERR_clear_error();
  return make_error(Code::certificate, file + ": " + what, file);
}

bool configure(SSL_CTX* context) {
  static constexpr char name[] = "satchel";
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // thousands of parked polls would keep 34 KiB each
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
         SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(name), sizeof name - 1) == 1;
}

}  // namespace

void FreeContext::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Result<TlsContext> make_tls_context(const std::string& certificate_file, const std::string& private_key_file) {
  for (const auto& file : {certificate_file, private_key_file}) {
    auto content = read_file(file);
    if (!content) return certificate_error(file, content.error().message);
  }
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context || !configure(context.get())) {
    ERR_clear_error();
    return make_error(Code::internal, "OpenSSL could not set up TLS.", __FILE__);
  }
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return certificate_error(certificate_file, "this is not a certificate chain in PEM form.");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), private_key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return certificate_error(private_key_file,
                             "this is not the private key of the certificate in " + certificate_file +
                                 " (or it is not PEM, or it needs a passphrase).");
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return certificate_error(private_key_file, "this key belongs to another certificate.");
  }
  return context;
}

}  // namespace satchel::server::http
