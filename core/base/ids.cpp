#include "core/base/ids.hpp"

#include "core/base/hash.hpp"
#include "core/base/random.hpp"

namespace satchel {
namespace {

constexpr bool is_dash(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

void mark(std::array<uint8_t, 16>& bytes, uint8_t version) {
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
}

}  // namespace

std::string uuid_text(const std::array<uint8_t, 16>& bytes) {
  std::string text = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (const size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
  return text;
}

std::optional<std::array<uint8_t, 16>> uuid_parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string hex;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_dash(i) != (text[i] == '-')) return std::nullopt;
    if (!is_dash(i)) hex += text[i];
  }
  Bytes raw;
  if (!from_hex(hex, raw)) return std::nullopt;
  std::array<uint8_t, 16> bytes;
  std::memcpy(bytes.data(), raw.data(), 16);
  return bytes;
}

std::array<uint8_t, 16> random_128(Random& random) {
  std::array<uint8_t, 16> bytes;
  random.fill(bytes.data(), bytes.size());
  return bytes;
}

std::array<uint8_t, 16> uuid_v7(int64_t wall_ms, Random& random) {
  std::array<uint8_t, 16> bytes = random_128(random);
  const uint64_t ms = wall_ms < 0 ? 0 : static_cast<uint64_t>(wall_ms);
  for (size_t i = 0; i < 6; ++i) bytes[i] = static_cast<uint8_t>(ms >> (40 - 8 * i));
  mark(bytes, 7);
  return bytes;
}

std::array<uint8_t, 16> uuid_v8(std::string_view rule, std::string_view subject, std::string_view period) {
  const Hash256 hash = Hasher("satchel uuid v8").part(rule).part(subject).part(period).finish();
  std::array<uint8_t, 16> bytes;
  std::memcpy(bytes.data(), hash.bytes.data(), 16);
  mark(bytes, 8);
  return bytes;
}

}  // namespace satchel
