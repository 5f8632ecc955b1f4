#include "sync/certificate_info.hpp"

#include <sodium.h>

#include <array>
#include <cstdint>

namespace satchel::sync {
namespace {

constexpr uint8_t kSequence = 0x30, kVersion = 0xa0, kUtcTime = 0x17, kGeneralizedTime = 0x18;

struct Element {
  uint8_t tag = 0;
  std::string_view content;
  std::string_view whole;  // with tag and length
};

// Takes the first element off `rest`.
std::optional<Element> take(std::string_view& rest) {
  if (rest.size() < 2) return std::nullopt;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(rest[i]); };
  size_t header = 2, length = byte(1);
  if (length >= 0x80) {
    const size_t count = length & 0x7f;
    if (count == 0 || count > 4 || rest.size() < 2 + count) return std::nullopt;
    length = 0;
    for (size_t i = 0; i < count; ++i) length = length << 8 | byte(2 + i);
    header += count;
  }
  if (rest.size() - header < length) return std::nullopt;
  const Element element{byte(0), rest.substr(header, length), rest.substr(0, header + length)};
  rest.remove_prefix(header + length);
  return element;
}

std::optional<std::string> decode_pem(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----", kEnd = "-----END CERTIFICATE-----";
  const size_t begin = pem.find(kBegin);
  const size_t end = pem.find(kEnd);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin + kBegin.size()) {
    return std::nullopt;
  }
  const std::string_view text = pem.substr(begin + kBegin.size(), end - begin - kBegin.size());
  std::string der(text.size(), '\0');
  size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(der.data()), der.size(), text.data(), text.size(), "\r\n ",
                        &size, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0) {
    return std::nullopt;
  }
  der.resize(size);
  return der;
}

// UTCTime "YYMMDD..." (up to 2049) or GeneralizedTime "YYYYMMDD...".
std::string date_of(const Element& time) {
  std::string_view digits = time.content;
  std::string year;
  if (time.tag == kUtcTime && digits.size() >= 6) {
    year = (digits[0] >= '5' ? "19" : "20") + std::string(digits.substr(0, 2));
    digits.remove_prefix(2);
  } else if (time.tag == kGeneralizedTime && digits.size() >= 8) {
    year = digits.substr(0, 4);
    digits.remove_prefix(4);
  } else {
    return {};
  }
  return year + "-" + std::string(digits.substr(0, 2)) + "-" + std::string(digits.substr(2, 2));
}

std::string pin_of(std::string_view subject_public_key_info) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(subject_public_key_info.data()),
                     subject_public_key_info.size());
  std::array<char, sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES, sodium_base64_VARIANT_ORIGINAL)> text{};
  sodium_bin2base64(text.data(), text.size(), digest.data(), digest.size(), sodium_base64_VARIANT_ORIGINAL);
  return std::string("sha256/") + text.data();
}

}  // namespace

std::optional<CertificateInfo> certificate_info(std::string_view pem) {
  const auto der = decode_pem(pem);
  if (!der) return std::nullopt;
  std::string_view rest = *der;
  const auto certificate = take(rest);
  if (!certificate || certificate->tag != kSequence) return std::nullopt;
  rest = certificate->content;
  const auto to_be_signed = take(rest);
  if (!to_be_signed || to_be_signed->tag != kSequence) return std::nullopt;
  rest = to_be_signed->content;
  auto element = take(rest);  // version, which is optional, or serial number
  if (element && element->tag == kVersion) element = take(rest);
  const auto algorithm = take(rest), issuer = take(rest), validity = take(rest), subject = take(rest), key = take(rest);
  if (!element || !algorithm || !issuer || !validity || !subject || !key || key->tag != kSequence) return std::nullopt;
  rest = validity->content;
  const auto from = take(rest), until = take(rest);
  if (!from || !until) return std::nullopt;
  return CertificateInfo{pin_of(key->whole), date_of(*from), date_of(*until)};
}

bool is_pin(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256/";
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 44) return false;
  text.remove_prefix(kPrefix.size());
  std::array<unsigned char, 33> raw{};
  size_t size = 0;
  const int failed = sodium_base642bin(raw.data(), raw.size(), text.data(), text.size(), nullptr, &size, nullptr,
                                       sodium_base64_VARIANT_ORIGINAL);
  return failed == 0 && size == 32;
}

}  // namespace satchel::sync
