#include "tests/cli/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <random>

namespace test {
namespace {

constexpr int patience_ms = 60'000;

[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments,
                         const Environment& environment, int out, int err) {
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  for (const char* name : {"SATCHEL_STORE", "SATCHEL_TOKEN"}) ::unsetenv(name);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> list = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) list.push_back(const_cast<char*>(argument.c_str()));
  list.push_back(nullptr);
  ::execv(program.c_str(), list.data());
  ::_exit(127);
}

}  // namespace

Process::Process(const std::string& program, const std::vector<std::string>& arguments,
                 const Environment& environment) {
  std::array<int, 2> out, err;
  REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0);
  REQUIRE(::pipe2(err.data(), O_CLOEXEC) == 0);
  pid_ = ::fork();
  if (pid_ == 0) become(program, arguments, environment, out[1], err[1]);
  REQUIRE(pid_ > 0);
  ::close(out[1]);
  ::close(err[1]);
  out_fd_ = out[0];
  err_fd_ = err[0];
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  for (const int fd : {out_fd_, err_fd_}) {
    if (fd >= 0) ::close(fd);
  }
}

bool Process::read_some(int timeout_ms) {
  std::array<pollfd, 2> wait = {{{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}}};
  if (::poll(wait.data(), wait.size(), timeout_ms) <= 0) return false;
  const std::array<std::pair<int*, std::string*>, 2> streams = {{{&out_fd_, &out_}, {&err_fd_, &err_}}};
  for (size_t i = 0; i < streams.size(); ++i) {
    if (wait[i].revents == 0) continue;
    std::array<char, 4096> part;
    const ssize_t size = ::read(*streams[i].first, part.data(), part.size());
    if (size > 0) {
      streams[i].second->append(part.data(), static_cast<size_t>(size));
    } else {
      ::close(*streams[i].first);
      *streams[i].first = -1;
    }
  }
  return true;
}

bool Process::wait_for(const std::string& text) {
  for (;;) {
    const std::array<std::pair<const std::string*, size_t*>, 2> streams = {{{&out_, &out_seen_}, {&err_, &err_seen_}}};
    for (const auto& [stream, seen] : streams) {
      const size_t at = stream->find(text, *seen);
      if (at == std::string::npos) continue;
      *seen = at + text.size();
      return true;
    }
    if (out_fd_ < 0 && err_fd_ < 0) return false;
    if (!read_some(patience_ms)) return false;
  }
}

void Process::signal(int number) const { ::kill(pid_, number); }

Outcome Process::finish() {
  while (out_fd_ >= 0 || err_fd_ >= 0) REQUIRE(read_some(patience_ms));
  int status = 0;
  REQUIRE(::waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out_, err_};
}

std::vector<std::string> Tablet::arguments(std::vector<std::string> more) const {
  more.insert(more.end(), {"--store", store_});
  return more;
}

Outcome Tablet::run(std::vector<std::string> more, const Environment& environment) const {
  return Process(SATCHEL_BINARY, arguments(std::move(more)), environment).finish();
}

Outcome Tablet::json(std::vector<std::string> more) const {
  more.push_back("--json");
  const Outcome outcome = run(std::move(more));
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.code == 0);
  return outcome;
}

Folder::Folder()
    : path_(std::filesystem::temp_directory_path() / ("satchel-cli-" + std::to_string(std::random_device{}()))) {
  std::filesystem::create_directories(path_);
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string write_schema(const Folder& folder) {
  const std::string path = folder.file("schema.json");
  std::ofstream(path) << R"({
    "version": 1,
    "scopes": {"self": {"opened_by": ["writer"]}},
    "collections": {
      "note": {
        "scopes": ["self"],
        "fields": {
          "title": {"kind": "register", "type": "text", "indexed": true},
          "tags": {"kind": "set", "type": "text"},
          "phones": {"kind": "set", "parts": {"number": "text", "use": "text"}},
          "due": {"kind": "register", "type": "date", "indexed": true}
        }
      }
    }
  })";
  return path;
}

Tablet make_tablet(const Folder& folder, const std::string& name) {
  const Tablet tablet(folder.file(name));
  tablet.json({"init", "--schema", write_schema(folder), "--organisation", "north", "--worker", "anna"});
  return tablet;
}

}  // namespace test
