#include "tests/sim/log_of_centre.hpp"

#include "core/base/check.hpp"
#include "tests/sim/centre.hpp"

namespace satchel::sim {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw CheckFailure(result.error().message + " [" + result.error().place + "]");
  return std::move(result).value();
}

std::vector<int64_t> organisations(sqlite::Database& db) {
  std::vector<int64_t> numbers;
  sqlite::StatementScope select(db.prepare("SELECT org FROM centre_organisations"));
  while (must(select->step())) numbers.push_back(select->int64(0));
  return numbers;
}

}  // namespace

std::optional<Hash256> hash_at_centre(sqlite::Database& db, const model::TransactionId& id) {
  log::Log log(db);
  for (const int64_t org : organisations(db)) {
    const auto scope = must(log.find_scope(org, id.scope));
    if (!scope) continue;
    if (const auto entry = must(log.entry_of(scope->key, id.replica, id.counter))) return entry->hash;
  }
  return std::nullopt;
}

std::vector<ReadScope> read_centre(sqlite::Database& db) {
  std::vector<ReadScope> scopes;
  log::Log log(db);
  for (const int64_t org : organisations(db)) {
    for (auto& state : must(log.scopes(org))) {
      ReadScope scope;
      std::map<ReplicaId, model::Version> bases;
      for (auto& entry : must(log.entries_after(state.key, 0, SIZE_MAX))) {
        ReadEntry read;
        if (entry.slot == model::Slot::content) {
          auto decoded = must(proto::decode_transaction(kOrganisation, entry.bytes));
          const auto completed = decoded.complete(bases[entry.id.replica]);
          if (!completed.ok()) throw CheckFailure(completed.error().message);
          read.header = decoded.transaction.header;
          read.ops = std::move(decoded.transaction.ops);
          entry.base = read.header.base;
        }
        bases[entry.id.replica] = entry.base;
        read.entry = std::move(entry);
        scope.entries.push_back(std::move(read));
      }
      scope.state = std::move(state);
      scopes.push_back(std::move(scope));
    }
  }
  return scopes;
}

sqlite::Database& CentreLog::db() {
  if (!db_) db_.emplace(open_());
  return *db_;
}

const std::vector<ReadScope>& CentreLog::scopes() {
  if (!scopes_) scopes_ = read_centre(db());
  return *scopes_;
}

}  // namespace satchel::sim
