// Reading: slots, versions, ords, entries.
#include <algorithm>
#include <cstdint>
#include <iterator>

#include "core/log/rows.hpp"

namespace satchel::log {
namespace {

constexpr const char* ord_in_entries =
    "SELECT ord FROM names JOIN entries ON entries.org = names.org AND replica = number "
    "WHERE names.org = ?1 AND id = ?3 AND scope = ?2 AND counter = ?4";
constexpr const char* ord_in_replicas =
    "SELECT ord FROM names JOIN replicas ON replicas.org = names.org AND replica = number "
    "WHERE names.org = ?1 AND id = ?3 AND scope = ?2 AND counter = ?4";
constexpr const char* ord_in_layer =
    "SELECT ord FROM names JOIN snapshot_replicas AS s ON s.org = names.org AND replica = number "
    "WHERE names.org = ?1 AND id = ?3 AND scope = ?2 AND counter = ?4";

Error not_here(const ReplicaId& replica, uint64_t counter) {
  return make_error(Code::not_found, "Slot " + std::to_string(counter) + " of replica " + replica.text() +
                    " is not in the log of this scope.", "base");
}

}  // namespace

Result<std::optional<ReplicaState>> Log::replica(ScopeKey key, const ReplicaId& replica) {
  SATCHEL_ASSIGN(std::optional<rows::ReplicaRow> row, rows::read_replica(db_, key, replica));
  if (!row) return std::optional<ReplicaState>{};
  return std::optional<ReplicaState>(std::move(*row));
}

Result<uint64_t> Log::greatest_ord(ScopeKey key) {
  sqlite::StatementScope find(
      db_.prepare("SELECT coalesce(max(ord), 0) FROM replicas WHERE org = ?1 AND scope = ?2"));
  find->bind(0, key.org).bind(1, key.scope);
  SATCHEL_TRY(find->step());
  return rows::from_sql(find->int64(0));
}

Result<model::Version> Log::version(ScopeKey key) {
  sqlite::StatementScope list(db_.prepare(
      "SELECT id, counter FROM replicas JOIN names ON names.org = replicas.org AND number = replica "
      "WHERE replicas.org = ?1 AND scope = ?2 ORDER BY id"));
  list->bind(0, key.org).bind(1, key.scope);
  model::Version version;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, list->step());
    if (!more) return version;
    const auto id = ReplicaId::from_bytes(list->blob(0));
    if (!id) return rows::damaged("names", "a name");
    version.set(*id, rows::from_sql(list->int64(1)));
  }
}

Result<std::optional<uint64_t>> Log::ord_of(ScopeKey key, const ReplicaId& replica, uint64_t counter) {
  for (const char* sql : {ord_in_entries, ord_in_replicas, ord_in_layer}) {
    sqlite::StatementScope find(db_.prepare(sql));
    find->bind(0, key.org).bind(1, key.scope).bind_blob(2, replica.view()).bind(3, rows::to_sql(counter));
    SATCHEL_ASSIGN(const bool found, find->step());
    if (found) return std::optional(rows::from_sql(find->int64(0)));
  }
  return std::optional<uint64_t>{};
}

Result<uint64_t> Log::greatest_ord(ScopeKey key, const model::Version& base) {
  return greatest_ord_gained(key, std::nullopt, base.entries());
}

Result<uint64_t> Log::greatest_ord_gained(ScopeKey key, const std::optional<ReplicaState>& previous,
                                          const std::vector<model::Version::Entry>& gained) {
  uint64_t greatest = previous ? previous->ord : 0;
  for (const auto& [replica, counter] : gained) {
    SATCHEL_ASSIGN(const std::optional<uint64_t> ord, ord_of(key, replica, counter));
    if (!ord) return not_here(replica, counter);
    greatest = std::max(greatest, *ord);
  }
  return greatest;
}

Result<std::optional<std::pair<ReplicaId, uint64_t>>> Log::first_missing(ScopeKey key, const model::Version& base) {
  SATCHEL_ASSIGN(const model::Version here, version(key));
  for (const auto& [replica, counter] : base.entries()) {
    const uint64_t last = here[replica];
    if (last < counter) return std::optional(std::pair(replica, last + 1));
  }
  return std::optional<std::pair<ReplicaId, uint64_t>>{};
}

Result<std::vector<model::Entry>> Log::entries_after(ScopeKey key, uint64_t after, size_t budget) {
  constexpr uint64_t to_the_end = INT64_MAX;
  SATCHEL_ASSIGN(const rows::ScopeRow scope, rows::read_scope(db_, key));
  const uint64_t from = std::max(after, scope.snapshot_position);
  SATCHEL_ASSIGN(std::vector<rows::EntryRow> found, rows::read_entries(db_, key, from, to_the_end, budget));
  return rows::entries_of(std::move(found));
}

Result<std::optional<model::Entry>> Log::entry_at(ScopeKey key, uint64_t position) {
  if (position == 0) return std::optional<model::Entry>{};
  SATCHEL_ASSIGN(std::vector<rows::EntryRow> found, rows::read_entries(db_, key, position - 1, position, 0));
  if (found.empty()) return std::optional<model::Entry>{};
  return std::optional(std::move(found.front().entry));
}

Result<std::optional<model::Entry>> Log::entry_of(ScopeKey key, const ReplicaId& replica, uint64_t counter) {
  uint64_t position = 0;
  {
    sqlite::StatementScope find(db_.prepare(
        "SELECT position FROM names JOIN entries ON entries.org = names.org AND replica = number "
        "WHERE names.org = ?1 AND id = ?3 AND scope = ?2 AND counter = ?4"));
    find->bind(0, key.org).bind(1, key.scope).bind_blob(2, replica.view()).bind(3, rows::to_sql(counter));
    SATCHEL_ASSIGN(const bool found, find->step());
    if (!found) return std::optional<model::Entry>{};
    position = rows::from_sql(find->int64(0));
  }
  return entry_at(key, position);
}

Result<Hash256> Log::log_digest_at(ScopeKey key, uint64_t position) {
  SATCHEL_ASSIGN(const rows::ScopeRow row, rows::read_scope(db_, key));
  if (position == row.head) return row.log_digest;
  if (position == row.snapshot_position) return row.snapshot_log_digest;
  Hash256 digest;
  sqlite::StatementScope find(
      db_.prepare("SELECT digest FROM entries WHERE org = ?1 AND scope = ?2 AND position = ?3"));
  find->bind(0, key.org).bind(1, key.scope).bind(2, rows::to_sql(position));
  SATCHEL_ASSIGN(const bool found, find->step());
  if (!found) {
    return make_error(Code::not_found, "Position " + std::to_string(position) + " is not kept here.", "position");
  }
  if (!Hash256::from_bytes(find->blob(0), digest)) return rows::damaged("entries", "a digest");
  return digest;
}

Result<std::optional<Bytes>> Log::record_state(ScopeKey key, const model::RecordKey& record) {
  SATCHEL_ASSIGN(std::optional<rows::RecordRow> row, rows::read_record(db_, key, record));
  if (!row) return std::optional<Bytes>{};
  return std::optional(std::move(row->state));
}

}  // namespace satchel::log
