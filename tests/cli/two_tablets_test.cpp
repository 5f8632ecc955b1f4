// Two tablets and a centre, as the README tells it: the real programs, TLS on loopback.
#ifdef SATCHEL_SERVER_BINARY

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <memory>
#include <regex>

#include "tests/cli/tablet.hpp"
#include "tests/support_programs/server_process.hpp"

using nlohmann::json;
using satchel::test::TemporaryDirectory;
using satchel::test::Outcome;
using satchel::test::Process;
using satchel::cli_test::Tablet;

namespace {

class Centre {
 public:
  Centre(const TemporaryDirectory& folder, bool backups) : data_(folder.path("centre")) {
    operate({"init", "--org", "north"});
    if (backups) configure("/backup/configured", true);
    serving_ = std::make_unique<satchel::test::ServerProcess>(std::vector<std::string>{"--data", data_});
  }

  Outcome operate(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--data", data_});
    const Outcome outcome = satchel::test::run_server(arguments);
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.code == 0);
    return outcome;
  }

  Tablet tablet(const TemporaryDirectory& folder, const std::string& worker, const std::string& name) const {
    const Tablet tablet(folder.path(name));
    const std::string token = std::string(SATCHEL_SERVER_BINARY) + " token --worker " + worker + " --data " + data_;
    tablet.json({"init", "--schema", data_ + "/schema.json", "--organisation", "north", "--worker", worker, "--server",
                 "https://localhost:" + std::to_string(serving_->port()), "--ca-file", data_ + "/tls/authority.pem", "--token-command", token});
    return tablet;
  }

 private:
  void configure(const std::string& key, const json& value) const {
    const std::string file = data_ + "/server.json";
    std::ifstream in(file);
    json config = json::parse(in, nullptr, true, true);  // with comments
    config[json::json_pointer(key)] = value;
    std::ofstream(file) << config;
  }

  std::string data_;
  std::unique_ptr<satchel::test::ServerProcess> serving_;
};

json record_of(const Tablet& tablet, const std::string& collection, const std::string& id) {
  return tablet.json({"show", collection, id})["record"];
}

