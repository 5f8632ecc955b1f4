#include "server/http/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <memory>

#include "core/base/files.hpp"

namespace satchel::server::http {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const { Free(pointer); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Buffer = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

Error refused(const char* what) {
  return make_error(Code::internal, std::string("OpenSSL could not make a certificate (") + what + ").", __FILE__);
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

Buffer buffer_over(const std::string& text) {
  return Buffer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate parse_certificate(const std::string& pem) {
  Buffer bio = buffer_over(pem);
  return Certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
}

Key parse_key(const std::string& pem) {
  Buffer bio = buffer_over(pem);
  return Key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_time(ASN1_TIME* field, int64_t wall_ms) {
  const time_t seconds = static_cast<time_t>(wall_ms / 1000);
  return ASN1_TIME_adj(field, seconds, 0, 0) != nullptr;
}

bool set_serial(X509* certificate) {
  unsigned char random[16];
  if (RAND_bytes(random, sizeof random) != 1) return false;
  random[0] &= 0x7f;  // a serial number is positive
  std::unique_ptr<BIGNUM, Deleter<BN_free>> number(BN_bin2bn(random, sizeof random, nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool is_address(const std::string& host) {
  std::unique_ptr<ASN1_OCTET_STRING, Deleter<ASN1_OCTET_STRING_free>> address(a2i_IPADDRESS(host.c_str()));
  return address != nullptr;
}

std::string alternative_names(const std::vector<std::string>& hosts) {
  std::string value;
  for (const auto& host : hosts) {
    if (!value.empty()) value += ",";
    value += (is_address(host) ? "IP:" : "DNS:") + host;
  }
  return value;
}

// What every certificate has: version, serial number, validity, key, subject.
Result<Certificate> begin(EVP_PKEY* key, const std::string& common_name, int64_t from_ms, int64_t until_ms) {
  Certificate certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1) return refused("version");
  if (!set_serial(certificate.get())) return refused("serial number");
  if (!set_time(X509_getm_notBefore(certificate.get()), from_ms) ||
      !set_time(X509_getm_notAfter(certificate.get()), until_ms)) {
    return refused("validity");
  }
  if (X509_set_pubkey(certificate.get(), key) != 1) return refused("key");
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) != 1) {
    return refused("subject");
  }
  return certificate;
}

Result<KeyPair> finish(X509* certificate, EVP_PKEY* key, EVP_PKEY* signing_key) {
  if (X509_sign(certificate, signing_key, EVP_sha256()) == 0) return refused("signature");
  Buffer certificate_out(BIO_new(BIO_s_mem()));
  Buffer key_out(BIO_new(BIO_s_mem()));
  if (!certificate_out || !key_out || PEM_write_bio_X509(certificate_out.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return refused("PEM");
  }
  return KeyPair{text_of(certificate_out.get()), text_of(key_out.get())};
}

int64_t wall_ms_of(const ASN1_TIME* time) {
  int days = 0, seconds = 0;
  std::unique_ptr<ASN1_TIME, Deleter<ASN1_TIME_free>> epoch(ASN1_TIME_set(nullptr, 0));
  if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) return 0;
  return (static_cast<int64_t>(days) * 86'400 + seconds) * 1000;
}

std::string pin_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(der, static_cast<size_t>(size), digest);
  OPENSSL_free(der);
  unsigned char text[4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1];
  EVP_EncodeBlock(text, digest, SHA256_DIGEST_LENGTH);
  return "sha256/" + std::string(reinterpret_cast<char*>(text));
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  const unsigned char* bytes = ASN1_STRING_get0_data(address);
  std::string text;
  if (ASN1_STRING_length(address) == 4) {
    for (int i = 0; i < 4; ++i) text += (i ? "." : "") + std::to_string(bytes[i]);
    return text;
  }
  static const char digits[] = "0123456789abcdef";
  for (int i = 0; i < ASN1_STRING_length(address); ++i) {
    if (i > 0 && i % 2 == 0) text += ':';
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

std::vector<std::string> hosts_of(X509* certificate) {
  std::vector<std::string> hosts;
  std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      hosts.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      hosts.push_back(address_text(name->d.iPAddress));
    }
  }
  return hosts;
}

bool still_valid(const std::string& path, int64_t now_ms) {
  auto pem = read_file(path);
  if (!pem) return false;
  auto facts = read_certificate(*pem);
  return facts.ok() && facts->until_ms > now_ms;
}

constexpr int64_t day_ms = 86'400'000;

// The authority in `directory`, made when it is missing or has ended. `fresh`: it was made just now.
Result<KeyPair> development_authority(const std::string& certificate_file, const std::string& key_file, int64_t now_ms,
                                      bool& fresh) {
  fresh = !still_valid(certificate_file, now_ms);
  if (fresh) {
    SATCHEL_ASSIGN(KeyPair made, make_authority("Satchel development authority", now_ms - day_ms,
                                                now_ms + 3650 * day_ms));
    SATCHEL_TRY(replace_file(key_file, made.private_key_pem, true));
    SATCHEL_TRY(replace_file(certificate_file, made.certificate_pem, false));
    return made;
  }
  KeyPair kept;
  SATCHEL_ASSIGN(kept.certificate_pem, read_file(certificate_file));
  SATCHEL_ASSIGN(kept.private_key_pem, read_file(key_file));
  return kept;
}

}  // namespace

Result<KeyPair> make_authority(const std::string& common_name, int64_t from_ms, int64_t until_ms) {
  Key key(EVP_EC_gen("P-256"));
  if (!key) return refused("key");
  SATCHEL_ASSIGN(Certificate certificate, begin(key.get(), common_name, from_ms, until_ms));
  if (X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get())) != 1) return refused("issuer");
  X509* self = certificate.get();
  if (!add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(self, self, NID_subject_key_identifier, "hash")) {
    return refused("extensions");
  }
  return finish(self, key.get(), key.get());
}

Result<KeyPair> make_certificate(const KeyPair& authority, const CertificateWish& wish) {
  if (wish.hosts.empty()) return make_error(Code::invalid, "A server certificate needs at least one host name.");
  Certificate issuer = parse_certificate(authority.certificate_pem);
  Key issuer_key = parse_key(authority.private_key_pem);
  if (!issuer || !issuer_key) {
    return make_error(Code::invalid, "The certificate authority's certificate or key is not readable PEM.");
  }
  Key key(EVP_EC_gen("P-256"));
  if (!key) return refused("key");
  SATCHEL_ASSIGN(Certificate certificate, begin(key.get(), wish.hosts.front(), wish.from_ms, wish.until_ms));
  X509* leaf = certificate.get();
  if (X509_set_issuer_name(leaf, X509_get_subject_name(issuer.get())) != 1) return refused("issuer");
  if (!add_extension(leaf, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(leaf, issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !add_extension(leaf, issuer.get(), NID_ext_key_usage, "serverAuth") ||
      !add_extension(leaf, issuer.get(), NID_authority_key_identifier, "keyid:always") ||
      !add_extension(leaf, issuer.get(), NID_subject_alt_name, alternative_names(wish.hosts))) {
    return make_error(Code::invalid, "A host name for the certificate is not a DNS name or an IP address.");
  }
  return finish(leaf, key.get(), issuer_key.get());
}

Result<CertificateFacts> read_certificate(const std::string& pem) {
  Certificate certificate = parse_certificate(pem);
  if (!certificate) return make_error(Code::invalid, "There is no PEM certificate in this file.");
  CertificateFacts facts;
  facts.hosts = hosts_of(certificate.get());
  facts.from_ms = wall_ms_of(X509_get0_notBefore(certificate.get()));
  facts.until_ms = wall_ms_of(X509_get0_notAfter(certificate.get()));
  facts.pin = pin_of(certificate.get());
  return facts;
}

Result<DevelopmentFiles> make_development_certificates(const std::string& directory,
                                                       const std::vector<std::string>& hosts, int64_t now_ms) {
  const DevelopmentFiles files{directory + "/authority.pem", directory + "/server.pem", directory + "/server.key"};
  bool fresh = false;
  SATCHEL_ASSIGN(KeyPair authority,
                 development_authority(files.authority_file, directory + "/authority.key", now_ms, fresh));
  if (!fresh && still_valid(files.certificate_file, now_ms)) return files;
  const CertificateWish wish{hosts, now_ms - day_ms, now_ms + 825 * day_ms};
  SATCHEL_ASSIGN(KeyPair server, make_certificate(authority, wish));
  SATCHEL_TRY(replace_file(files.private_key_file, server.private_key_pem, true));
  SATCHEL_TRY(replace_file(files.certificate_file, server.certificate_pem, false));
  return files;
}

}  // namespace satchel::server::http
