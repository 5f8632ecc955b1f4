// The Retry-After header (RFC 9110 §10.2.3): seconds, or an HTTP date in any of its three forms (§5.6.7).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace satchel::sync {

// Milliseconds since 1970-01-01 UTC; empty when it is no HTTP date.
std::optional<int64_t> parse_http_date(std::string_view text);

// How long to wait from now, in [0, one day]. A date is measured against the answer's own Date header where it has
// one, because this tablet's clock may be wrong. Empty when the header says nothing usable.
std::optional<int64_t> retry_after_ms(std::string_view retry_after, std::string_view date_header, int64_t now_wall_ms);

}  // namespace satchel::sync
