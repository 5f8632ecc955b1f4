// A central store and tablets on disks in memory, speaking the messages of docs/PROTOCOL.md without a network: the real
// Service, the real Store. What is on a disk can be taken out as files and put back, and each can stop dead at any
// step.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/logger.hpp"
#include "core/base/random.hpp"
#include "core/store/store.hpp"
#include "server/admin.hpp"
#include "server/service.hpp"
#include "tests/compat_support/kept_set.hpp"
#include "tests/support/domain_schema.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/memory_secrets.hpp"

namespace satchel::compat {

template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " [" + result.error().place + "]");
  return std::move(result).value();
}
inline void must(Result<> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " [" + result.error().place + "]");
}

inline constexpr const char* organisation = "north-net";

// Tokens are "organisation/worker".
class PlainIdentity final : public server::Authenticator {
 public:
  Result<server::Claims> authenticate(std::string_view token) override;
};

class Centre {
 public:
  Centre(ManualClock& clock, std::string schema, uint64_t seed);
  void load(const FilesByName& files) { disk.put_back(files); }
  FilesByName files() const;  // of a closed centre; without its locks
  Result<> open();
  void close() { service.reset(); }
  std::unique_ptr<server::Admin> admin();
  server::Reply ask(const std::string& path, const std::string& authorization, const Bytes& body);

  ManualClock& clock;
  std::string schema;
  support::MemoryDisk disk;
  SeededRandom random;
  NullLogger logger;
  PlainIdentity identity;
  std::unique_ptr<server::Service> service;

 private:
  server::ServiceOptions options();
  std::shared_ptr<server::Files> files_;
};

class Tablet {
 public:
  Tablet(ManualClock& clock, std::string worker, std::string schema, uint64_t seed);
  // Of kept files and secrets, not yet open; worker and schema are those in the file.
  Tablet(ManualClock& clock, const FilesByName& files, std::map<std::string, Bytes> secrets, uint64_t seed);
  Result<> open();
  void close();
  FilesByName files() const;  // of a closed store

  // As satchel_transact takes it.
  Result<store::Receipt> try_write(const nlohmann::json& commit);
  void write(const nlohmann::json& commit) { must(try_write(commit)); }
  // Signs in, and syncs until nothing is left. What went over the wire is added to `record`, when it is given.
  void sync(Centre& centre, std::vector<Exchange>* record = nullptr);
  // Everything that a person can see, in a form that does not change with the interface: records with their fields,
  // conflicts, what was set aside, how much is unsent.
  nlohmann::json contents();
  nlohmann::json scopes();  // id -> digests, as the centre's own scopes() has them

  ManualClock& clock;
  std::string worker;
  std::string schema;  // empty: the one in the file
  support::MemoryDisk disk;
  std::shared_ptr<support::MemorySecrets> secrets = std::make_shared<support::MemorySecrets>();
  SeededRandom random;
  NullLogger logger;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Reader> reader;

 private:
  server::Reply exchange(Centre& centre, std::vector<Exchange>* record, const std::string& path,
                         const std::string& authorization, const Bytes& body);
};

// Of every scope that both hold: "" or what differs.
std::string differences(Tablet& tablet, Centre& centre);

}  // namespace satchel::compat
