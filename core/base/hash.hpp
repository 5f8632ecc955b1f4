// BLAKE2b-256 (RFC 7693) by libsodium: content hashes, digests, MACs.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"

namespace satchel {

struct Hash256 {
  std::array<uint8_t, 32> bytes{};
  std::strong_ordering operator<=>(const Hash256&) const = default;
  BytesView view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  static bool from_bytes(BytesView raw, Hash256& out);
};

// A keyed hash of which the first 128 bits are kept; RFC 2104 (5) allows half. Guessing one right takes 2^127 tries, each of
// which has to be put to whoever has the key.
using Mac = Id<struct MacTag>;

// Streams length-prefixed parts, so that ("ab","c") and ("a","bc") differ. `domain` separates uses; with a `key`
// (at most 64 bytes) it is a MAC.
class Hasher {
 public:
  explicit Hasher(std::string_view domain, BytesView key = {});
  Hasher& part(BytesView bytes);
  Hasher& number(uint64_t value);
  Hash256 finish();
  Mac finish_mac();

 private:
  alignas(64) unsigned char state_[384];  // crypto_generichash_state
};

bool equal_constant_time(BytesView a, BytesView b);

}  // namespace satchel
