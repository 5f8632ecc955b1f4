// Encoded merge states and transactions as they rest in a column: packed by zstd, each for itself, where that makes them
// smaller. What is hashed, compared and sent is always the thing itself.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace satchel::log {

Bytes pack(BytesView plain);
// Code::corrupt, naming the table, for what cannot be unpacked.
Result<Bytes> unpack(BytesView column, const char* table);

}  // namespace satchel::log
