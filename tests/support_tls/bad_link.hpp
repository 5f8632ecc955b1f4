// A bad radio link on loopback: a TCP forwarder that is slow, far away, cuts after a byte or goes silent. What runs
// through it is real TLS of a real client to a real server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace satchel::test {

struct LinkQuality {
  int64_t bits_per_s = 0;  // each way; 0: as fast as loopback
  int64_t one_way_ms = 0;
  int64_t cut_to_server_after = -1;  // bytes of this connection; then both ends are reset. -1: never
  int64_t cut_to_client_after = -1;
  int64_t silent_to_client_after = -1;  // half-open: from there on nothing comes back and nobody is told
};

class BadLink {
 public:
  // Asked once per connection (1, 2, ...), on the link's thread.
  using Plan = std::function<LinkQuality(int connection)>;
  BadLink(int to_port, Plan plan) : BadLink(to_port, std::move(plan), false) {}
  // An HTTP proxy instead: waits for a CONNECT (RFC 9110 §9.3.6), answers it, and then forwards.
  static std::unique_ptr<BadLink> http_proxy(int to_port) {
    return std::unique_ptr<BadLink>(new BadLink(
        to_port, [](int) { return LinkQuality{}; }, true));
  }
  ~BadLink();
  int port() const;
  std::string url(const std::string& host = "127.0.0.1") const;
  int connections() const;
  int64_t bytes_to_server() const;  // of all connections so far
  int64_t bytes_to_client() const;
  std::string asked_for() const;  // of a proxy: what the last CONNECT named

 private:
  BadLink(int to_port, Plan plan, bool proxy);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::test
