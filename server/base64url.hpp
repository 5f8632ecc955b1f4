// base64url without padding (RFC 4648 §5), as JWS and JWK use it.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.hpp"

namespace satchel::server {

std::string base64url(BytesView bytes);
// Empty when `text` holds any other character, padding, or bits left over.
std::optional<Bytes> from_base64url(std::string_view text);

}  // namespace satchel::server
