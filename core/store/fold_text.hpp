// Text as comparison and search see it: lower case, without accents ("Llŷr" finds "llyr"). Bytes at rest stay as typed.
#pragma once

#include <string>
#include <string_view>

namespace satchel::store {

// Latin letters with their accents (composed or combining), Greek and Cyrillic case; everything else as it is. Bytes
// that are not UTF-8 pass through. Runs of white space become one space, none at the ends.
std::string fold_text(std::string_view text);

}  // namespace satchel::store
