// What the centre itself writes: an ordinary transaction in its own name, sequenced like any other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/centre.hpp"

namespace satchel::server {

struct OwnWrite {
  std::vector<model::Op> ops;
  std::string worker;   // in whose name it is shown; "centre" unless the words are a person's
  int64_t wall_ms = 0;  // when it was written
  int64_t heard_ms = 0;
  std::optional<model::Origin> origin;  // whose words these are, and where they were written
  std::optional<model::Version> shown;  // what its writer had in front; default: everything
  // Of what follows from other transactions alone, so that a centre that lost it in a restore writes the same bytes again
  // and whoever brings the old ones back brings nothing new: the replica id follows from them and writes nothing else,
  // and `base` names them.
  struct Derived {
    ReplicaId replica;
    model::Version base;
    uint32_t schema_version = 0;
  };
  std::optional<Derived> derived;
};

inline constexpr const char* centre_worker = "centre";

// Code::limit when the ops do not fit one transaction.
Result<> write_own(Work& work, log::ScopeKey scope, OwnWrite write);

}  // namespace satchel::server
