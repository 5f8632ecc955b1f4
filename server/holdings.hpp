// What each device may hold ("tablet lost"): a row per replica and scope, there before the first byte of
// the scope leaves, gone when the device confirmed that it purged.
#pragma once

#include <optional>
#include <vector>

#include "server/centre.hpp"

namespace satchel::server {

struct Holding {
  ScopeId scope;
  uint64_t position = 0;  // up to where the device said it holds
};

Result<std::optional<Holding>> find_holding(sqlite::Database& db, int64_t org, const ReplicaId& replica,
                                            const ScopeId& scope);
Result<std::vector<Holding>> holdings_of(sqlite::Database& db, int64_t org, const ReplicaId& replica);
Result<> put_holding(sqlite::Database& db, int64_t org, const ReplicaId& replica, const Holding& holding);
Result<> move_holding(sqlite::Database& db, int64_t org, const ReplicaId& replica, const ScopeId& scope,
                      uint64_t position);
Result<> drop_holding(sqlite::Database& db, int64_t org, const ReplicaId& replica, const ScopeId& scope);

}  // namespace satchel::server
