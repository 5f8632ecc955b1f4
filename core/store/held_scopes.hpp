// Scopes that this store holds, and the own counters in them. A scope's number is that of core/log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/store/work.hpp"

namespace satchel::store {

struct HeldScope {
  log::ScopeKey key;
  ScopeId id;
  std::string kind;
  ScopeId parent;
  std::string role, label;
  bool opened = false;        // opened here, not yet listed by the centre
  bool withdrawn = false;     // deliver, purge, confirm
  bool complete = false;      // has reached the head once
  uint64_t head = 0;          // last one heard of
  bool restart = false;       // digests differ: ask for a snapshot
  uint64_t restarted_at = 0;  // head at the last such restart, so that it happens once and not for ever
  int64_t unfit = 0;          // 1: a page did not fit, it is fetched anew; 2: nor did one then; 0 again at the head
  uint64_t own_floor = 0;     // own transactions up to here are not in this file
  bool send_history = false;
  std::optional<proto::SnapshotProgress> snapshot;  // under way
  // What the records of a snapshot hold that began to come, until it is whole: the log's own version says nothing of it.
  model::Version snapshot_version;

  bool all_here() const { return complete || opened; }
  bool does_not_fit() const { return unfit > 1; }
};

struct ScopeCount {
  uint64_t all = 0, incomplete = 0, unfit = 0;  // incomplete: not all_here(); unfit: does_not_fit()
};

Result<std::vector<HeldScope>> held_scopes(sqlite::Database& db);
Result<std::vector<HeldScope>> withdrawn_scopes(sqlite::Database& db);
Result<ScopeCount> count_scopes(sqlite::Database& db);
Result<std::optional<HeldScope>> find_held_scope(sqlite::Database& db, const ScopeId& id);
Result<HeldScope> held_scope(sqlite::Database& db, log::ScopeKey key);
Result<ScopeId> id_of_scope(sqlite::Database& db, log::ScopeKey key);
// Creates the scope in the log, too; sets scope.key.
Result<> insert_held_scope(Work& work, HeldScope& scope);
Result<> update_held_scope(sqlite::Database& db, const HeldScope& scope);

// ---- own counters: of one replica id in one scope. They survive a purge, so that no counter is used twice.
struct OwnCounter {
  uint64_t counter = 0;  // last one used
  model::Version base;   // of that transaction, full: the next one's base is encoded against it
};
Result<OwnCounter> own_counter(sqlite::Database& db, const ScopeId& scope, const ReplicaId& replica);
Result<> set_own_counter(sqlite::Database& db, const ScopeId& scope, const ReplicaId& replica, const OwnCounter& value);

}  // namespace satchel::store
