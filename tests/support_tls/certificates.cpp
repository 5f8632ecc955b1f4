#include "tests/support_tls/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>
#include <stdexcept>

namespace satchel::test {
namespace {

template <class T, void (*Free)(T*)>
struct Freer {
  void operator()(T* pointer) const { Free(pointer); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freer<X509, X509_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO, BIO_free_all>>;

template <class T>
T need(T pointer, const char* what) {
  if (!pointer) throw std::runtime_error(std::string("OpenSSL: ") + what);
  return pointer;
}

std::string content(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

Key read_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return need(Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr)), "key");
}

X509Ptr read_certificate(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return need(X509Ptr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)), "certificate");
}

std::string names_of(const std::vector<std::string>& hosts) {
  std::string names;
  for (const std::string& host : hosts) {
    const bool address = host.find_first_not_of("0123456789.") == std::string::npos;
    names += (names.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + host;
  }
  return names;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = need(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), "extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::string pin_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  std::array<unsigned char, 32> digest{};
  EVP_Digest(der, static_cast<size_t>(size), digest.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  std::array<unsigned char, 64> text{};
  EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return std::string("sha256/") + reinterpret_cast<const char*>(text.data());
}

std::string date_of(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return text.data();
}

}  // namespace

Certificate make_certificate(const CertificateWish& wish) {
  const Key key =
      wish.same_key_as != nullptr ? read_key(wish.same_key_as->key_pem) : need(Key(EVP_EC_gen("P-256")), "new key");
  const X509Ptr certificate(need(X509_new(), "new certificate"));
  X509_set_version(certificate.get(), 2);
  std::array<unsigned char, 8> serial{};
  RAND_bytes(serial.data(), serial.size());
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial.data(), serial.size(), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), static_cast<long>(wish.from_days * 86'400));
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), static_cast<long>(wish.until_days * 86'400));
  X509_set_pubkey(certificate.get(), key.get());
  const std::string common_name = wish.authority ? "Test authority" : wish.hosts.front();
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  const X509Ptr issuer = wish.issuer != nullptr ? read_certificate(wish.issuer->pem) : nullptr;
  X509* const signer = issuer ? issuer.get() : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  add_extension(certificate.get(), signer, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!wish.authority) add_extension(certificate.get(), signer, NID_subject_alt_name, names_of(wish.hosts));
  const Key issuer_key = wish.issuer != nullptr ? read_key(wish.issuer->key_pem) : nullptr;
  X509_sign(certificate.get(), issuer_key ? issuer_key.get() : key.get(), EVP_sha256());

  const Bio pem(BIO_new(BIO_s_mem())), key_pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(pem.get(), certificate.get());
  PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {content(pem.get()), content(key_pem.get()), pin_of(key.get()),
          date_of(X509_get0_notAfter(certificate.get()))};
}

}  // namespace satchel::test
