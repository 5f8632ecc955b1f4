// What a tablet program tells whoever may kill it at any moment, one line each by one write() to a pipe: a line that
// was written stays there, also when its writer is killed in the next instant. A commit is told before it begins and
// once more when it has returned, so that of each it is known whether it returned, or whether nobody can know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/ids.hpp"

namespace satchel::kills {

struct Line {
  enum class What {
    opened,     // the store is open, and if that was wished, verified
    begins,     // a commit with these marks, which opens these scopes
    returned,   // the commit that began last is done
    objected,   // it was not allowed, and nothing was written
    uncertain,  // it failed, and may stand or not
    syncs,      // a request is on its way
    forked,     // a new replica id was taken
    fault,      // a mistake of its own
  };
  What what = What::fault;
  std::vector<std::pair<uint32_t, ScopeId>> marks;
  std::vector<ScopeId> opens;
  std::string words;
};

std::string encode(const Line& line);  // ends in a newline; shorter than what a pipe takes whole
std::optional<Line> decode(const std::string& text);

}  // namespace satchel::kills
