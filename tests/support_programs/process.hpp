// A program that runs beside the test: arguments in, output and exit code out. One thread at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace satchel::test {

struct Outcome {
  int code = -1;  // 128 + n: ended by signal n
  std::string out, err;
};

// Set in addition to the test's own environment, out of which SATCHEL_STORE and SATCHEL_TOKEN are taken.
using Environment = std::vector<std::pair<std::string, std::string>>;

struct Surroundings {
  Environment environment;
  std::string directory;  // to start in; empty: the test's own
};

// In a process group of its own, all of which is killed when the object goes. Throws std::runtime_error when the
// program cannot be started, or is silent for a minute where more is awaited.
class Process {
 public:
  Process(const std::string& program, const std::vector<std::string>& arguments, const Surroundings& around = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void write(const std::string& text);  // to its input
  // Reads on until `text` has come out (of either stream) behind what an earlier call waited for; false when the
  // program ended or a minute passed before.
  bool wait_for(const std::string& text);
  // The next line of its error stream with its end; empty: there is none any more.
  std::string next_error_line();
  // Of several programs at once: reads what any of them says, waiting at most so long for the first word. True: there
  // was one, or one of them ended.
  static bool listen(const std::vector<Process*>& to, int64_t most_ms);
  // The next whole line of what has been read of its output, or of its error stream, without its end. Does not wait.
  std::optional<std::string> heard_line();
  std::optional<std::string> heard_error_line();
  bool ended() const { return out_fd_ < 0 && err_fd_ < 0; }  // has closed both streams: only finish() is left
  pid_t pid() const { return pid_; }
  void signal(int number) const;  // to the whole group, as a terminal does
  Outcome finish();               // closes its input and reads to the end
  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

 private:
  bool read_some();
  void read_ready(short out, short err);
  pid_t pid_ = -1;
  int in_fd_ = -1, out_fd_ = -1, err_fd_ = -1;
  std::string out_, err_;
  size_t out_seen_ = 0, err_seen_ = 0, lines_seen_ = 0, out_lines_seen_ = 0;
};

// To its end.
Outcome run(const std::string& program, const std::vector<std::string>& arguments, const Surroundings& around = {});

}  // namespace satchel::test
