#include "tests/kills/site.hpp"

#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/sim/centre.hpp"
#include "tests/sim/schemas.hpp"
#include "tests/support_programs/server_process.hpp"

namespace satchel::kills {
namespace {

using nlohmann::json;

const std::vector<std::string> kWorkers = {"amira", "beth", "carys"};
constexpr size_t kCases = 3;

// Below those from which a machine takes ports for whoever calls somebody: the centre has to get it again each time.
constexpr uint16_t kPortLeast = 20'000, kPortMost = 32'000;
constexpr int kPortsTried = 20;

std::string must_run(const std::string& program, const std::vector<std::string>& words) {
  const test::Outcome outcome = test::run(program, words);
  if (outcome.code != 0) throw std::runtime_error(program + " " + words.front() + ": " + outcome.out + outcome.err);
  return outcome.out;
}

// One that is free now.
uint16_t some_port(const std::string& centre) {
  SystemRandom random;
  for (int i = 0; i < kPortsTried; ++i) {
    const auto port = static_cast<uint16_t>(kPortLeast + random.below(kPortMost - kPortLeast));
    try {
      test::ServerProcess server({"--data", centre}, port);
      server.signal(SIGTERM);
      if (server.wait() == 0) return port;
    } catch (const std::runtime_error&) {  // it is taken
    }
  }
  throw std::runtime_error("the centre comes up on no port between 20000 and 32000");
}

}  // namespace

Site::Site(sim::Rights& rights, bool backups) {
  make_centre(backups);
  grant_all(rights);
  // Two that sync by themselves, and two whose file is synced by another process; of each kind one that waits for the
  // disk at each commit, and one that does not.
  make_tablet(kWorkers[0], false, true);
  make_tablet(kWorkers[1], true, true);
  make_tablet(kWorkers[2], false, false);
  make_tablet(kWorkers[0], true, false);
}

void Site::make_centre(bool backups) {
  directory_.write("schema.json", sim::schema_of(sim::Collections::each_kind));
  must_run(SATCHEL_SERVER_BINARY,
           {"init", "--data", centre(), "--org", sim::kOrganisation, "--schema", directory_.path("schema.json")});
  port_ = some_port(centre());
  std::ifstream in(centre() + "/server.json");
  json config = json::parse(in, nullptr, true, true);  // with comments
  config["backup"]["configured"] = backups;
  std::ofstream(centre() + "/server.json") << config;
}

std::string Site::operate(std::vector<std::string> words) const {
  words.insert(words.begin() + 1, {"--data", centre()});
  std::string out = must_run(SATCHEL_SERVER_BINARY, words);
  out.erase(out.find_last_not_of('\n') + 1);
  return out;
}

ScopeId Site::grant(const std::string& worker, std::vector<std::string> what) const {
  what.insert(what.begin(), {"grant", "--role", "writer", "--worker", worker});
  const auto scope = ScopeId::parse(operate(what).substr(0, 36));
  if (!scope) throw std::runtime_error("satchel-server grant did not print an id");
  return *scope;
}

void Site::grant_all(sim::Rights& rights) {
  team_ = grant(kWorkers[0], {"--kind", "team"});
  std::vector<ScopeId> shared = {team_};
  for (size_t i = 0; i < kCases; ++i) {
    shared.push_back(grant(kWorkers[0], {"--kind", "case", "--parent", team_.text()}));
  }
  for (const std::string& worker : kWorkers) {
    if (worker != kWorkers[0]) operate({"grant", "--role", "writer", "--worker", worker, "--like", kWorkers[0]});
    for (const ScopeId& scope : shared) rights.give(worker, scope, true, 0, true);
  }
  for (const std::string& worker : kWorkers) rights.give(worker, grant(worker, {"--kind", "self"}), true, 0, true);
}

void Site::make_tablet(const std::string& worker, bool grouped, bool syncs) {
  TabletSetUp tablet;
  tablet.number = tablets_.size();
  tablet.name = worker + "-" + std::to_string(tablet.number);
  tablet.worker = worker;
  tablet.store = directory_.path(tablet.name + ".db");
  tablet.server = "https://localhost:" + std::to_string(port_);
  tablet.authority = centre() + "/tls/authority.pem";
  tablet.token = operate({"token", "--worker", worker, "--lifetime", "30d"});
  tablet.grouped = grouped;
  tablet.syncs = syncs;
  must_run(SATCHEL_BINARY, {"init", "--store", tablet.store, "--schema", directory_.path("schema.json"),
                            "--organisation", sim::kOrganisation, "--worker", worker, "--server", tablet.server,
                            "--ca-file", tablet.authority, "--token", tablet.token});
  tablets_.push_back(std::move(tablet));
}

}  // namespace satchel::kills
