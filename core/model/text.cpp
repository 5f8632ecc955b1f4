#include "core/model/text.hpp"

#include <cstdint>
#include <cstring>

#include "core/model/limits.hpp"

namespace satchel::model {
namespace {

// Sequence length by lead byte, and the range of the second byte (Unicode 15, table 3-7): no overlong forms, no
// surrogates, nothing above U+10FFFF.
size_t utf8_sequence(const unsigned char* at, size_t left) {
  const unsigned char lead = at[0];
  if (lead < 0x80) return 1;
  size_t size = 0;
  unsigned char low = 0x80, high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    size = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  if (size == 0 || left < size || at[1] < low || at[1] > high) return 0;
  for (size_t i = 2; i < size; ++i) {
    if (at[i] < 0x80 || at[i] > 0xBF) return 0;
  }
  return size;
}

}  // namespace

bool valid_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  size_t left = text.size();
  while (left > 0) {
    uint64_t eight = 0;
    while (left >= 8 && (std::memcpy(&eight, at, 8), (eight & 0x8080808080808080u) == 0)) {  // most text is ASCII
      at += 8;
      left -= 8;
    }
    if (left == 0) break;
    const size_t size = utf8_sequence(at, left);
    if (size == 0) return false;
    at += size;
    left -= size;
  }
  return true;
}

bool valid_identifier(std::string_view text, size_t most) {
  if (text.empty() || text.size() > most) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return false;
  }
  return valid_utf8(text);
}

bool valid_name(std::string_view text, bool dashes) {
  if (text.empty() || text.size() > limits::name_bytes || text[0] < 'a' || text[0] > 'z') return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!letter && !(dashes && c == '-')) return false;
  }
  return true;
}

}  // namespace satchel::model
