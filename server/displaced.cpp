#include "server/displaced.hpp"

#include "core/model/same_words.hpp"
#include "server/release.hpp"

namespace satchel::server {
namespace {

// A decision that was made about it meanwhile stays.
Result<> note_stands(sqlite::Database& db, int64_t org, const model::TransactionId& name) {
  return db
      .prepare("UPDATE centre_quarantine SET state = ? "
               "WHERE org = ? AND scope = ? AND replica = ? AND counter = ? AND state = 0")
      .bind(0, static_cast<int64_t>(Quarantined::State::stands))
      .bind(1, org)
      .bind_blob(2, name.scope.view())
      .bind_blob(3, name.replica.view())
      .bind(4, static_cast<int64_t>(name.counter))
      .run();
}

Result<> note_slot(sqlite::Database& db, int64_t org, const model::TransactionId& slot, const Hash256& hash,
                   const model::TransactionId& name) {
  return db.prepare("INSERT OR IGNORE INTO centre_displaced VALUES(?, ?, ?, ?, ?, ?)")
      .bind(0, org)
      .bind_blob(1, slot.scope.view())
      .bind_blob(2, slot.replica.view())
      .bind(3, static_cast<int64_t>(slot.counter))
      .bind_blob(4, hash.view())
      .bind_blob(5, name.replica.view())
      .run();
}

}  // namespace

Result<> keep_displaced(Centre& centre, const log::ScopeState& scope, const proto::DecodedTransaction& content,
                        BytesView bytes, const std::string& reason, bool stands) {
  const model::Header& header = content.transaction.header;
  Quarantined item;
  item.id = displaced_name(header.id, content.hash);
  item.worker = header.worker;
  item.reason = reason;
  item.received_ms = centre.clock().wall_ms();
  item.bytes = bytes;
  SATCHEL_TRY(put_in_quarantine(centre.db(), scope.key.org, item, {}));
  SATCHEL_TRY(note_slot(centre.db(), scope.key.org, header.id, content.hash, item.id));
  return stands ? note_stands(centre.db(), scope.key.org, item.id) : Result<>();
}

Result<std::vector<DisplacedSlot>> displaced_up_to(sqlite::Database& db, int64_t org,
                                                   const model::TransactionId& last) {
  std::vector<DisplacedSlot> slots;
  sqlite::StatementScope select(
      db.prepare("SELECT counter, hash FROM centre_displaced WHERE org = ? AND scope = ? AND replica = ? "
                 "AND counter <= ? ORDER BY counter"));
  select->bind(0, org).bind_blob(1, last.scope.view()).bind_blob(2, last.replica.view());
  select->bind(3, static_cast<int64_t>(last.counter));
  for (;;) {
    SATCHEL_ASSIGN(const bool row, select->step());
    if (!row) return slots;
    DisplacedSlot& slot = slots.emplace_back();
    slot.counter = static_cast<uint64_t>(select->int64(0));
    if (Hash256::from_bytes(select->blob(1), slot.hash)) continue;
    return make_error(Code::corrupt, "What was displaced has no hash.", "centre_displaced");
  }
}

Result<> note_stands_again(Centre& centre, const log::ScopeState& scope, const model::Transaction& standing) {
  std::vector<model::TransactionId> same;
  {
    sqlite::StatementScope select(
        centre.db().prepare("SELECT q.bytes FROM centre_displaced d JOIN centre_quarantine q ON q.org = d.org "
                            "AND q.scope = d.scope AND q.replica = d.name AND q.counter = 1 "
                            "WHERE d.org = ? AND d.scope = ? AND q.worker = ? AND q.state = 0"));
    select->bind(0, scope.key.org).bind_blob(1, scope.id.view()).bind_text(2, standing.header.worker);
    for (;;) {
      SATCHEL_ASSIGN(const bool row, select->step());
      if (!row) break;
      const auto kept = proto::decode_transaction(scope.organisation, select->blob(0));
      if (!kept.ok() || !model::same_words(kept->transaction, standing)) continue;
      same.push_back(displaced_name(kept->transaction.header.id, kept->hash));
    }
  }
  for (const model::TransactionId& name : same) SATCHEL_TRY(note_stands(centre.db(), scope.key.org, name));
  return {};
}

}  // namespace satchel::server
