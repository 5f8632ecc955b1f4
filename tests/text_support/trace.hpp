// Recorded editing sessions: who typed what, with what in front of them, and the text they ended with.
//
//   {"startContent": "", "endContent": "...", "txns": [{"patches": [[position, deleted, "inserted"], ...]}]}
// and, where people typed at the same time, "kind": "concurrent", "numAgents", and per txn "agent" and "parents"
// (indexes of earlier txns; several are merged first). Positions count Unicode scalar values.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/merge/text/document.hpp"
#include "tests/text_support/session.hpp"

namespace satchel::text_test {

struct Trace {
  bool concurrent = false;
  std::string end;
  std::deque<Written> transactions;  // in the order of the file; a start text is the first one's
  size_t edits() const;
  std::vector<merge::text::Incoming> incoming() const;  // points into the transactions
};

// A file, which may be compressed by gzip. Code::io, Code::invalid with what is wrong.
Result<Trace> read_trace(const std::string& path);

// The same format, made up: two people write a visit note at once, each seeing the other's changes late. The end text
// is the oracle's. Equal seed, equal file.
std::string make_trace(uint64_t seed, size_t edits);

}  // namespace satchel::text_test
