// Appends many entries to one scope inside one SQLite transaction: the scope's row, the replicas' rows and decoded
// records stay in memory in between, so that thousands of notes do not decode and encode the same things again.
//
// Lives inside one write transaction of the caller, without savepoints that are rolled back below it. Nobody else
// writes to the scope meanwhile. Entries are readable at once; records, replicas and the scope's row only after
// flush(), which must be called before the commit. Destroyed without flush(): the transaction must be rolled back.
#pragma once

#include <memory>

#include "core/log/log.hpp"

namespace satchel::log {

class Appender {
 public:
  static Result<Appender> open(sqlite::Database& db, ScopeKey key);  // Code::not_found
  Appender(Appender&&) noexcept;
  Appender& operator=(Appender&&) noexcept;
  ~Appender();

  // With everything appended so far. References stay valid as long as the appender.
  const ScopeState& scope() const;
  // Where the replica stands; null when it has no slot here. Valid until the next append.
  Result<const ReplicaState*> replica(const ReplicaId& replica);
  // State of the record; null when there is none. Valid until the next append or flush.
  Result<const merge::RecordState*> record(const model::RecordKey& record);
  // As in Log, of what base gained over the replica's previous one.
  Result<std::optional<std::pair<ReplicaId, uint64_t>>> first_missing(const std::vector<model::Version::Entry>& gained);
  Result<uint64_t> greatest_ord_gained(const ReplicaId& replica, const std::vector<model::Version::Entry>& gained);

  // As Log::append. After Code::protocol nothing has changed and the appender goes on; after any other error the
  // transaction must be rolled back.
  Result<Touched> append(const model::Entry& entry, const proto::DecodedTransaction* decoded);
  // Writes what changed. May be called more than once.
  Result<> flush();

 private:
  struct Impl;
  explicit Appender(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::log
