// Files as a bad disk gives them back: bits turned over, stretches overwritten, pages that were never written or went
// to another place, ends cut off. What and where is chosen by the input.
#pragma once

#include <map>
#include <string>

#include "core/base/bytes.hpp"
#include "tests/text_support/session.hpp"

namespace satchel::fuzz {

// By name; one to four damages in all. Files of the length 0 stay as they are.
void damage(std::map<std::string, Bytes>& files, text_test::Choices& choices);

}  // namespace satchel::fuzz
