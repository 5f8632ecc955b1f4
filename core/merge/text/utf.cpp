#include "core/merge/text/utf.hpp"

#include <algorithm>

namespace satchel::merge::text {
namespace {

size_t scalar_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

size_t utf16_units(char first) { return static_cast<unsigned char>(first) >= 0xF0 ? 2 : 1; }

}  // namespace

size_t count_scalars(std::string_view utf8) {
  size_t count = 0;
  for (const char byte : utf8) count += starts_scalar(byte) ? 1 : 0;
  return count;
}

size_t byte_of_scalar(std::string_view utf8, size_t index) {
  size_t at = 0;
  for (; index > 0 && at < utf8.size(); --index) at += scalar_bytes(utf8[at]);
  return std::min(at, utf8.size());
}

char32_t first_scalar(std::string_view utf8) {
  const size_t size = std::min(scalar_bytes(utf8[0]), utf8.size());
  const auto first = static_cast<unsigned char>(utf8[0]);
  char32_t scalar = size == 1 ? first : first & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size; ++i) scalar = (scalar << 6) | (static_cast<unsigned char>(utf8[i]) & 0x3Fu);
  return scalar;
}

void append_utf8(std::string& out, char32_t scalar) {
  if (scalar < 0x80) {
    out += static_cast<char>(scalar);
    return;
  }
  if (scalar < 0x800) {
    out += static_cast<char>(0xC0 | (scalar >> 6));
  } else {
    if (scalar < 0x10000) {
      out += static_cast<char>(0xE0 | (scalar >> 12));
    } else {
      out += static_cast<char>(0xF0 | (scalar >> 18));
      out += static_cast<char>(0x80 | ((scalar >> 12) & 0x3F));
    }
    out += static_cast<char>(0x80 | ((scalar >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (scalar & 0x3F));
}

std::u32string to_utf32(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  for (size_t at = 0; at < utf8.size(); at += scalar_bytes(utf8[at])) out += first_scalar(utf8.substr(at));
  return out;
}

std::string to_utf8(std::u32string_view scalars) {
  std::string out;
  out.reserve(scalars.size());
  for (const char32_t scalar : scalars) append_utf8(out, scalar);
  return out;
}

size_t utf16_length(std::string_view utf8) { return utf16_from_scalar(utf8, SIZE_MAX); }

size_t utf16_from_scalar(std::string_view utf8, size_t scalar) {
  size_t units = 0;
  for (size_t at = 0; scalar > 0 && at < utf8.size(); --scalar) {
    units += utf16_units(utf8[at]);
    at += scalar_bytes(utf8[at]);
  }
  return units;
}

size_t scalar_from_utf16(std::string_view utf8, size_t utf16) {
  size_t scalar = 0;
  for (size_t at = 0; at < utf8.size(); ++scalar) {
    const size_t units = utf16_units(utf8[at]);
    if (utf16 < units) break;
    utf16 -= units;
    at += scalar_bytes(utf8[at]);
  }
  return scalar;
}

}  // namespace satchel::merge::text
