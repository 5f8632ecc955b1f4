// satchel-server as a process of its own.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace satchel::http_test {

struct Outcome {
  int exit_code = -1;  // 128 + n: ended by signal n
  std::string out, err;
};

// Runs `satchel-server arguments...` to its end.
Outcome run_server(const std::vector<std::string>& arguments);

// A `satchel-server serve --port 0` that is ready to answer.
class ServerProcess {
 public:
  explicit ServerProcess(const std::vector<std::string>& arguments);  // throws when it does not come to listening
  ~ServerProcess();                                                   // kills it, should it still run
  int port() const { return port_; }
  void signal(int number);
  int wait();                 // its exit code, as in Outcome
  std::string wait_for_line(const std::string& event);  // the next log line of that event; empty: it ended before
  const std::string& log() const { return log_; }       // what has been read so far

 private:
  std::string next_line();
  pid_t pid_ = -1;
  int log_fd_ = -1;
  int port_ = 0;
  std::string log_, pending_;
};

}  // namespace satchel::http_test
