// A small HTTPS server on loopback whose answers a test scripts. One thread per connection; nothing sleeps.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support_tls/certificates.hpp"

namespace satchel::test {

struct ScriptedRequest {
  std::string method, path;
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body = {};
  int connection = 0;  // 1, 2, ... in the order of arrival
};

struct ScriptedAnswer {
  int status = 200;
  std::map<std::string, std::string> headers = {{"content-type", "application/x-protobuf"}};
  std::string body = {};
  bool close = false;   // after the answer
  bool silent = false;  // never answers; the connection stays open until the server is stopped
  bool drop = false;    // closes without an answer
};

class TlsServer {
 public:
  using Script = std::function<ScriptedAnswer(const ScriptedRequest&)>;  // on the connection's thread
  struct Options {
    int newest_tls = 0;  // e.g. TLS1_1_VERSION; 0: whatever OpenSSL offers
  };
  TlsServer(const Certificate& certificate, Script script) : TlsServer(certificate, std::move(script), Options{}) {}
  TlsServer(const Certificate& certificate, Script script, Options options);
  ~TlsServer();  // closes every connection and waits for the threads

  int port() const;
  std::string url(const std::string& host = "127.0.0.1") const;
  // All requests that arrived whole so far.
  std::vector<ScriptedRequest> requests() const;
  int connections() const;
  // False when that many have not arrived within 30 seconds.
  bool wait_for_requests(size_t count) const;
  bool wait_for_open_connections(int count) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::test
