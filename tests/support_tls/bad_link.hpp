// A bad radio link on loopback: a TCP forwarder that is slow, far away, cuts after a byte or goes silent. What runs
// through it is real TLS of a real client to a real server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace satchel::test {

struct LinkQuality {
  int64_t bits_per_s = 0;                 // each way; 0: as fast as loopback
  int64_t one_way_ms = 0;
  int64_t cut_to_server_after = -1;       // bytes of this connection; then both ends are reset. -1: never
  int64_t cut_to_client_after = -1;
  int64_t silent_to_client_after = -1;    // half-open: from there on nothing comes back and nobody is told
};

class BadLink {
 public:
  // Asked once per connection (1, 2, ...), on the link's thread.
  using Plan = std::function<LinkQuality(int connection)>;
  BadLink(int to_port, Plan plan);
  ~BadLink();
  int port() const;
  std::string url(const std::string& host = "127.0.0.1") const;
  int connections() const;
  int64_t bytes_to_server() const;  // of all connections so far
  int64_t bytes_to_client() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::test
