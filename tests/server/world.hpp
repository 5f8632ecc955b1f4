// A central store in a scratch directory and tablets that speak to it: the real Service in this process, transactions
// built by hand, a mirror (core/log) on each tablet that applies the pages and compares the digests they carry.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/log/log.hpp"
#include "proto/codec.hpp"
#include "proto/messages.hpp"
#include "server/admin.hpp"
#include "server/service.hpp"
#include "tests/support/domain_schema.hpp"
#include "tests/support/temporary_directory.hpp"

namespace satchel::server::test {

using satchel::test::domain_schema;

inline constexpr const char* org = "northside";

template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " [" + result.error().place + "]");
  return std::move(result).value();
}
inline void must(Result<> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " [" + result.error().place + "]");
}

// Tokens are "organisation/worker"; "bad" anything else.
class PlainIdentity final : public Authenticator {
 public:
  Result<Claims> authenticate(std::string_view token) override;
};

class Lines final : public Logger {
 public:
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;
  bool has(std::string_view words) const;
  std::vector<std::string> lines;
};

void copy_over(const std::string& from, const std::string& to);

class World {
 public:
  explicit World(model::Schema its_schema = domain_schema());
  ~World();
  void start();  // Code as an exception when it cannot
  Result<> try_start();
  void stop() { service.reset(); }  // a clean shutdown
  void crash();                     // as after SIGKILL: the files as they are at this moment
  // The bare file, between a clean stop and the next start.
  void keep_for_tomorrow();
  void back_to_yesterday();
  void configure_backup();  // so that devices keep what no backup holds
  std::unique_ptr<Admin> admin();
  ScopeId grant(const std::string& worker, const std::string& kind = "case", const std::string& role = "writer");
  void grant_in(const std::string& worker, const ScopeId& scope, const std::string& role = "writer");
  Reply post(const std::string& path, const std::string& authorization, const Bytes& body, bool resumed = false);
  std::string file(const std::string& name) const { return options.data_dir + "/" + name; }

  satchel::test::TemporaryDirectory scratch;
  const std::filesystem::path directory = scratch.path();
  ManualClock clock;
  SeededRandom random{7};
  Lines logger;
  PlainIdentity identity;
  ServiceOptions options;
  model::Schema schema;  // from the next start on
  std::unique_ptr<Service> service;

 private:
  int lives_ = 0;
};

model::Op create(const std::string& collection, const RecordId& record);
// Of a text: puts words in at a place.
model::Op write_text(const std::string& collection, const RecordId& record, const std::string& field,
                     const std::string& words, uint32_t at = 0);
model::Op assign(const std::string& collection, const RecordId& record, const std::string& field, model::Kind kind,
                 const std::string& text);

struct Written {
  model::Transaction transaction;
  Bytes bytes;
  Hash256 hash;
  model::TransactionId id() const { return transaction.header.id; }
};

class Tablet {
 public:
  Tablet(World& world, std::string worker);
  Reply try_sign_in(const Bytes& proof);
  void sign_in();

  // Writes into the outbox; `change` may bend the header first.
  const Written& write(const ScopeId& scope, std::vector<model::Op> ops,
                       const std::function<void(model::Header&)>& change = {});
  const Written& note(const ScopeId& scope, const std::string& words, const RecordId& record = {});

  proto::SyncRequest request(bool with_outbox = true);
  Reply send(const proto::SyncRequest& request, bool resumed = false);
  proto::SyncResponse answer(const proto::SyncRequest& request);  // status 200, decoded, not applied
  proto::SyncResponse sync();                                     // once: send all, apply all
  void sync_all();                                                // until the centre has no more
  void apply(const proto::SyncResponse& response);
  proto::Verdict push(const Written& written);  // this one alone; nothing applied

  model::Version version(const ScopeId& scope);
  log::ScopeState state(const ScopeId& scope);
  bool holds(const ScopeId& scope);
  // Texts of a field, as merged here.
  std::vector<std::string> values(const ScopeId& scope, const std::string& collection, const RecordId& record,
                                  const std::string& field);

  World& world;
  std::string worker;
  ReplicaId replica;
  Bytes proof;
  std::string credential;
  uint64_t grants_version = 0;
  uint64_t budget = 1 << 20;
  std::vector<proto::Grant> grants;
  std::deque<Written> written;         // everything ever, stable addresses
  std::vector<const Written*> outbox;  // without a verdict
  std::vector<proto::Offer> offers;
  std::map<model::TransactionId, proto::Verdict> verdicts;
  std::vector<ScopeId> purged;
  std::set<ScopeId> ask_history;
  sqlite::Database db;
  log::Log mirror;
  uint64_t snapshots = 0, restarts = 0, rewinds = 0;

 private:
  void apply_page(const proto::Page& page);
  void apply_entry(const log::ScopeState& scope, model::Entry entry);
  log::ScopeKey key(const ScopeId& scope);
  std::map<ScopeId, uint64_t> counters_;
  std::map<ScopeId, model::Version> bases_;
  std::map<ScopeId, proto::SnapshotProgress> under_way_;
  std::set<ScopeId> unheld_;  // cursor without an epoch
  bool all_sent_ = false;
};

}  // namespace satchel::server::test
