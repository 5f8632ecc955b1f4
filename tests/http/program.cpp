#include "tests/http/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace satchel::http_test {
namespace {

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
};

pid_t spawn(const std::vector<std::string>& arguments, int out, int err) {
  std::vector<std::string> words = {SATCHEL_SERVER_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> raw;
  for (auto& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, SATCHEL_SERVER_BINARY, &actions, nullptr, raw.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("could not start " SATCHEL_SERVER_BINARY);
  return pid;
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Reads both to their ends; one after the other could block a child that fills the other.
void read_both(int out, int err, Outcome& outcome) {
  std::array<pollfd, 2> wanted{{{out, POLLIN, 0}, {err, POLLIN, 0}}};
  int open = 2;
  while (open > 0 && ::poll(wanted.data(), wanted.size(), 60'000) > 0) {
    for (size_t i = 0; i < wanted.size(); ++i) {
      if ((wanted[i].revents & (POLLIN | POLLHUP)) == 0) continue;
      char buffer[4096];
      const ssize_t count = ::read(wanted[i].fd, buffer, sizeof buffer);
      if (count > 0) {
        (i == 0 ? outcome.out : outcome.err).append(buffer, static_cast<size_t>(count));
      } else {
        wanted[i].fd = -1;
        --open;
      }
    }
  }
}

}  // namespace

Outcome run_server(const std::vector<std::string>& arguments) {
  Pipe out, err;
  const pid_t pid = spawn(arguments, out.ends[1], err.ends[1]);
  ::close(out.ends[1]);
  ::close(err.ends[1]);
  Outcome outcome;
  read_both(out.ends[0], err.ends[0], outcome);
  ::close(out.ends[0]);
  ::close(err.ends[0]);
  outcome.exit_code = exit_code_of(pid);
  return outcome;
}

ServerProcess::ServerProcess(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"serve", "--port", "0"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  Pipe err;
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  pid_ = spawn(words, null, err.ends[1]);
  ::close(null);
  ::close(err.ends[1]);
  log_fd_ = err.ends[0];
  const std::string line = wait_for_line("listening");
  if (line.empty()) throw std::runtime_error("the server did not start: " + log_);
  port_ = nlohmann::json::parse(line)["port"].get<int>();
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    static_cast<void>(exit_code_of(pid_));
  }
  if (log_fd_ >= 0) ::close(log_fd_);
}

void ServerProcess::signal(int number) { ::kill(pid_, number); }

int ServerProcess::wait() {
  while (!next_line().empty()) {
  }
  const int code = exit_code_of(pid_);
  pid_ = -1;
  return code;
}

std::string ServerProcess::next_line() {
  for (;;) {
    const size_t end = pending_.find('\n');
    if (end != std::string::npos) {
      std::string line = pending_.substr(0, end + 1);
      pending_.erase(0, end + 1);
      log_ += line;
      return line;
    }
    pollfd wanted{log_fd_, POLLIN, 0};
    if (::poll(&wanted, 1, 60'000) <= 0) return {};
    char buffer[4096];
    const ssize_t count = ::read(log_fd_, buffer, sizeof buffer);
    if (count <= 0) return {};
    pending_.append(buffer, static_cast<size_t>(count));
  }
}

std::string ServerProcess::wait_for_line(const std::string& event) {
  for (std::string line = next_line(); !line.empty(); line = next_line()) {
    if (line.find("\"event\":\"" + event + "\"") != std::string::npos) return line;
  }
  return {};
}

}  // namespace satchel::http_test