// The id that a command of the centre printed.
std::string id_in(const Outcome& outcome) {
  std::smatch id;
  const std::string all = outcome.out + outcome.err;
  REQUIRE(std::regex_search(all, id, std::regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")));
  return id.str();
}

// A centre with one case that two workers share, and their tablets.
struct Pair {
  TemporaryDirectory folder;
  Centre centre;
  std::string scope;
  Tablet anna{""}, bob{""};

  explicit Pair(bool backups = false) : centre(folder, backups) {
    scope = id_in(
        centre.operate({"grant", "--worker", "anna", "--kind", "case", "--role", "writer", "--label", "Mrs Okafor"}));
    centre.operate({"grant", "--worker", "bob", "--scope", scope, "--role", "writer"});
    anna = centre.tablet(folder, "anna", "anna.db");
    bob = centre.tablet(folder, "bob", "bob.db");
    anna.json({"sync"});
  }
  // A record of Anna's in the shared case, on both tablets.
  std::string shared(std::vector<std::string> fields) {
    fields.insert(fields.begin(), "create");
    fields.insert(fields.end(), {"--scope", scope});
    const std::string id = anna.json(fields)["records"][0];
    meet();
    return id;
  }
  void meet() {
    for (const Tablet* tablet : {&anna, &bob, &anna}) tablet->json({"sync"});
  }
};

}  // namespace

TEST_CASE("two tablets write to one case without signal, meet at the centre and agree; a watch shows it at once") {
  Pair pair;
  const Tablet& anna = pair.anna;
  const Tablet& bob = pair.bob;
  const std::string person = pair.shared({"person", "legal_name=Grace Okafor", "lone_worker_risk=medium"});
  CHECK(record_of(anna, "person", person)["unsent"] == false);
  CHECK(record_of(bob, "person", person)["fields"]["legal_name"] == "Grace Okafor");

  // Both without signal, the same field.
  anna.json({"set", "person", person, "legal_name=Grace Ngozi Okafor", "preferred_name=Grace"});
  bob.json({"set", "person", person, "legal_name=Grace N. Okafor", "lone_worker_risk=high"});
  anna.json({"sync"});
  bob.json({"sync"});

  // A watch on Anna's store fetches it, and sends what another program writes to the same store.
  Process watch(SATCHEL_BINARY, anna.arguments({"sync", "--watch"}));
  REQUIRE(watch.wait_for("Something was written"));
  const json here = record_of(anna, "person", person)["fields"];
  const json there = record_of(bob, "person", person)["fields"];
  CHECK(here == there);
  CHECK(here["preferred_name"] == "Grace");
  CHECK(here["lone_worker_risk"] == "high");
  const json conflicts = bob.json({"conflicts", "--decide"})["conflicts"];
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0]["field"] == "legal_name");
  const std::string welsh = bob.run({"--language", "cy", "status"}).out;
  CHECK(welsh.find("Pethau sy'n aros am eich penderfyniad: 1  (satchel conflicts)\n") != std::string::npos);
  CHECK(welsh.find("Yn y ganolfan ddiwethaf: ") != std::string::npos);
  for (const char* english : {"thing", "wait", "Last at base"}) CHECK(welsh.find(english) == std::string::npos);
  CHECK(conflicts[0]["standing"].size() == 2);

  bob.json({"settle", "person", person, "legal_name", "--value", "Grace Ngozi Okafor"});
  CHECK(bob.json({"conflicts", "--decide"})["conflicts"].empty());
  bob.json({"sync"});
  REQUIRE(watch.wait_for("Something was written"));
  CHECK(anna.json({"conflicts", "--decide"})["conflicts"].empty());
  anna.json({"set", "person", person, "pronoun=she"});  // another program on the same store
  REQUIRE(watch.wait_for("Something was written"));
  while (record_of(anna, "person", person)["unsent"] == true) {  // what it says on the way depends on how fast it goes
  }
  watch.signal(2);
  CHECK(watch.finish().code == 0);
  bob.json({"sync"});
  CHECK(record_of(anna, "person", person)["fields"] == record_of(bob, "person", person)["fields"]);
  CHECK(record_of(bob, "person", person)["fields"]["pronoun"] == "she");
  for (const Tablet* tablet : {&anna, &bob}) CHECK(tablet->json({"verify"})["outbox"] == 0);
}

TEST_CASE("what one put away and another changed is kept, and a person may decide otherwise") {
  Pair pair;
  const std::string person = pair.shared({"person", "legal_name=Grace", "phones:=[{\"number\": \"0131\"}]"});
  const std::string plan = pair.shared({"plan"});
  const std::string phone = record_of(pair.bob, "person", person)["fields"]["phones"][0]["id"];
  pair.anna.json({"void", "plan", plan});
  pair.anna.json({"remove", "person", person, "phones", phone});
  pair.bob.json({"set", "plan", plan, "review_due=2026-12-01"});
  pair.bob.json({"add", "person", person, "phones", "note=evenings", "--element", phone});
  pair.meet();
  for (const Tablet* tablet : {&pair.anna, &pair.bob}) {
    CHECK(record_of(*tablet, "plan", plan)["void"] == false);
    CHECK(record_of(*tablet, "person", person)["fields"]["phones"][0]["note"] == "evenings");
    CHECK(tablet->json({"conflicts"})["conflicts"].size() == 2);
  }
  pair.anna.json({"settle", "plan", plan, "--drop"});
  pair.bob.json({"settle", "person", person, "phones", "--element", phone, "--keep"});
  pair.meet();
  for (const Tablet* tablet : {&pair.anna, &pair.bob}) {
    CHECK(record_of(*tablet, "plan", plan)["void"] == true);
    CHECK(record_of(*tablet, "person", person)["fields"]["phones"].size() == 1);
    CHECK(tablet->json({"conflicts"})["conflicts"].empty());
  }
  CHECK(pair.anna.run({"settle", "plan", plan, "--drop"}).code == 3);
}

