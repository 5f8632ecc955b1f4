#include "server/es256.hpp"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <nlohmann/json.hpp>

#include "server/base64url.hpp"

namespace satchel::server {
namespace {

constexpr int coordinate_bytes = 32;

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* pointer) const { Free(pointer); }
};
void free_bio(BIO* bio) { BIO_free(bio); }
using Bio = std::unique_ptr<BIO, Freed<BIO, free_bio>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BIGNUM, BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG, ECDSA_SIG_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM, OSSL_PARAM_free>>;

const unsigned char* data(BytesView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* data(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

Error failed(const char* what) { return make_error(Code::internal, std::string("OpenSSL could not ") + what + "."); }

bool is_p256(EVP_PKEY* key) {
  char name[64] = {};
  size_t length = 0;
  return EVP_PKEY_get_group_name(key, name, sizeof name, &length) == 1 &&
         std::string_view(name, length) == "prime256v1";
}

Result<Bytes> coordinate(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return failed("read a key");
  const Number number(raw);
  Bytes out(coordinate_bytes, '\0');
  if (BN_bn2binpad(number.get(), data(out), coordinate_bytes) != coordinate_bytes) return failed("read a key");
  return out;
}

}  // namespace

Es256Key::Es256Key(evp_pkey_st* key) : key_(key, EVP_PKEY_free) {}

Result<Es256Key> Es256Key::generate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  if (key == nullptr) return failed("make a key");
  return Es256Key(key);
}

Result<Es256Key> Es256Key::from_pem(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* raw = bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr;
  if (raw == nullptr) return make_error(Code::invalid, "The signing key is not a private key in PEM form.");
  Es256Key key(raw);
  if (!is_p256(raw)) return make_error(Code::invalid, "The signing key is not on the curve P-256, which ES256 needs.");
  return key;
}

Result<Es256Key> Es256Key::from_coordinates(BytesView x, BytesView y) {
  const Error bad = make_error(Code::invalid, "x and y are not a point of the curve P-256.");
  if (x.size() != coordinate_bytes || y.size() != coordinate_bytes) return bad;
  const Bytes point = std::string("\x04") + Bytes(x) + Bytes(y);
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* raw = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return bad;
  }
  Es256Key key(raw);
  const KeyContext check(EVP_PKEY_CTX_new(raw, nullptr));
  if (EVP_PKEY_public_check(check.get()) != 1) return bad;
  return key;
}

Result<std::string> Es256Key::private_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed("write a key");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

Result<std::string> Es256Key::thumbprint() const {
  SATCHEL_ASSIGN(const Bytes x, coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X));
  SATCHEL_ASSIGN(const Bytes y, coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y));
  const std::string members =
      R"({"crv":"P-256","kty":"EC","x":")" + base64url(x) + R"(","y":")" + base64url(y) + R"("})";
  Bytes digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (EVP_Digest(members.data(), members.size(), data(digest), &size, EVP_sha256(), nullptr) != 1) {
    return failed("hash a key");
  }
  return base64url(BytesView(digest).substr(0, size));
}

Result<std::string> Es256Key::jwk() const {
  SATCHEL_ASSIGN(const Bytes x, coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X));
  SATCHEL_ASSIGN(const Bytes y, coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y));
  SATCHEL_ASSIGN(const std::string kid, thumbprint());
  return nlohmann::json{{"kty", "EC"},    {"crv", "P-256"}, {"x", base64url(x)}, {"y", base64url(y)},
                        {"alg", "ES256"}, {"use", "sig"},   {"kid", kid}}
      .dump();
}

Result<Bytes> Es256Key::sign(BytesView message) const {
  const Digest digest(EVP_MD_CTX_new());
  size_t size = 0;
  if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, data(message), message.size()) != 1) {
    return failed("sign");
  }
  Bytes der(size, '\0');
  if (EVP_DigestSign(digest.get(), data(der), &size, data(message), message.size()) != 1) return failed("sign");
  const unsigned char* cursor = data(BytesView(der));
  const Signature signature(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(size)));
  if (!signature) return failed("sign");
  Bytes raw(2 * coordinate_bytes, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), data(raw), coordinate_bytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), data(raw) + coordinate_bytes, coordinate_bytes);
  return raw;
}

bool Es256Key::verify(BytesView message, BytesView signature) const {
  if (signature.size() != 2 * coordinate_bytes) return false;
  const Signature pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(data(signature), coordinate_bytes, nullptr);
  BIGNUM* s = BN_bin2bn(data(signature) + coordinate_bytes, coordinate_bytes, nullptr);
  if (ECDSA_SIG_set0(pair.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return false;
  }
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return false;
  const Digest digest(EVP_MD_CTX_new());
  const bool good = EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                    EVP_DigestVerify(digest.get(), der, static_cast<size_t>(size), data(message), message.size()) == 1;
  OPENSSL_free(der);
  return good;
}

Result<std::map<std::string, Es256Key>> parse_jwk_set(std::string_view text) {
  const auto set = nlohmann::json::parse(text, nullptr, false);
  if (!set.is_object() || !set.contains("keys") || !set["keys"].is_array()) {
    return make_error(Code::invalid, "The key set is not a JSON object with an array \"keys\" (RFC 7517).");
  }
  std::map<std::string, Es256Key> keys;
  const auto word = [](const nlohmann::json& key, const char* name) {
    return key.is_object() && key.contains(name) && key[name].is_string() ? key[name].get<std::string>()
                                                                          : std::string();
  };
  for (const auto& key : set["keys"]) {
    const std::string alg = word(key, "alg"), use = word(key, "use"), kid = word(key, "kid");
    if (word(key, "kty") != "EC" || word(key, "crv") != "P-256" || kid.empty()) continue;
    if ((!alg.empty() && alg != "ES256") || (!use.empty() && use != "sig")) continue;
    const auto x = from_base64url(word(key, "x")), y = from_base64url(word(key, "y"));
    if (!x || !y) return make_error(Code::invalid, "x or y is not base64url.", "kid " + kid);
    auto parsed = Es256Key::from_coordinates(*x, *y);
    if (!parsed.ok()) return make_error(parsed.error().code, parsed.error().message, "kid " + kid);
    keys.emplace(kid, std::move(parsed).value());
  }
  if (keys.empty()) return make_error(Code::invalid, "The key set holds no ES256 key with a kid.");
  return keys;
}

}  // namespace satchel::server
