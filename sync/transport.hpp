// sync: the session (pure state machine), the engine that drives it over a store, and how bytes travel. Owned
// invariant: whatever the network does, the store sees each answer at most once and whole, and a request is repeated
// until it is answered. Does not merge, does not judge, holds no data of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace satchel::sync {

struct HttpRequest {
  std::string method = "POST";
  std::string path;                              // "/v1/sync"; the transport knows the base URL
  std::map<std::string, std::string> headers;    // lower-case names
  Bytes body;
  int64_t timeout_ms = 600'000;                  // for the whole exchange, on top of wait_ms; stall_ms ends dead ones
  int64_t wait_ms = 0;                           // long poll: how long the other side may be silent before it answers
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;    // lower-case names
  Bytes body;
};

struct Progress {
  uint64_t sent = 0, to_send = 0, received = 0, to_receive = 0;  // bytes; 0: unknown
};

class Transport {
 public:
  using CallId = uint64_t;
  using Done = std::function<void(Result<HttpResponse>)>;      // exactly once per send, from any thread, never inside send
  using OnProgress = std::function<void(const Progress&)>;
  virtual ~Transport() = default;                                // cancels what is under way; no callback afterwards
  virtual CallId send(HttpRequest request, Done done, OnProgress progress = {}) = 0;
  virtual void cancel(CallId call) = 0;                          // done gets Code::cancelled
};

// TLS by libcurl. Exactly one of: host bundle (default), a given CA bundle, or at least two SPKI pins
// (base64 SHA-256, RFC 7469 form), current and spare.
struct CurlOptions {
  std::string base_url;             // "https://host:port"; http:// is refused
  std::string ca_file;              // PEM bundle instead of the host's
  std::vector<std::string> pins;    // "sha256/..."
  std::string proxy;                // "http://host:port"; empty: what the environment says (https_proxy, no_proxy)
  int64_t connect_timeout_ms = 15'000;
  int64_t stall_ms = 30'000;        // no byte either way for this long: give up (half-open connections)
  size_t answer_bytes_most = 32 << 20;  // a larger answer is refused (Code::protocol)
  std::string user_agent = "satchel";
  // Plain words about something that works but needs attention: the centre answers with a spare pin. Called on the
  // transport's thread, once per key; must not call back into the transport.
  std::function<void(const std::string& words)> on_notice;
};
// Callbacks run on the transport's own thread. The transport must not be destroyed inside one of them.
// Code::invalid: no https, both ca_file and pins, fewer than two pins, a pin that is not sha256/<44 base64 characters>.
Result<std::unique_ptr<Transport>> make_curl_transport(const CurlOptions& options);

}  // namespace satchel::sync
