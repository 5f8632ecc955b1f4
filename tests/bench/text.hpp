// satchel-bench text: recorded editing sessions, replayed and compared with the text they ended with.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace satchel::bench {

// Replays each file (tests/text_support/trace.hpp says the format) `times` times and prints the quickest run of each
// way. Code::corrupt when some text differs from the recorded one.
Result<> replay_text(const std::vector<std::string>& traces, int times, bool json);
// Prints a session of two writers in the same format.
void print_trace(uint64_t seed, size_t edits);

}  // namespace satchel::bench
