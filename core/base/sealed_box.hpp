// Content that only the holder of a private key can read, not even whoever sealed it: libsodium's sealed box (X25519,
// XSalsa20-Poly1305). Says nothing about who sealed it.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace satchel::sealed_box {

inline constexpr size_t key_bytes = 32;  // either half

// Code::invalid when the private half has another length or no public half.
Result<Bytes> public_half(BytesView private_half);
// Code::invalid when the key cannot be used.
Result<Bytes> seal(BytesView public_half, BytesView content);
// Code::protocol when `sealed` was not sealed to this key, or was changed since.
Result<Bytes> open(BytesView private_half, BytesView sealed);

}  // namespace satchel::sealed_box
