#include "tests/bench/centre.hpp"

#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "server/authenticate.hpp"
#include "tests/bench/must.hpp"
#include "tests/support/domain_schema.hpp"

namespace satchel::bench {
namespace {

constexpr const char* issuer = "https://sign-in.example";
constexpr const char* audience = "satchel";
constexpr int64_t token_ms = 24 * 3'600'000;

void run(const std::vector<std::string>& arguments) {
  const test::Outcome outcome = test::run(SATCHEL_SERVER_BINARY, arguments);
  if (outcome.code != 0) throw std::runtime_error("satchel-server " + arguments.front() + ": " + outcome.err);
}

void change_config(const std::filesystem::path& file, bool backups) {
  std::ifstream in(file);
  nlohmann::json config = nlohmann::json::parse(in, nullptr, true, true);
  in.close();
  config["backup"]["configured"] = backups;
  config["log"]["file"] = "server.log";  // a pipe would have to be read while it works
  std::ofstream(file) << config.dump(2);
}

// Where it listens, as soon as it says so; none: not yet.
std::optional<uint16_t> port_in(const std::filesystem::path& log) {
  std::ifstream in(log);
  for (std::string line; std::getline(in, line);) {
    const auto said = nlohmann::json::parse(line, nullptr, false);
    if (said.is_object() && said.value("event", "") == "listening") return said.at("port").get<uint16_t>();
  }
  return std::nullopt;
}

}  // namespace

Centre::Centre(const std::filesystem::path& directory, bool backups) : directory_(directory) {
  run({"init", "--data", directory_.string(), "--org", organisation});
  change_config(directory_ / "server.json", backups);
  start();
  server::ServiceOptions options;
  options.data_dir = (directory_ / "centre").string();
  options.keys_dir = (directory_ / "keys").string();
  options.backup_configured = backups;
  admin_ = must(server::Admin::open(options, test::domain_schema(), clock_, random_, logger_));
}

Centre::~Centre() { stop(); }

void Centre::start() {
  process_ = std::make_unique<test::Process>(
      SATCHEL_SERVER_BINARY, std::vector<std::string>{"serve", "--port", "0", "--data", directory_.string()});
  for (int tries = 0; tries < 3000; ++tries) {
    if (const auto port = port_in(directory_ / "server.log")) {
      port_ = *port;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("the central store does not come to listening");
}

void Centre::stop() {
  if (!process_) return;
  process_->signal(SIGTERM);
  process_->finish();
  process_.reset();
}

void Centre::go_last() {
  const std::filesystem::path threads = "/proc/" + std::to_string(pid()) + "/task";
  for (const auto& thread : std::filesystem::directory_iterator(threads)) {
    const int number = std::stoi(thread.path().filename().string());
    if (setpriority(PRIO_PROCESS, static_cast<id_t>(number), 19) != 0) throw std::runtime_error("the centre's priority stays");
  }
}

ScopeId Centre::grant(const std::string& worker, const std::string& kind, std::optional<ScopeId> scope) {
  return must(admin_->grant(organisation, worker, scope, kind, "writer", kind, ScopeId{}));
}

std::vector<ScopeId> Centre::grant_cases(const std::string& worker, uint64_t count) {
  std::vector<ScopeId> scopes;
  for (uint64_t i = 0; i < count; ++i) scopes.push_back(grant(worker));
  return scopes;
}

void Centre::cover(const std::string& worker, const std::string& like) {
  must(admin_->cover(organisation, worker, like, "writer"));
}

void Centre::back_up() { must(admin_->backup((directory_ / "backup.db").string())); }

std::vector<log::ScopeState> Centre::scopes() const { return must(admin_->scopes(organisation)); }

std::string Centre::token(const std::string& worker) const {
  return must(server::mint_token((directory_ / "sign-in").string(), issuer, audience, organisation, worker, token_ms,
                                 clock_));
}

}  // namespace satchel::bench
