// A central store for inputs each of which is to find it as the one before did: the real service with its database on a
// disk in memory, two workers signed in, a few cases with records, one transaction that was refused.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/log/log.hpp"
#include "server/admin.hpp"
#include "server/authenticate.hpp"
#include "server/service.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/temporary_directory.hpp"

namespace satchel::fuzz {

inline const std::string organisation = "north";

// What one replica has written in one scope so far.
struct Hand {
  uint64_t counter = 0;
  model::Version base;   // of its last transaction
  Bytes last;            // encoded
};

// What of the centre an input may speak of.
struct Known {
  std::string worker = "amy", token, credential;
  ReplicaId replica, other;            // amy's own; ben's
  std::vector<ScopeId> scopes;         // two cases that amy may write in, a team to read, ben's case, one of nobody
  std::vector<RecordId> records;
  std::map<ScopeId, Hand> hands;       // of amy's replica
  std::map<ScopeId, log::ScopeState> states;
};

// Keeps the last line of a failure, to be told when an input ends the run.
class LastError final : public Logger {
 public:
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;
  std::string line;
  bool log_set_aside = false;  // it was told that the write-ahead log was not used
};

class FreshCentre {
 public:
  FreshCentre();
  server::Service& service() { return *service_; }
  server::Admin& admin() { return *admin_; }
  const Known& known() const { return known_; }
  const std::string& last_error() const { return logger_.line; }
  bool log_set_aside() const { return logger_.log_set_aside; }
  // Whether anything was written since it was fresh.
  bool changed() const { return disk_.operations() != operations_; }
  // Stops and starts what is there now.
  Result<> restart();
  // As it was at first.
  void renew();

  using Files = std::map<std::string, Bytes>;
  // Its files as it was at first, with all their names; killed: as a process leaves them that did not end by itself.
  const Files& files(bool killed) const { return killed ? killed_files_ : files_; }
  // With these files in the place of its own. The error is that of Service::open or Admin::open.
  Result<> open_with(const Files& files);
  Bytes note(const ScopeId& scope, const RecordId& record);  // a transaction of amy's that it may accept

 private:
  Result<> open();
  void close();
  void fill();
  std::string token_of(const std::string& worker) const;
  std::string sign_in(const std::string& worker, const ReplicaId& replica);
  void push(const std::string& credential, const Bytes& transaction);

  test::TemporaryDirectory directory_;  // of keys to sign in with
  support::MemoryDisk disk_;
  ManualClock clock_;
  SeededRandom random_{1};
  LastError logger_;
  Known known_;
  Files files_, killed_files_;
  uint64_t operations_ = 0;
  server::ServiceOptions options_;
  std::unique_ptr<server::Authenticator> authenticator_;
  std::unique_ptr<server::Service> service_;
  std::unique_ptr<server::Admin> admin_;
};

// A transaction of the header's replica, which goes on from what that wrote; what it wrote is moved on. `base` of the
// header counts for others, `shown` is cut to base, and empty is all of it. Errors as encode_transaction's.
Result<Bytes> write(Hand& hand, const model::Header& header, std::vector<model::Op> ops, Random& random);

}  // namespace satchel::fuzz
