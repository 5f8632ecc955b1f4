// What an operator does to a running centre, from another process on the same files: every call is one SQLite
// transaction and one line in the ledger outside the database, so that a restore cannot undo it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "server/service.hpp"

namespace satchel::server {

struct QuarantineItem {
  model::TransactionId id;
  std::string organisation, worker, reason;
  int64_t received_ms = 0;
  std::vector<model::Op> ops;
};

class Admin {
 public:
  static Result<std::unique_ptr<Admin>> open(const ServiceOptions& options, model::Schema schema, const Clock& clock,
                                             Random& random, Logger& logger);
  virtual ~Admin() = default;
  // A scope that exists (scope given; kind, parent may be empty) or a new one of `kind`; returns its id. Roles: writer,
  // reader, supervisor. Replaces the role that the worker had there.
  virtual Result<ScopeId> grant(const std::string& organisation, const std::string& worker,
                                std::optional<ScopeId> scope, const std::string& kind, const std::string& role,
                                const std::string& label, const ScopeId& parent) = 0;
  // Cover: gives `worker` every scope that `like` has now, in one transaction; returns how many. Scopes that the worker
  // has already keep their role; personal ones (self, supervision) are left out.
  virtual Result<uint64_t> cover(const std::string& organisation, const std::string& worker, const std::string& like,
                                 const std::string& role) = 0;
  virtual Result<> withdraw(const std::string& organisation, const std::string& worker, const ScopeId& scope) = 0;
  // Ends the worker's rights in every scope from `from_ms` on, in the time in which things were written. Also later
  // than they arrive: what was written before still counts.
  virtual Result<> suspend(const std::string& organisation, const std::string& worker, int64_t from_ms) = 0;
  virtual Result<> reinstate(const std::string& organisation, const std::string& worker) = 0;   // from now on
  virtual Result<std::vector<QuarantineItem>> quarantine(const std::string& organisation) = 0;  // those waiting
  // Release: a new transaction of the centre with its origin named and the origin's `shown`.
  virtual Result<> release(const std::string& organisation, const model::TransactionId& id) = 0;
  virtual Result<> refuse(const std::string& organisation, const model::TransactionId& id,
                          const std::string& reason) = 0;
  // Gives up a slot that will never come, so that what waits behind it can be sequenced. Only a replica's next slot.
  virtual Result<> declare_lost(const std::string& organisation, const model::TransactionId& id) = 0;
  // Open Referral UK (HSDS) services into a team's scope, written by the centre; returns how many changed.
  virtual Result<uint64_t> import_directory(const std::string& organisation, const ScopeId& scope,
                                            const std::string& json) = 0;
  // While the centre runs: copies, opens and verifies the copy, then moves kept_to to what it holds. `to_path` appears
  // only when the copy is good; a file that is there already is replaced. The ledger and the keys are not in it.
  virtual Result<> backup(const std::string& to_path) = 0;
  virtual Result<> verify() = 0;  // refolds every scope; Code::corrupt with the first difference
  struct Devices {
    std::string worker;
    ReplicaId replica;
    int64_t last_seen_ms = 0;
    uint64_t scopes = 0;                             // that it may hold at this moment
    std::vector<std::pair<ScopeId, uint64_t>> held;  // which, and up to where it said it holds them
  };
  virtual Result<std::vector<Devices>> devices(const std::string& organisation) = 0;
  // Every scope of the organisation as the centre holds it, digests included: what a tablet's own are compared with.
  virtual Result<std::vector<log::ScopeState>> scopes(const std::string& organisation) = 0;
};

}  // namespace satchel::server
