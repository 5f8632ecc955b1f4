// Older history: the entries that the snapshot covers, fetched when asked for, from the top down. Each piece has to join
// what is held by the chain of the log's digest, so nobody can slip in a past that was not.
#include <algorithm>

#include "core/log/digest.hpp"
#include "core/log/fold.hpp"

namespace satchel::log {
namespace {

Error unfit(const std::string& why) {
  return make_error(Code::protocol, "The older history of this scope does not fit: " + why + ".", "older");
}

// The transaction is the one of its hash and id; its base needs what lies below and waits for whoever reads it.
Result<> check_content(const rows::ScopeRow& scope, const model::Entry& entry) {
  const std::string at = "position " + std::to_string(entry.position);
  if (entry.id.scope != scope.id) return unfit(at + " belongs to another scope");
  if (entry.slot != model::Slot::content) return {};
  const auto decoded = proto::decode_transaction(scope.organisation, entry.bytes);
  if (!decoded.ok()) return unfit("the transaction at " + at + " cannot be read");
  if (decoded->hash != entry.hash) return unfit("the transaction at " + at + " has another content hash");
  if (decoded->transaction.header.id != entry.id) return unfit("the transaction at " + at + " has another id");
  return {};
}

// The digest after each entry.
Result<std::vector<Hash256>> check_chain(const rows::ScopeRow& scope, const std::vector<model::Entry>& entries,
                                         Hash256 digest) {
  if (entries.empty() || scope.receiving || scope.older_from == 0) return unfit("none is wanted");
  if (entries.size() > scope.older_from) return unfit("it is longer than what is wanted");
  uint64_t position = scope.older_from - entries.size();
  if (position == 0 && digest != Hash256{}) return unfit("something lies below its beginning");
  std::vector<Hash256> digests;
  for (const model::Entry& entry : entries) {
    if (entry.position != ++position) return unfit("position " + std::to_string(position) + " is not there");
    SATCHEL_TRY(check_content(scope, entry));
    digest = next_log_digest(digest, position, entry.id.replica, entry.id.counter, entry.hash);
    digests.push_back(digest);
  }
  if (digest != scope.older_digest) return unfit("it does not lead to what is held here");
  return digests;
}

}  // namespace

Result<> drop_older(sqlite::Database& db, rows::ScopeRow& scope) {
  SATCHEL_TRY(rows::run(db, "DELETE FROM entries WHERE org = ?1 AND scope = ?2 AND position <= ?3", scope.key,
                        scope.snapshot_position));
  scope.older_from = scope.snapshot_position;
  scope.older_digest = scope.snapshot_log_digest;
  return {};
}

Result<> Log::keep_older(ScopeKey key, bool keep) {
  SATCHEL_ASSIGN(rows::ScopeRow scope, rows::read_scope(db_, key));
  if (scope.keeps_older == keep) return {};
  scope.keeps_older = keep;
  if (!keep) SATCHEL_TRY(drop_older(db_, scope));
  return rows::update_scope(db_, scope);
}

Result<std::optional<Log::OlderWanted>> Log::older_wanted(ScopeKey key) {
  SATCHEL_ASSIGN(const rows::ScopeRow scope, rows::read_scope(db_, key));
  if (!scope.keeps_older || scope.receiving || scope.older_from == 0) return std::optional<OlderWanted>{};
  return std::optional(OlderWanted{scope.older_from, scope.older_digest});
}

Result<std::vector<int64_t>> Log::scopes_keeping_older(int64_t org) {
  sqlite::StatementScope list(
      db_.prepare("SELECT scope FROM scopes WHERE org = ?1 AND keeps_older = 1 ORDER BY scope"));
  list->bind(0, org);
  std::vector<int64_t> scopes;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, list->step());
    if (!more) return scopes;
    scopes.push_back(list->int64(0));
  }
}

Result<> Log::add_older(ScopeKey key, const std::vector<model::Entry>& entries, const Hash256& digest) {
  SATCHEL_ASSIGN(rows::ScopeRow scope, rows::read_scope(db_, key));
  if (!scope.keeps_older) return unfit("it is not kept here");
  SATCHEL_ASSIGN(const std::vector<Hash256> digests, check_chain(scope, entries, digest));
  for (size_t i = 0; i < entries.size(); ++i) {
    const model::Entry& entry = entries[i];
    rows::EntryNames names;
    SATCHEL_ASSIGN(names.replica, rows::intern(db_, key.org, entry.id.replica.view()));
    SATCHEL_ASSIGN(names.epoch, rows::intern(db_, key.org, entry.envelope.epoch.view()));
    SATCHEL_TRY(rows::insert_entry(db_, key, entry, names, digests[i]));
  }
  scope.older_from -= entries.size();
  scope.older_digest = digest;
  return rows::update_scope(db_, scope);
}

Result<std::vector<model::Entry>> Log::kept_after(ScopeKey key, uint64_t after, size_t budget) {
  constexpr uint64_t to_the_end = INT64_MAX;
  SATCHEL_ASSIGN(std::vector<rows::EntryRow> found, rows::read_entries(db_, key, after, to_the_end, budget));
  return rows::entries_of(std::move(found));
}

Result<> Log::each_entry(ScopeKey key, const Visit& visit) {
  SATCHEL_ASSIGN(const rows::ScopeRow scope, rows::read_scope(db_, key));
  if (scope.older_from != 0 || scope.receiving) {
    return make_error(Code::not_found, "The older history of this scope is not here. It has to be fetched first.",
                      "scope");
  }
  Replay replay(scope.organisation);
  for (uint64_t done = 0; done < scope.head;) {
    SATCHEL_ASSIGN(const std::vector<rows::EntryRow> rows,
                   rows::read_entries(db_, key, done, scope.head, rows::read_batch_bytes));
    if (rows.empty()) return rows::damaged("entries", "the entry after position " + std::to_string(done) + " is gone");
    for (const rows::EntryRow& row : rows) {
      SATCHEL_ASSIGN(const auto content, replay.next(row.entry));
      SATCHEL_ASSIGN(const bool go_on, visit(row.entry, content ? &*content : nullptr));
      if (!go_on) return {};
    }
    done = rows.back().entry.position;
  }
  return {};
}

Result<std::vector<model::Entry>> Log::entries_up_to(ScopeKey key, uint64_t up_to, size_t budget) {
  SATCHEL_ASSIGN(std::vector<rows::EntryRow> found, rows::read_entries_down(db_, key, 0, up_to, budget));
  std::reverse(found.begin(), found.end());
  return rows::entries_of(std::move(found));
}

}  // namespace satchel::log
