#include "tests/support_programs/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <tuple>

namespace satchel::test {
namespace {

constexpr int patience_ms = 60'000;

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
};

std::vector<std::string> environment_with(const Environment& extra) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry, name = text.substr(0, text.find('='));
    bool replaced = name == "SATCHEL_STORE" || name == "SATCHEL_TOKEN";
    for (const auto& [key, value] : extra) replaced = replaced || key == name;
    if (!replaced) all.push_back(text);
  }
  for (const auto& [key, value] : extra) all.push_back(key + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

pid_t spawn(const std::string& program, const std::vector<std::string>& arguments, const Surroundings& around,
            const std::array<int, 3>& ends) {
  std::vector<std::string> words = {program}, environment = environment_with(around.environment);
  words.insert(words.end(), arguments.begin(), arguments.end());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; ++i) posix_spawn_file_actions_adddup2(&actions, ends[static_cast<size_t>(i)], i);
  if (!around.directory.empty()) posix_spawn_file_actions_addchdir_np(&actions, around.directory.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t usual;
  sigemptyset(&usual);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&usual, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);  // whatever the test does with them
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, program.c_str(), &actions, &attributes, pointers(words).data(),
                                    pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("could not start " + program);
  return pid;
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// The line that begins at `seen`, which moves behind it.
std::optional<std::string> line_of(const std::string& text, size_t& seen) {
  const size_t end = text.find('\n', seen);
  if (end == std::string::npos) return std::nullopt;
  std::string line = text.substr(seen, end - seen);
  seen = end + 1;
  return line;
}

void close_and_forget(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

}  // namespace

Process::Process(const std::string& program, const std::vector<std::string>& arguments, const Surroundings& around) {
  ::signal(SIGPIPE, SIG_IGN);  // a program that ended does not read on
  const Pipe in, out, err;
  pid_ = spawn(program, arguments, around, {in.ends[0], out.ends[1], err.ends[1]});
  for (const int theirs : {in.ends[0], out.ends[1], err.ends[1]}) ::close(theirs);
  in_fd_ = in.ends[1];
  out_fd_ = out.ends[0];
  err_fd_ = err.ends[0];
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(-pid_, SIGKILL);
    static_cast<void>(exit_code_of(pid_));
  }
  for (int* fd : {&in_fd_, &out_fd_, &err_fd_}) close_and_forget(*fd);
}

void Process::write(const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t count = ::write(in_fd_, text.data() + at, text.size() - at);
    if (count <= 0) throw std::runtime_error("the program does not read its input: " + err_);
    at += static_cast<size_t>(count);
  }
}

bool Process::read_some() {
  std::array<pollfd, 2> wait = {{{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}}};
  if (::poll(wait.data(), wait.size(), patience_ms) <= 0) return false;
  read_ready(wait[0].revents, wait[1].revents);
  return true;
}

// What poll() said of each stream.
void Process::read_ready(short out, short err) {
  using Stream = std::tuple<short, int*, std::string*>;
  const std::array<Stream, 2> streams = {{{out, &out_fd_, &out_}, {err, &err_fd_, &err_}}};
  for (const auto& [ready, fd, text] : streams) {
    if (ready == 0) continue;
    std::array<char, 4096> part;
    const ssize_t size = ::read(*fd, part.data(), part.size());
    if (size > 0) {
      text->append(part.data(), static_cast<size_t>(size));
    } else {
      close_and_forget(*fd);
    }
  }
}

bool Process::listen(const std::vector<Process*>& to, int64_t most_ms) {
  std::vector<pollfd> wait;
  for (const Process* one : to) {
    wait.push_back({one->out_fd_, POLLIN, 0});
    wait.push_back({one->err_fd_, POLLIN, 0});
  }
  if (::poll(wait.data(), wait.size(), static_cast<int>(most_ms)) <= 0) return false;
  for (size_t i = 0; i < to.size(); ++i) to[i]->read_ready(wait[2 * i].revents, wait[2 * i + 1].revents);
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
    if (!read_some()) return false;
  }
}

std::string Process::next_error_line() {
  for (;;) {
    if (const auto line = line_of(err_, lines_seen_)) return *line + "\n";
    if (err_fd_ < 0 || !read_some()) return {};
  }
}

std::optional<std::string> Process::heard_line() { return line_of(out_, out_lines_seen_); }
std::optional<std::string> Process::heard_error_line() { return line_of(err_, lines_seen_); }

void Process::signal(int number) const { ::kill(-pid_, number); }

Outcome Process::finish() {
  close_and_forget(in_fd_);
  while (out_fd_ >= 0 || err_fd_ >= 0) {
    if (!read_some()) throw std::runtime_error("the program hangs; it said: " + out_ + err_);
  }
  const int code = exit_code_of(pid_);
  pid_ = -1;
  return {code, out_, err_};
}

Outcome run(const std::string& program, const std::vector<std::string>& arguments, const Surroundings& around) {
  return Process(program, arguments, around).finish();
}

}  // namespace satchel::test
