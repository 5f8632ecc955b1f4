// Who may do what, where and when. Rights are intervals (grants per scope, suspensions per worker) and are judged for a
// transaction's worker at the transaction's ord, for reading at the present (DESIGN §5). Every
// change to them goes through the ledger (Work::record).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/centre.hpp"

namespace satchel::server {

inline constexpr const char* role_writer = "writer";
inline constexpr const char* role_reader = "reader";
inline constexpr const char* role_supervisor = "supervisor";
bool is_role(std::string_view role);
bool may_write(std::string_view role);  // writer, supervisor

struct GrantRow {
  ScopeId scope;
  std::string role, label;
  int64_t from_ms = 0;
  std::optional<int64_t> to_ms;
};

// Applies an event to the tables: the only writer of grants, suspensions and decisions. Repeats change nothing.
Result<> apply_event(Centre& centre, const Event& event);

Result<bool> suspended_at(sqlite::Database& db, int64_t org, std::string_view worker, int64_t ms);
Result<std::optional<std::string>> role_at(sqlite::Database& db, int64_t org, std::string_view worker,
                                           const ScopeId& scope, int64_t ms);
Result<bool> has_role_at(sqlite::Database& db, int64_t org, std::string_view worker, std::string_view role, int64_t ms);
// Newest last; intervals that ended too.
Result<std::vector<GrantRow>> grants_of(sqlite::Database& db, int64_t org, std::string_view worker);
// Moves with every change to what the worker may do, also with the mere passing of time into a suspension.
Result<uint64_t> grants_version(sqlite::Database& db, int64_t org, std::string_view worker, int64_t now_ms);

}  // namespace satchel::server
