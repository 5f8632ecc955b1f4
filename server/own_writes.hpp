// What the centre itself writes: an ordinary transaction of its own replica, sequenced like any other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/centre.hpp"

namespace satchel::server {

struct OwnWrite {
  std::vector<model::Op> ops;
  std::string worker;   // in whose name it is shown; "centre" unless it is a release
  int64_t wall_ms = 0;  // when it was written
  int64_t heard_ms = 0;
  std::optional<model::Origin> origin;  // of a release: which transaction this brings back
  std::optional<model::Version> shown;  // what its writer had in front; default: everything
};

inline constexpr const char* centre_worker = "centre";

// Code::limit when the ops do not fit one transaction.
Result<> write_own(Work& work, log::ScopeKey scope, OwnWrite write);

}  // namespace satchel::server
