// The centre's log read as plain data, for checkers that compute what must hold from the entries alone.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/log/log.hpp"
#include "core/sqlite/database.hpp"

namespace satchel::sim {

struct ReadEntry {
  model::Entry entry;
  model::Header header;  // complete; of content only
  std::vector<model::Op> ops;
};
struct ReadScope {
  log::ScopeState state;
  std::vector<ReadEntry> entries;  // ascending by position
};
std::vector<ReadScope> read_centre(sqlite::Database& db);
// Of what has this place at the centre; empty: nothing has it.
std::optional<Hash256> hash_at_centre(sqlite::Database& db, const model::TransactionId& id);

// The centre at rest, by a connection of the checkers' own. Opened and read when first asked for, and once: nothing
// moves any more.
class CentreLog {
 public:
  explicit CentreLog(std::function<sqlite::Database()> open) : open_(std::move(open)) {}
  sqlite::Database& db();
  const std::vector<ReadScope>& scopes();

 private:
  std::function<sqlite::Database()> open_;
  std::optional<sqlite::Database> db_;
  std::optional<std::vector<ReadScope>> scopes_;
};

}  // namespace satchel::sim
