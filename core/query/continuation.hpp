// Where a page ended: opaque text that the next page begins after.
#pragma once

#include <string>
#include <string_view>

#include "core/base/ids.hpp"
#include "core/base/result.hpp"

namespace satchel::query {

struct Continuation {
  Bytes key;  // sort key of the field that the query is ordered by; empty without one
  RecordId record;
  int64_t scope = 0;
  bool operator==(const Continuation&) const = default;
};

std::string encode(const Continuation& continuation);
Result<Continuation> decode_continuation(std::string_view text);  // Code::invalid

}  // namespace satchel::query
