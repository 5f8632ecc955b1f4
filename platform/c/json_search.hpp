// json_search: what is searched for and what is found, as docs/ABI.md writes it.
#pragma once

#include <string>
#include <string_view>

#include "core/query/search.hpp"

namespace satchel::abi {

Result<query::Search> parse_search(std::string_view json);
// {"token", "hits", "waiting", "of"}
std::string found_json(const query::Found& found);

}  // namespace satchel::abi
