// The HTTPS server: one thread for sockets and TLS (Boost.Asio coroutines), one for the service (service_queue.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/logger.hpp"
#include "core/base/result.hpp"
#include "server/http/answer.hpp"
#include "server/http/service_queue.hpp"
#include "server/service.hpp"

namespace satchel::server::http {

// Times in milliseconds. Each bounds what a client can hold on to.
struct HttpOptions {
  std::string address = "127.0.0.1";       // IP address to listen on
  uint16_t port = 0;                       // 0: any free one, see HttpServer::port()
  std::string certificate_file, private_key_file;
  size_t connections_most = 4096;          // above: 503 with Retry-After, and above that no answer at all
  size_t header_bytes_most = 16 << 10;
  BodyLimits body;
  uint64_t memory_bytes_most = 1 << 30;    // bodies of all requests under way together; above: 503 with Retry-After
  int64_t handshake_ms = 10'000;
  int64_t header_ms = 10'000;              // from the first byte of a request to the end of its head
  int64_t idle_ms = 75'000;                // a kept connection without a request
  int64_t stall_ms = 30'000;               // no byte of a body moves, either way
  int64_t transfer_ms = 1'800'000;         // a whole body, either way: 4 MiB at 30 kbit/s take 1,120 s
  int64_t shutdown_ms = 10'000;            // after stop(): what has not been answered by then is cut off
  QueueOptions queue;
};

class HttpServer {
 public:
  // Listens and serves when it returns. Code::certificate (files), Code::invalid (address), Code::io (port taken).
  // All references are borrowed until the destructor has returned.
  static Result<std::unique_ptr<HttpServer>> start(const HttpOptions& options, Service& service, const Clock& clock,
                                                   Logger& logger);
  ~HttpServer();  // stop()

  uint16_t port() const;
  // From any thread but its own: reads certificate and key again; new connections use them. On error the old ones stay.
  Result<> reload_certificate();
  // Graceful: takes no new connections, answers parked long polls and what is under way, closes idle connections;
  // after shutdown_ms cuts off the rest. Returns when both threads have ended.
  void stop();
  bool failed() const;  // see ServiceQueue::failed()

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::server::http
