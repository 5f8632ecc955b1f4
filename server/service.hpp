// server: the central store. This file: requests in, answers out - no sockets, no threads, no clock but the given one,
// so that tests and the simulator call the very service that runs behind HTTPS. Owned invariants (DESIGN §2.4-2.8):
//   a slot gets its verdict once and its envelope once; positions come from the scope's row inside the accepting
//   transaction; what was answered is durable; not a byte of a scope leaves without a right to it.
// May include core/log, never core/store, never sync.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/logger.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/model/schema.hpp"
#include "core/sqlite/database.hpp"
#include "proto/messages.hpp"
#include "server/authenticate.hpp"
#include "server/files.hpp"

namespace satchel::server {

struct Request {
  std::string path;           // "/v1/session", "/v1/sync"
  std::string authorization;  // header as received
  Bytes body;                 // already decompressed
  bool resumed = false;       // a parked long poll that is asked again; its pushes were handled the first time
};

struct Reply {
  int status = 200;
  Bytes body;                  // protobuf, not compressed; Failure when status != 200
  uint32_t retry_after_s = 0;  // 0: no header
  // Nothing new yet and the request may wait: hand the same request in again, resumed, when wake() moved or at the
  // latest after park_ms. 0: answer now. `body` is a complete answer all the same, for the end of the wait.
  uint32_t park_ms = 0;
  std::string replica;  // first 8 hexadecimal digits of the replica that asked, for the log; empty: not known
};

struct ServiceOptions {
  std::string data_dir;  // centre.db and, beside it, the ledger, nonce and keys (keys_dir may be elsewhere)
  std::string keys_dir;  // envelope and sealing keys: outside the database and outside the backup
  bool backup_configured = false;
  size_t push_bytes_most = 8 << 20;
  size_t answer_bytes_most = 4 << 20;
  int64_t session_ms = 15 * 60'000;
  std::string vfs;                 // tests
  std::shared_ptr<Files> files;    // tests; empty: the system's
};

class Service {
 public:
  // Opens the central store, detects a restore, replays the ledger. Code::newer_format, corrupt, invalid (schema).
  static Result<std::unique_ptr<Service>> open(const ServiceOptions& options, model::Schema schema,
                                               Authenticator& authenticator, const Clock& clock, Random& random,
                                               Logger& logger);
  virtual ~Service() = default;  // a clean shutdown: leaves the nonce

  // Handles the requests of many devices: all pushes in one SQLite transaction, durable before any answer, then the
  // pulls in one later snapshot. replies[i] answers requests[i].
  virtual std::vector<Reply> handle(const std::vector<Request>& requests) = 0;

  // Moves whenever a parked request may have news (also by another process: the admin commands).
  virtual uint64_t wake() = 0;
  virtual Result<> ready() = 0;  // readiness: can it write?
};

}  // namespace satchel::server
