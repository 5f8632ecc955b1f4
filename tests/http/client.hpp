// Clients that owe nothing to sync/: libcurl for whole requests, OpenSSL for bytes as one likes, and a tablet made of
// nothing but the codec.
#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/random.hpp"
#include "proto/messages.hpp"

namespace satchel::http_test {

struct Response {
  int status = 0;                              // 0: no answer; `error` says why
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;
  std::string error;
};

struct Call {
  std::string method = "POST", path;
  std::vector<std::string> headers = {"content-type: application/x-protobuf"};
  std::string body;
};

class Client {
 public:
  Client(int port, std::string authority_file, std::string host = "localhost");
  ~Client();
  Response send(const Call& call);  // one connection, kept alive
  Response get(const std::string& path) { return send({"GET", path, {}, {}}); }
  Response post(const std::string& path, const std::string& body) { return send({"POST", path, Call{}.headers, body}); }
  int connections() const;          // opened by the last send: 0 when one was kept

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// TLS, and below it whatever bytes the test wants.
class RawClient {
 public:
  // `resume`: a session of an earlier connection. `newest_tls`: TLS1_1_VERSION or the like; 0: whatever there is.
  // Throws std::runtime_error when the handshake fails.
  explicit RawClient(int port, RawClient* resume = nullptr, int newest_tls = 0);
  ~RawClient();
  bool write(const std::string& bytes);
  std::string read_all();      // until the server closes
  std::string read_some();     // one piece; empty: closed
  bool resumed() const;
  std::string version() const;  // "TLSv1.3"
  void vanish();                // closes the socket without a word

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A tablet of one worker: session, transactions, sync requests.
class Tablet {
 public:
  Tablet(Client& client, std::string organisation, std::string worker, uint64_t seed);
  // False when the centre refuses; response() has its words.
  bool sign_in(const std::string& token);
  // One transaction that creates a task with `title` in `scope`, as bytes for a push.
  proto::Push write_task(const ScopeId& scope, const std::string& title);
  // Sends; the answer must be a SyncResponse (checked).
  proto::SyncResponse sync(const proto::SyncRequest& request);
  Response raw_sync(const proto::SyncRequest& request);
  std::string authorization() const { return "authorization: Bearer " + credential_; }
  const Response& response() const { return response_; }
  ReplicaId replica() const { return replica_; }
  proto::Cursor cursor(const ScopeId& scope) const;

 private:
  Client& client_;
  SeededRandom random_;
  std::string organisation_, worker_, credential_;
  ReplicaId replica_;
  std::map<ScopeId, uint64_t> counters_;
  Response response_;
};

proto::Failure failure_of(const Response& response);  // throws when the body is none

}  // namespace satchel::http_test
