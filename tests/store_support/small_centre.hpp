// A centre small enough to read: sequences with core/log what it is sent, refuses what it is told to refuse, and can be
// put back to an earlier moment. The real one is server/; this one lets a test of the store choose each answer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/log/log.hpp"
#include "core/sqlite/database.hpp"
#include "proto/messages.hpp"

namespace satchel::test {

class SmallCentre {
 public:
  SmallCentre(ManualClock& clock, std::string directory, std::string organisation = "north");

  ScopeId add_scope(const std::string& kind, const ScopeId& parent = {});
  void grant(const std::string& worker, const ScopeId& scope, const std::string& role = "writer");
  void withdraw(const std::string& worker, const ScopeId& scope);

  // One round. `worker` is whose session it is.
  proto::SyncResponse answer(const proto::SyncRequest& request, const ReplicaId& replica, const std::string& worker);

  // Written by the centre itself.
  void write(const ScopeId& scope, std::vector<model::Op> ops, std::optional<model::Origin> origin = {});

  log::ScopeState state(const ScopeId& scope);
  std::optional<Bytes> record(const ScopeId& scope, const model::RecordKey& key);
  std::vector<model::Entry> entries(const ScopeId& scope);

  void save(const std::string& name);      // a backup
  void put_back(const std::string& name);  // and its return: a new epoch begins

  // Non-empty: why this transaction is refused.
  std::function<std::string(const model::Transaction&)> refuse;
  bool keeps_backup = false;  // kept_to stays at `backup_to`
  uint64_t backup_to = 0;
  uint64_t snapshot_at = 0;  // first syncs get a snapshot of this position; 0: an empty one
  Bytes sealing_key, sealing_secret;  // made by make_sealing_key()
  void make_sealing_key();
  bool forgets_sealing_key = false;  // offers of what is sealed find no key
  std::vector<model::TransactionId> wants;  // refused ones whose content it asks for again, in the next answer
  std::vector<Bytes> contents;              // and what came
  std::function<void(proto::OlderPage&)> bend_older;  // lies about older history

 private:
  struct Scope {
    log::ScopeKey key;
    std::string kind;
    ScopeId parent;
  };
  struct Refused {
    ReplicaId replica;
    uint64_t counter;
    std::set<model::RecordKey> records;
  };
  using Forked = std::set<std::pair<ScopeId, ReplicaId>>;  // in one request
  proto::Verdict judge(const Bytes& bytes, const proto::SyncRequest& request, const std::string& worker,
                       Forked& forked);
  proto::SealedVerdict judge_sealed(const proto::SealedEntry& sealed);
  proto::SealedState state_of(const proto::SealedStretch& stretch);
  proto::Verdict judge_offer(const proto::Offer& offer);
  proto::Verdict known(const model::TransactionId& id, const Hash256& hash, const Scope& scope, bool& is_known);
  std::string reason_to_refuse(const model::Transaction& transaction);
  model::Entry sequence(const Scope& scope, const proto::DecodedTransaction& decoded, const Bytes& bytes,
                        const std::string& reason, int64_t sent_at_ms);
  model::Envelope envelope(const Scope& scope, uint64_t ord);
  proto::Page page(const proto::Cursor& cursor, const ReplicaId& replica, size_t budget, bool& more);
  void add_older(proto::SyncResponse& response, const proto::OlderWanted& wanted, size_t budget,
                 const std::string& worker);
  void add_snapshot(proto::Page& page, const Scope& scope, const proto::Cursor& cursor, size_t budget, bool& more);
  Scope& open_scope(const ScopeId& id, const std::string& kind, const ScopeId& parent);

  ManualClock& clock_;
  SeededRandom random_{99};
  std::string directory_, organisation_;
  std::unique_ptr<sqlite::Database> db_;
  std::map<ScopeId, Scope> scopes_;
  std::map<ScopeId, std::vector<Refused>> refused_;
  std::map<model::TransactionId, uint64_t> releases_;  // and where they stand
  std::map<std::string, std::map<ScopeId, proto::Grant>> grants_;
  uint64_t grants_version_ = 1;
  EpochId epoch_;
  ReplicaId own_;
  uint64_t file_number_ = 0;
};

}  // namespace satchel::test
