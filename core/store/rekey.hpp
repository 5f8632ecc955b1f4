// What a rekey that was killed leaves beside the store: rekey() itself is in store.hpp.
#pragma once

#include <string>

namespace satchel::store {

// Where rekey() writes the store anew until it takes the place of the old file.
std::string rekeyed_path(const std::string& path);
// With its log; there may be none. Only by whoever has the store itself open, so that no rekey is under way.
void remove_rekeyed(const std::string& path);

}  // namespace satchel::store
