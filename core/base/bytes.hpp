// core/base: result, check, clock, random, executor, ids, hash, logger. No domain words; depends on no other folder.
// Invariant owned here: nothing below this folder reads a clock, draws randomness or starts a thread except through
// an interface of this folder, so that one seed can drive a whole simulated world.
#pragma once

#include <string>
#include <string_view>

namespace satchel {

// Binary data. A std::string, because protobuf, SQLite and zstd all hand out and take exactly that.
using Bytes = std::string;
using BytesView = std::string_view;

std::string to_hex(BytesView bytes);
// Empty optional-like: returns false when `hex` is not an even number of hexadecimal digits.
bool from_hex(std::string_view hex, Bytes& out);

}  // namespace satchel
