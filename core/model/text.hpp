#pragma once

#include <cstddef>
#include <string_view>

namespace satchel::model {

bool valid_utf8(std::string_view text);
// Not empty, at most `most` bytes, UTF-8 without control characters: ids of workers, organisations, elements, codes.
bool valid_identifier(std::string_view text, size_t most);
// [a-z][a-z0-9_]*, at most limits::name_bytes: collections, fields, levels, labels, roles. `dashes`: also "-".
bool valid_name(std::string_view text, bool dashes = false);

}  // namespace satchel::model
