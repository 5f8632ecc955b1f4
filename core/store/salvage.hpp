// Reads what can still be read of a damaged store: row by row, from both ends of each table, past what is broken.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/store/held_scopes.hpp"
#include "core/store/outbox.hpp"
#include "core/store/store.hpp"

namespace satchel::store {

struct Salvage {
  std::string organisation, worker, schema_json;  // as the damaged file says; empty: unreadable
  std::vector<HeldScope> scopes;                  // without keys
  struct Row {
    OutboxState state = OutboxState::unsent;
    bool waiting = false, urgent = false;
    Bytes hash, base, bytes;
  };
  std::vector<Row> outbox;  // in causal order
  struct Refused {
    model::TransactionId id;
    std::string reason;
    int64_t wall_ms = 0;
    Bytes bytes;
  };
  std::vector<Refused> set_aside;
  struct Sealed {
    ScopeId scope;
    EpochId epoch;
    uint64_t position = 0;
    Bytes key_id, content;
  };
  std::vector<Sealed> sealed;
  uint64_t unreadable = 0;  // stretches or rows that gave no answer
  std::vector<std::string> notes;
};

// `path` is a copy that may be written to (a damaged first page is replaced by that of a fresh store). Does not fail
// for anything that is wrong inside the file: it then comes back with less. `options`: of the store, for how its file is
// opened.
Salvage salvage(const std::string& path, const Options& options);

}  // namespace satchel::store
