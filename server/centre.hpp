// What the service and the admin commands share: the open central store with its ledger, key and identity, and the one
// way to write to it. Internal to server/. Owned invariants: the ledger never lags behind the database; epoch and own
// replica id change exactly when a restore is possible or proven.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/logger.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "core/merge/record.hpp"
#include "core/model/schema.hpp"
#include "core/sqlite/database.hpp"
#include "server/envelope_key.hpp"
#include "server/ledger.hpp"
#include "server/life.hpp"
#include "server/sealing_keys.hpp"
#include "server/service.hpp"

namespace satchel::server {

class Work;

class Centre {
 public:
  static Result<std::unique_ptr<Centre>> open(const ServiceOptions& options, model::Schema schema, const Clock& clock,
                                              Random& random, Logger& logger);
  ~Centre();  // the last to go leaves the nonce, unless broken()

  sqlite::Database& db() { return *db_; }
  log::Log& log() { return *log_; }
  const EnvelopeKey& key() const { return *key_; }
  const SealingKeys& sealing_keys() const { return *sealing_keys_; }
  const Ledger& ledger() const { return ledger_; }
  const ServiceOptions& options() const { return options_; }
  const model::Schema& schema() const { return schema_; }
  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }
  Logger& logger() { return logger_; }
  // Up to where a verified backup reaches; where none is configured, the head.
  uint64_t kept_to(const log::ScopeState& scope) const {
    return options_.backup_configured ? std::min(scope.kept_to, scope.head) : scope.head;
  }
  Result<EpochId> epoch();
  Result<ReplicaId> own_replica();
  // A snapshot may be continued only in the history that it was begun in. Positions that this handle's own epoch gave
  // out may have meant something else before a restore, so there only snapshots that it began itself count.
  void snapshot_begun(const ScopeId& scope, uint64_t position) {
    if (epoch_is_new_) snapshots_begun_.emplace(scope, position);
  }
  bool snapshot_may_go_on(const ScopeId& scope, uint64_t position, uint64_t epoch_first_position) const {
    return !epoch_is_new_ || position < epoch_first_position || snapshots_begun_.count({scope, position}) != 0;
  }
  // A failed check: nothing is written any more, and the shutdown is not clean.
  void break_off() { broken_ = true; }
  bool broken() const { return broken_; }

 private:
  friend class Work;
  Centre(const ServiceOptions& options, model::Schema schema, const Clock& clock, Random& random, Logger& logger);
  Result<> start();
  Result<> load_keys();
  Result<> settle_epoch(BytesView nonce);

  ServiceOptions options_;
  model::Schema schema_;
  const Clock& clock_;
  Random& random_;
  Logger& logger_;
  Ledger ledger_;
  std::optional<Occupancy> occupancy_;
  std::optional<sqlite::Database> db_;
  std::optional<log::Log> log_;
  std::optional<EnvelopeKey> key_;
  std::optional<SealingKeys> sealing_keys_;
  std::set<std::pair<ScopeId, uint64_t>> snapshots_begun_;
  bool epoch_is_new_ = false, broken_ = false, started_ = false;
};

// One write transaction of the centre. Events go to the tables at once and to the ledger at commit, before the
// database commits. Rolled back by the destructor.
class Work {
 public:
  // Also brings the tables up to the ledger, should a database commit have failed after its ledger line.
  static Result<Work> begin(Centre& centre);
  Work(Work&&) noexcept = default;

  Centre& centre() { return *centre_; }
  Result<> record(const Event& event);
  // Every scope goes on in a new epoch, and the centre's own writes under a new replica id.
  Result<EpochId> begin_epoch();
  // A part that can be taken back without the rest. After a failure look whether the database is still in a
  // transaction: SQLite may have taken back all of it.
  class Part {
   public:
    static Result<Part> begin(Work& work);
    Part(Part&& other) noexcept;
    ~Part();  // takes back what was not kept, events too
    Result<> keep();

   private:
    Part(Work& work, sqlite::Transaction savepoint)
        : work_(&work), savepoint_(std::move(savepoint)), lines_(work.lines_.size()) {}
    Work* work_;
    sqlite::Transaction savepoint_;
    size_t lines_;
  };
  Result<> commit();

 private:
  Work(Centre& centre, sqlite::Transaction transaction) : centre_(&centre), transaction_(std::move(transaction)) {}
  Result<> catch_up();
  Result<> check_open() const;  // Code::io when SQLite has rolled everything back by itself
  Centre* centre_;
  sqlite::Transaction transaction_;
  std::string lines_;
  uint64_t ledger_end_ = 0;
};

// What the centre has of a record, to be read; nothing: no such record.
Result<std::optional<merge::RecordState>> state_of(Centre& centre, log::ScopeKey scope, const model::RecordKey& key);

// The one value of a field that reads show, encoded; empty: none stands.
Result<Bytes> standing_value(const std::optional<merge::RecordState>& state, const model::Field& field);

}  // namespace satchel::server
