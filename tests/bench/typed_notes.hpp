// Notes as people type them, for what depends on how a text came to be and not only on how long it is.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "core/base/random.hpp"

namespace satchel::bench {

// The edits of each save (docs/ABI.md, "edit") that end in `words`, of letters of one UTF-16 unit each: a save every 30
// keystrokes, one keystroke in sixteen wrong and taken back at once, and one word in twenty put in only once the note
// was otherwise written.
std::vector<nlohmann::json> typed_saves(std::string_view words, Random& random);

}  // namespace satchel::bench
