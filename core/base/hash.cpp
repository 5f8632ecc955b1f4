#include "core/base/hash.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "core/base/check.hpp"

namespace satchel {
namespace {

crypto_generichash_state* state_of(unsigned char* storage) {
  return std::launder(reinterpret_cast<crypto_generichash_state*>(storage));
}

std::array<unsigned char, 8> little_endian(uint64_t value) {
  std::array<unsigned char, 8> bytes;
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(value >> (8 * i));
  return bytes;
}

const unsigned char* raw(BytesView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

}  // namespace

bool Hash256::from_bytes(BytesView raw_bytes, Hash256& out) {
  if (raw_bytes.size() != 32) return false;
  std::memcpy(out.bytes.data(), raw_bytes.data(), 32);
  return true;
}

Hasher::Hasher(std::string_view domain, BytesView key) {
  static_assert(sizeof(crypto_generichash_state) <= sizeof state_);
  static_assert(alignof(crypto_generichash_state) <= 64);
  SATCHEL_CHECK(key.size() <= crypto_generichash_KEYBYTES_MAX);
  new (state_) crypto_generichash_state;
  SATCHEL_CHECK(crypto_generichash_init(state_of(state_), key.empty() ? nullptr : raw(key), key.size(), 32) == 0);
  part(domain);
}

Hasher& Hasher::part(BytesView bytes) {
  const auto length = little_endian(bytes.size());
  crypto_generichash_update(state_of(state_), length.data(), length.size());
  if (!bytes.empty()) crypto_generichash_update(state_of(state_), raw(bytes), bytes.size());
  return *this;
}

Hasher& Hasher::number(uint64_t value) {
  const auto bytes = little_endian(value);
  return part({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Hash256 Hasher::finish() {
  Hash256 hash;
  SATCHEL_CHECK(crypto_generichash_final(state_of(state_), hash.bytes.data(), hash.bytes.size()) == 0);
  return hash;
}

Mac Hasher::finish_mac() {
  const Hash256 hash = finish();
  Mac mac;
  std::copy_n(hash.bytes.begin(), mac.bytes.size(), mac.bytes.begin());
  return mac;
}

bool equal_constant_time(BytesView a, BytesView b) {
  return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace satchel
