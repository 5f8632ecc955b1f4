#include "server/base64url.hpp"

namespace satchel::server {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string base64url(BytesView bytes) {
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<uint8_t>(byte);
    held += 8;
    while (held >= 6) {
      held -= 6;
      out.push_back(alphabet[(bits >> held) & 63]);
    }
  }
  if (held > 0) out.push_back(alphabet[(bits << (6 - held)) & 63]);
  return out;
}

std::optional<Bytes> from_base64url(std::string_view text) {
  Bytes out;
  uint32_t bits = 0;
  int held = 0;
  for (const char letter : text) {
    const size_t digit = alphabet.find(letter);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<char>((bits >> held) & 0xff));
    }
  }
  const bool leftover = held >= 6 || (bits & ((1u << held) - 1)) != 0;
  if (leftover) return std::nullopt;
  return out;
}

}  // namespace satchel::server
