// Encoded merge states as they rest in a column: large ones (texts with their history) packed by zstd. What is hashed,
// compared and sent is always the state itself.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace satchel::log {

Bytes pack_state(BytesView state);
// Code::corrupt, naming the table, for what cannot be unpacked.
Result<Bytes> unpack_state(BytesView column, const char* table);

}  // namespace satchel::log
