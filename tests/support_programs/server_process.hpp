// satchel-server as a process of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support_programs/process.hpp"

namespace satchel::test {

// Runs `satchel-server arguments...` to its end.
Outcome run_server(const std::vector<std::string>& arguments);

// A `satchel-server serve` that is ready to answer. Throws when it does not come to listening.
class ServerProcess {
 public:
  explicit ServerProcess(const std::vector<std::string>& arguments, uint16_t port = 0);  // 0: any that is free
  uint16_t port() const { return port_; }
  void signal(int number) { process_->signal(number); }
  int wait() { return process_->finish().code; }  // its exit code, as in Outcome
  // The next log line of that event, of those not read by an earlier call; empty: it ended before.
  std::string wait_for_line(const std::string& event);
  const std::string& log() const { return process_->err(); }  // what has been read so far

 private:
  std::unique_ptr<Process> process_;
  uint16_t port_ = 0;
};

}  // namespace satchel::test
