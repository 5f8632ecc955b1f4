#include "demo/centre.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <thread>

namespace satchel::demo {
namespace {

// Starts the program with its output going to `output`; the child ends with its parent's group.
pid_t spawn(const std::filesystem::path& program, const std::vector<std::string>& arguments, int output) {
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot start " + program.string());
  if (child == 0) {
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execv(words[0], words.data());
    _exit(127);
  }
  return child;
}

// The port stands in the line with which the server says that it listens.
uint16_t port_in(const std::filesystem::path& log) {
  std::ifstream in(log);
  for (std::string line; std::getline(in, line);) {
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    if (parsed.is_object() && parsed.contains("port")) return parsed["port"].get<uint16_t>();
  }
  return 0;
}

}  // namespace

Centre::Centre(std::filesystem::path program, std::filesystem::path directory)
    : program_(std::move(program)), directory_(std::move(directory)) {
  command({"init", "--data", directory_.string(), "--org", "north-net"});
}

Centre::~Centre() { stop(); }

void Centre::start() {
  const auto log = directory_ / "server.log";
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  process_ = spawn(program_, {"serve", "--data", directory_.string(), "--port", "0"}, out);
  close(out);
  for (int tries = 0; tries < 500 && (port_ = port_in(log)) == 0; ++tries) {
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) == process_) {
      process_ = 0;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (port_ != 0) return;
  std::ifstream in(log);
  throw std::runtime_error("the central store did not start:\n" + std::string(std::istreambuf_iterator<char>(in), {}));
}

void Centre::stop() {
  if (process_ == 0) return;
  kill(process_, SIGTERM);
  waitpid(process_, nullptr, 0);
  process_ = 0;
}

std::string Centre::command(std::vector<std::string> arguments) const {
  if (arguments.front() != "init") arguments.insert(arguments.end(), {"--data", directory_.string()});
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  const pid_t child = spawn(program_, arguments, ends[1]);
  close(ends[1]);
  std::string printed;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) printed.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error("satchel-server " + arguments.front() + ": " + printed);
  return printed;
}

nlohmann::json Centre::command_json(std::vector<std::string> arguments) const {
  arguments.push_back("--json");
  return nlohmann::json::parse(command(std::move(arguments)));
}

}  // namespace satchel::demo
