// A TCP proxy on loopback that does to a connection what mobile networks do: cuts it at a byte, loses the answer after
// the request went through, slows it down, keeps it half open. It never looks inside (what passes is TLS).
// One thread of its own; every method from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

namespace satchel::contract {

struct Faults {
  std::optional<uint64_t> cut_up_after;    // bytes towards the centre on one connection, then it is reset
  std::optional<uint64_t> cut_down_after;  // bytes towards the tablet, likewise
  bool lose_answers = false;               // what comes back once the request had begun is thrown away, then a reset
  uint64_t lose_answers_after_up = 0;      // with lose_answers: only after so many bytes went up (past the handshake)
  bool half_open = false;                  // accepts, takes everything, never answers
  bool refuse = false;                     // resets at once: no network
  uint64_t bits_per_second = 0;            // each way; 0: as fast as it goes
  int64_t delay_ms = 0;                    // each way: half of a round trip
  uint64_t times = UINT64_MAX;             // on so many connections that it struck, then it is gone
};

class Proxy {
 public:
  explicit Proxy(uint16_t target_port);
  ~Proxy();
  uint16_t port() const;
  void set(const Faults& faults);
  void heal() { set({}); }
  void retarget(uint16_t port);            // for new connections
  void cut_now();                          // resets every open connection
  uint64_t bytes_up() const;
  uint64_t bytes_down() const;
  uint64_t connections() const;
  uint64_t strikes() const;                // how often a fault has struck

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::contract
