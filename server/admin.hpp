// What an operator does to a running centre, from another process on the same files: every call is one SQLite
// transaction and one line in the ledger outside the database, so that a restore cannot undo it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
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
  // A scope that exists (scope given) or a new one of `kind`; returns its id.
  virtual Result<ScopeId> grant(const std::string& organisation, const std::string& worker,
                                std::optional<ScopeId> scope, const std::string& kind, const std::string& role,
                                const std::string& label, const ScopeId& parent) = 0;
  virtual Result<> withdraw(const std::string& organisation, const std::string& worker, const ScopeId& scope) = 0;
  virtual Result<> suspend(const std::string& organisation, const std::string& worker, int64_t from_ms) = 0;
  virtual Result<std::vector<QuarantineItem>> quarantine(const std::string& organisation) = 0;
  // Release: a new transaction of the centre with its origin named and the origin's `shown`.
  virtual Result<> release(const std::string& organisation, const model::TransactionId& id) = 0;
  virtual Result<> refuse(const std::string& organisation, const model::TransactionId& id, const std::string& reason) = 0;
  virtual Result<> declare_lost(const std::string& organisation, const model::TransactionId& id) = 0;
  // Open Referral UK (HSDS) services into a team's scope, written by the centre; returns how many changed.
  virtual Result<uint64_t> import_directory(const std::string& organisation, const ScopeId& scope,
                                            const std::string& json) = 0;
  virtual Result<> backup(const std::string& to_path) = 0;  // while running; moves kept_to once verified
  virtual Result<> verify() = 0;
  struct Devices { std::string worker; ReplicaId replica; int64_t last_seen_ms; uint64_t scopes; };
  virtual Result<std::vector<Devices>> devices(const std::string& organisation) = 0;
};

}  // namespace satchel::server
