// satchel-test-centre DIRECTORY: the real central store, over HTTPS on loopback, for tests in another language. It is told
// by its input what an operator does and what time it is, one JSON object in a line, and answers each with one line:
// what was asked for, or {"error": words}. Ends when its input does.
//
//   {"do": "fresh", "wall_ms"}            a new, empty centre, at that time (left out: the machine's time, which passes)
//                                         {"port", "authority": file of its certificate, "organisation"}
//   {"do": "time", "wall_ms"}             it is now
//   {"do": "token", "worker"}             {"token"}
//   {"do": "grants", "worker", "role"}    and "scope" that is there, or "kind" and "label" of a new one: {"scope"}
//   {"do": "withdraws", "worker", "scope"}, {"do": "suspends", "worker", "from_ms"}
//   {"do": "imports", "scope", "services"}
//   {"do": "quarantine"}                  {"count"}
//   {"do": "releases all"}, {"do": "restarts"}
#include <atomic>
#include <csignal>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/base/ids.hpp"
#include "server/http/certificates.hpp"
#include "server/http/http_server.hpp"
#include "tests/support_centre/local_centre.hpp"

namespace satchel::test {
namespace {

using nlohmann::json;
constexpr const char* organisation = "north";
constexpr int64_t day_ms = 86'400'000;

template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " [" + result.error().place + "]");
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

// The machine's time, until another one is told.
class ToldClock final : public Clock {
 public:
  int64_t wall_ms() const override {
    const int64_t told = told_ms_;
    return told == 0 ? real_.wall_ms() : told;
  }
  int64_t monotonic_ms() const override { return real_.monotonic_ms(); }
  void tell(int64_t wall_ms) { told_ms_ = wall_ms; }

 private:
  std::atomic<int64_t> told_ms_{0};
  SystemClock real_;
};

class Quiet final : public Logger {
 public:
  void log(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

class Program {
 public:
  explicit Program(std::string directory) : directory_(std::move(directory)) {
    const auto files =
        must(server::http::make_development_certificates(directory_, {"localhost", "127.0.0.1"}, SystemClock().wall_ms()));
    options_.certificate_file = files.certificate_file;
    options_.private_key_file = files.private_key_file;
    authority_ = files.authority_file;
  }

  json perform(const json& command) {
    const std::string what = command.at("do");
    if (what == "fresh") return fresh(command);
    if (!local_) throw std::runtime_error("there is no centre yet: fresh");
    if (what == "time") {
      clock_.tell(command.at("wall_ms"));
    } else if (what == "token") {
      return {{"token", local_->token(command.at("worker"), day_ms)}};
    } else if (what == "restarts") {
      stop();
      start();
    } else {
      return operate(what, command);
    }
    return json::object();
  }

 private:
  json fresh(const json& command) {
    stop();
    local_.reset();
    clock_.tell(command.value("wall_ms", int64_t{0}));
    local_.emplace(directory_ + "/" + std::to_string(++count_), organisation, clock_, random_, logger_);
    options_.port = 0;
    start();
    return {{"port", server_->port()}, {"authority", authority_}, {"organisation", organisation}};
  }

  void start() {
    local_->open();
    server_ = must(server::http::HttpServer::start(options_, *local_->service(), clock_, logger_));
    options_.port = server_->port();  // after a restart it is found where it was
  }

  void stop() {
    if (server_ == nullptr) return;
    server_.reset();
    local_->close();
  }

  json operate(const std::string& what, const json& command) {
    auto admin = local_->admin();
    const auto scope = [&] { return *ScopeId::parse(command.at("scope").get<std::string>()); };
    if (what == "grants") {
      const bool there = command.contains("scope");
      const auto made = must(admin->grant(organisation, command.at("worker"), there ? std::optional(scope()) : std::nullopt,
                                          command.value("kind", there ? "" : "case"), command.value("role", "writer"),
                                          command.value("label", ""), ScopeId{}));
      return {{"scope", made.text()}};
    }
    if (what == "withdraws") must(admin->withdraw(organisation, command.at("worker").get<std::string>(), scope()));
    else if (what == "suspends") must(admin->suspend(organisation, command.at("worker").get<std::string>(), command.at("from_ms")));
    else if (what == "imports") must(admin->import_directory(organisation, scope(), command.at("services").dump()));
    else if (what == "quarantine") return {{"count", must(admin->quarantine(organisation)).size()}};
    else if (what == "releases all") {
      for (const auto& item : must(admin->quarantine(organisation))) must(admin->release(organisation, item.id));
    } else throw std::runtime_error("the centre cannot \"" + what + "\"");
    return json::object();
  }

  const std::string directory_;
  std::string authority_;
  int count_ = 0;
  ToldClock clock_;
  SystemRandom random_;
  Quiet logger_;
  server::http::HttpOptions options_;
  std::optional<LocalCentre> local_;
  std::unique_ptr<server::http::HttpServer> server_;  // goes before local_
};

}  // namespace
}  // namespace satchel::test

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  if (count != 2) {
    std::cerr << "satchel-test-centre DIRECTORY\n";
    return 2;
  }
  satchel::test::Program program(arguments[1]);
  for (std::string line; std::getline(std::cin, line);) {
    nlohmann::json answer;
    try {
      answer = program.perform(nlohmann::json::parse(line));
    } catch (const std::exception& failed) {
      answer = {{"error", failed.what()}};
    }
    std::cout << answer.dump() << std::endl;
  }
}
