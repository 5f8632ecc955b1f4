// Encoded merge states and transactions as they rest in a column: packed by zstd, each for itself, where that makes them
// smaller. What is hashed, compared and sent is always the thing itself.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/merge/record.hpp"

namespace satchel::log {

Bytes pack(BytesView plain);
// Code::corrupt, naming the table, for what cannot be unpacked.
Result<Bytes> unpack(BytesView column, const char* table);


// A record's state as it was unpacked; `whole`: with the history of its texts, to be merged into. What does not follow the
// format is no message of somebody's but damage: Code::corrupt, naming the table.
enum class Parts { shown, whole };
Result<merge::RecordState> state_at_rest(BytesView plain, Parts parts, const char* table);

}  // namespace satchel::log
