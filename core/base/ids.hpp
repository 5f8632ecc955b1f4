// 128-bit identifiers, one C++ type per meaning so that a scope can never be passed for a record.
// UUIDv7 and UUIDv8 are those of RFC 9562.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"

namespace satchel {

class Clock;
class Random;

template <class Tag>
struct Id {
  std::array<uint8_t, 16> bytes{};

  std::strong_ordering operator<=>(const Id&) const = default;
  bool is_nil() const { return *this == Id{}; }
  BytesView view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  // Empty when `raw` is not exactly 16 bytes.
  static std::optional<Id> from_bytes(BytesView raw) {
    if (raw.size() != 16) return std::nullopt;
    Id id;
    std::memcpy(id.bytes.data(), raw.data(), 16);
    return id;
  }
  // Canonical text 8-4-4-4-12, lower case.
  std::string text() const;
  // Empty when `text` is not a UUID in canonical form (upper case is accepted).
  static std::optional<Id> parse(std::string_view text);
};

using ReplicaId = Id<struct ReplicaTag>;
using ScopeId = Id<struct ScopeTag>;
using RecordId = Id<struct RecordTag>;
using EpochId = Id<struct EpochTag>;  // a UUIDv7 of the centre: later epochs compare greater
using GroupId = Id<struct GroupTag>;

std::string uuid_text(const std::array<uint8_t, 16>& bytes);
std::optional<std::array<uint8_t, 16>> uuid_parse(std::string_view text);
std::array<uint8_t, 16> uuid_v7(int64_t wall_ms, Random& random);
// Equal input, equal id, on every device: two tablets that apply one rule make one record.
std::array<uint8_t, 16> uuid_v8(std::string_view rule, std::string_view subject, std::string_view period);
std::array<uint8_t, 16> random_128(Random& random);

template <class Tag>
std::string Id<Tag>::text() const { return uuid_text(bytes); }
template <class Tag>
std::optional<Id<Tag>> Id<Tag>::parse(std::string_view text) {
  auto parsed = uuid_parse(text);
  if (!parsed) return std::nullopt;
  return Id{*parsed};
}

}  // namespace satchel

template <class Tag>
struct std::hash<satchel::Id<Tag>> {
  size_t operator()(const satchel::Id<Tag>& id) const noexcept {
    uint64_t low = 0;
    std::memcpy(&low, id.bytes.data() + 8, 8);  // the random half
    return static_cast<size_t>(low);
  }
};
