// Questions about texts that tests ask.
#pragma once

#include <string>

namespace satchel::test {

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace satchel::test
