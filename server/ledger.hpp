// The ledger: grants, withdrawals, suspensions, scopes, epochs and decisions, one JSON line each, in a file outside
// the database and outside its backups. It is written and synced before the database transaction that carries the same
// event commits, and replayed into a restored database before that answers anyone (DESIGN §5). Owned invariant: only
// whole lines count, and none is ever changed. Every call runs under the database's write lock, which also orders
// several processes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "server/files.hpp"

namespace satchel::server {

struct Event {
  enum class Kind { scope, grant, withdraw, suspend, reinstate, epoch, decision };
  Kind kind = Kind::scope;
  int64_t at_ms = 0;  // when it takes effect
  std::string organisation, worker;
  ScopeId scope, parent;
  std::string scope_kind, role, label;
  EpochId epoch;
  ReplicaId replica;  // decision: on which transaction
  uint64_t counter = 0;
  int64_t state = 0;  // decision: as in centre_quarantine
  std::string words;  // decision: why
};
std::string encode(const Event& event);  // one line, with its end
Result<Event> decode_event(std::string_view line);

class Ledger {
 public:
  Ledger(Files& files, std::string path) : files_(files), path_(std::move(path)) {}
  struct Tail {
    std::vector<Event> events;
    uint64_t end = 0;  // offset after the last whole line
  };
  // Events from `offset` on. Code::corrupt when the file is shorter than that, or a whole line cannot be read.
  Result<Tail> read(uint64_t offset) const;
  // Writes at `offset` (cutting off a torn line there) and syncs.
  Result<> append(uint64_t offset, std::string_view lines) const;
  Result<> sync() const;  // what can be read is on the disk

 private:
  Files& files_;
  std::string path_;
};

}  // namespace satchel::server
