#pragma once

#include <string_view>

namespace satchel::server::cli {

// schema/satchel-domain.json, built into the program for `init`.
std::string_view domain_schema();

}  // namespace satchel::server::cli
