#include <cstring>

#include "core/log/packing.hpp"
#include "core/log/rows.hpp"

namespace satchel::log::rows {
namespace {

Result<EntryRow> entry_of(const sqlite::Statement& statement) {
  EntryRow row;
  model::Entry& entry = row.entry;
  entry.position = from_sql(statement.int64(0));
  const auto scope = ScopeId::from_bytes(statement.blob(1));
  const auto replica = ReplicaId::from_bytes(statement.blob(2));
  const auto epoch = EpochId::from_bytes(statement.blob(5));
  const auto mac = Mac::from_bytes(statement.blob(11));
  const int64_t slot = statement.int64(4);
  bool whole = scope && replica && epoch && mac && slot >= 1 && slot <= 3;
  whole = whole && Hash256::from_bytes(statement.blob(10), entry.hash);
  whole = whole && Hash256::from_bytes(statement.blob(12), row.digest);
  if (!whole) return damaged("entries", "the entry at position " + std::to_string(entry.position));
  entry.id = {*scope, *replica, from_sql(statement.int64(3))};
  entry.slot = static_cast<model::Slot>(slot);
  entry.envelope.epoch = *epoch;
  entry.envelope.mac = *mac;
  entry.envelope.position = statement.is_null(6) ? entry.position : from_sql(statement.int64(6));
  entry.envelope.received_ms = statement.int64(7);
  entry.envelope.ord = from_sql(statement.int64(8));
  row.check = statement.int64(9);
  if (!statement.is_null(13)) {
    auto base = proto::decode_version(statement.blob(13));
    if (!base.ok()) return damaged("entries", "the base at position " + std::to_string(entry.position));
    entry.base = std::move(base).value();
  }
  entry.reason = statement.text(14);
  SATCHEL_ASSIGN(entry.bytes, unpack(statement.blob(15), "entries"));
  return row;
}

#define SATCHEL_LIST_ENTRIES                                                                                          \
  "SELECT position, s.id, r.id, counter, slot, e.id, original_position, received_ms, ord, envelope_check, hash, "     \
  "mac, digest, base, reason, bytes FROM entries LEFT JOIN names AS s ON s.org = entries.org AND s.number = scope "   \
  "LEFT JOIN names AS r ON r.org = entries.org AND r.number = replica "                                               \
  "LEFT JOIN names AS e ON e.org = entries.org AND e.number = epoch "                                                 \
  "WHERE entries.org = ?1 AND scope = ?2 AND position > ?3 AND position <= ?4 ORDER BY position"

Result<std::vector<EntryRow>> list_entries(sqlite::Database& db, const char* sql, ScopeKey key, uint64_t after,
                                           uint64_t up_to, size_t budget) {
  sqlite::StatementScope list(db.prepare(sql));
  list->bind(0, key.org).bind(1, key.scope).bind(2, to_sql(after)).bind(3, to_sql(up_to));
  constexpr size_t envelope_bytes = 160;  // of an entry on the wire, besides its transaction
  std::vector<EntryRow> rows;
  size_t bytes = 0;
  while (rows.empty() || bytes < budget) {
    SATCHEL_ASSIGN(const bool more, list->step());
    if (!more) break;
    SATCHEL_ASSIGN(EntryRow row, entry_of(*list));
    const size_t size = envelope_bytes + row.entry.bytes.size() + list->blob(13).size();
    if (!rows.empty() && bytes + size > budget) break;
    rows.push_back(std::move(row));
    bytes += size;
  }
  return rows;
}

}  // namespace

int64_t envelope_check(const model::Entry& entry) {
  Hasher hasher("satchel.envelope.0");
  hasher.number(static_cast<uint64_t>(entry.slot)).part(entry.envelope.epoch.view());
  hasher.number(entry.envelope.position).number(from_sql(entry.envelope.received_ms)).number(entry.envelope.ord);
  hasher.part(entry.envelope.mac.view()).part(entry.reason);
  if (entry.slot != model::Slot::content) hasher.part(proto::encode_version(entry.base));
  const Hash256 hash = hasher.finish();
  int64_t check = 0;
  std::memcpy(&check, hash.bytes.data(), sizeof check);
  return check;
}

std::vector<model::Entry> entries_of(std::vector<EntryRow> rows) {
  std::vector<model::Entry> entries;
  entries.reserve(rows.size());
  for (EntryRow& row : rows) entries.push_back(std::move(row.entry));
  return entries;
}

Result<> insert_entry(sqlite::Database& db, ScopeKey key, const model::Entry& entry, const EntryNames& names,
                      const Hash256& digest) {
  const Bytes packed = pack(entry.bytes);
  sqlite::StatementScope add(db.prepare(
      "INSERT INTO entries(org, scope, position, replica, counter, slot, epoch, original_position, received_ms, ord, "
      "envelope_check, hash, mac, digest, base, reason, bytes) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"));
  add->bind(0, key.org).bind(1, key.scope).bind(2, to_sql(entry.position)).bind(3, names.replica);
  add->bind(4, to_sql(entry.id.counter)).bind(5, static_cast<int64_t>(entry.slot)).bind(6, names.epoch);
  if (entry.envelope.position != entry.position) add->bind(7, to_sql(entry.envelope.position));
  add->bind(8, entry.envelope.received_ms).bind(9, to_sql(entry.envelope.ord)).bind(10, envelope_check(entry));
  add->bind_blob(11, entry.hash.view()).bind_blob(12, entry.envelope.mac.view()).bind_blob(13, digest.view());
  if (entry.slot == model::Slot::content) {
    add->bind_blob(16, packed);
  } else {
    add->bind_blob(14, proto::encode_version(entry.base));
  }
  if (!entry.reason.empty()) add->bind_text(15, entry.reason);
  return add->run();
}

Result<std::vector<EntryRow>> read_entries(sqlite::Database& db, ScopeKey key, uint64_t after, uint64_t up_to,
                                           size_t budget) {
  return list_entries(db, SATCHEL_LIST_ENTRIES, key, after, up_to, budget);
}

Result<std::vector<EntryRow>> read_entries_down(sqlite::Database& db, ScopeKey key, uint64_t after, uint64_t up_to,
                                                size_t budget) {
  return list_entries(db, SATCHEL_LIST_ENTRIES " DESC", key, after, up_to, budget);
}

#undef SATCHEL_LIST_ENTRIES

}  // namespace satchel::log::rows
