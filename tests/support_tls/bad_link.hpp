// A bad radio link on loopback: a TCP forwarder that does to a connection what mobile networks do. It never looks
// inside: what passes is real TLS of a real client to a real server. One thread of its own; every method from any
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace satchel::test {

struct Faults {
  // Bytes of one connection towards the server (up) or the client (down); then both ends are reset.
  std::optional<uint64_t> cut_up_after = {}, cut_down_after = {};
  // Half-open: from there on nothing arrives and nobody is told.
  std::optional<uint64_t> silent_up_after = {}, silent_down_after = {};
  // Once so many answers have begun since set(), nothing more goes up: a client that is not done needs another one.
  std::optional<uint64_t> answers_most = {};
  bool lose_answers = false;     // the server has answered: what it did stands; its answer is thrown away, then a reset
  bool refuse = false;           // resets at once: no network
  uint64_t bits_per_second = 0;  // each way; 0: as fast as it goes
  int64_t delay_ms = 0;          // each way: half of a round trip
  uint64_t times = UINT64_MAX;   // after so many strikes it is gone
};

class BadLink {
 public:
  explicit BadLink(int to_port, const Faults& faults = {}) : BadLink(to_port, faults, false) {}
  // An HTTP proxy instead: waits for a CONNECT (RFC 9110 §9.3.6), answers it, and then forwards.
  static std::unique_ptr<BadLink> http_proxy(int to_port) {
    return std::unique_ptr<BadLink>(new BadLink(to_port, {}, true));
  }
  ~BadLink();
  uint16_t port() const;
  std::string url(const std::string& host = "127.0.0.1") const;

  void set(const Faults& faults);  // for open connections too; strikes count from here
  void heal() { set({}); }
  void retarget(int to_port);  // for new connections
  void cut_now();              // resets every open connection
  // Until faults have struck so often since set(); false after half a minute.
  bool wait_for_strikes(uint64_t count) const;
  uint64_t strikes() const;  // at most one a connection

  uint64_t connections() const;  // of all time, like the rest
  uint64_t bytes_up() const;
  uint64_t bytes_down() const;
  uint64_t tls_records() const;    // both ways
  std::string asked_for() const;  // of a proxy: what the last CONNECT named

 private:
  BadLink(int to_port, const Faults& faults, bool proxy);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::test