TEST_CASE("what the centre does not accept stays readable to its author, with the reason") {
  Pair pair;
  const std::string person = pair.shared({"person", "legal_name=Grace"});
  pair.centre.operate({"suspend", "--worker", "bob"});
  pair.bob.json({"set", "person", person, "pronoun=she"});
  (void)pair.bob.run({"sync"});
  const json refused = pair.bob.json({"refused"})["set_aside"];
  REQUIRE(refused.size() == 1);
  CHECK_FALSE(refused[0]["reason"].get<std::string>().empty());
  CHECK(refused[0]["changes"][0]["field"] == "pronoun");
  CHECK(refused[0]["changes"][0]["value"] == "she");
  CHECK(pair.bob.run({"refused"}).out.find("pronoun = she") != std::string::npos);
}

TEST_CASE("the status of a tablet that a case has left says what it keeps sealed until there is a backup") {
  Pair pair(true);
  pair.shared({"person", "legal_name=Grace"});
  pair.centre.operate({"withdraw", "--worker", "anna", "--scope", pair.scope});
  for (int i = 0; i < 2; ++i) pair.anna.json({"sync"});
  CHECK(pair.anna.json({"scopes"})["scopes"].empty());
  CHECK(pair.anna.json({"status"})["sealed"] == 1);
  CHECK(pair.anna.json({"status"})["sealed_to_send"] == 0);
  CHECK(pair.anna.run({"status"}).out.find("keeps 1 sealed item for base until base has a backup") != std::string::npos);
  pair.centre.operate({"backup", pair.folder.path("backup.db")});
  pair.anna.json({"sync"});
  CHECK(pair.anna.json({"status"})["sealed"] == 0);
}

TEST_CASE("another organisation's token, or none that counts, is told in words") {
  Pair pair;
  const auto sync_with = [&](const std::string& token) {
    return pair.anna.run({"sync"}, {{"SATCHEL_TOKEN", token}});
  };
  const Outcome nobody = sync_with("a.b.c");
  CHECK(nobody.code == 4);
  const std::string bobs = pair.centre.operate({"token", "--worker", "bob"}).out;
  const Outcome other = sync_with(bobs);
  CHECK(other.code == 4);
  CHECK_FALSE(other.err.empty());
}

TEST_CASE("a scope's older history is fetched when asked for, and let go of again") {
  Pair pair;
  const std::string person = pair.shared({"person", "legal_name=Grace Okafor"});
  pair.anna.json({"set", "person", person, "legal_name=Grace N. Okafor"});
  pair.meet();
  const auto carol = [&] {
    pair.centre.operate({"grant", "--worker", "carol", "--scope", pair.scope, "--role", "reader"});
    return pair.centre.tablet(pair.folder, "carol", "carol.db");
  }();
  carol.json({"sync"});
  CHECK(carol.json({"scopes"})["scopes"][0]["history_from"] > 1);
  const Outcome told = carol.run({"history", "person", person, "legal_name"});
  CHECK(told.code == 3);
  CHECK(told.err.find("Fetch it with: satchel history-fetch " + pair.scope) != std::string::npos);
  const json fetched = carol.json({"history-fetch", pair.scope.substr(0, 10)});
  CHECK(fetched["history_from"] == 1);
  CHECK(fetched["keeps_history"] == true);
  CHECK(fetched["position"] == 2);
  CHECK(carol.json({"scopes"})["scopes"][0]["history_from"] == 1);
  CHECK(carol.run({"history", "person", person, "legal_name"}).code == 0);
  carol.json({"verify"});
  const json forgotten = carol.json({"history-fetch", pair.scope, "--forget"});
  CHECK(forgotten["keeps_history"] == false);
  CHECK(forgotten["history_from"] > 1);
}

#endif
