// Two tablets and a centre, as the README tells it: the real programs, TLS on loopback.
#ifdef SATCHEL_SERVER_BINARY

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <regex>

#include "tests/cli/process.hpp"

using nlohmann::json;
using test::Folder;
using test::Outcome;
using test::Process;
using test::Tablet;

namespace {

class Centre {
 public:
  explicit Centre(const Folder& folder) : data_(folder.file("centre")) {
    operate({"init", "--org", "north"});
    serving_ = std::make_unique<Process>(
        SATCHEL_SERVER_BINARY, std::vector<std::string>{"serve", "--data", data_, "--port", "0"});
    REQUIRE(serving_->wait_for("\"port\""));
    const std::string log = serving_->seen();
    std::smatch port;
    REQUIRE(std::regex_search(log, port, std::regex("\"port\": ?\"?([0-9]+)")));
    port_ = port[1];
  }

  Outcome operate(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--data", data_});
    const Outcome outcome = Process(SATCHEL_SERVER_BINARY, arguments).finish();
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.code == 0);
    return outcome;
  }

  Tablet tablet(const Folder& folder, const std::string& worker, const std::string& name) const {
    const Tablet tablet(folder.file(name));
    const std::string token = std::string(SATCHEL_SERVER_BINARY) + " token --worker " + worker + " --data " + data_;
    tablet.json({"init", "--schema", data_ + "/schema.json", "--organisation", "north", "--worker", worker, "--server",
                 "https://localhost:" + port_, "--ca-file", data_ + "/tls/authority.pem", "--token-command", token});
    return tablet;
  }

 private:
  std::string data_, port_;
  std::unique_ptr<Process> serving_;
};

json record_of(const Tablet& tablet, const std::string& collection, const std::string& id) {
  return tablet.json({"show", collection, id}).json()["record"];
}

// The id that a command of the centre printed.
std::string id_in(const Outcome& outcome) {
  std::smatch id;
  const std::string all = outcome.out + outcome.err;
  REQUIRE(std::regex_search(all, id, std::regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")));
  return id.str();
}

}  // namespace

TEST_CASE("two tablets write to one case without signal, meet at the centre and agree; a watch shows it at once") {
  const Folder folder;
  const Centre centre(folder);
  const std::string scope = id_in(
      centre.operate({"grant", "--worker", "anna", "--kind", "case", "--role", "writer", "--label", "Mrs Okafor"}));
  centre.operate({"grant", "--worker", "bob", "--scope", scope, "--role", "writer"});
  const Tablet anna = centre.tablet(folder, "anna", "anna.db");
  const Tablet bob = centre.tablet(folder, "bob", "bob.db");
  anna.json({"sync"});
  const auto create = [&](std::vector<std::string> fields) -> std::string {
    std::vector<std::string> command = {"create"};
    command.insert(command.end(), fields.begin(), fields.end());
    command.insert(command.end(), {"--scope", "Mrs Okafor"});
    return anna.json(command).json()["records"][0];
  };
  const std::string person = create({"person", "legal_name=Grace Okafor", "lone_worker_risk=medium"});
  CHECK(record_of(anna, "person", person)["unsent"] == true);
  const json status = anna.json({"sync"}).json();
  CHECK(status["unsent"] == 0);
  CHECK(record_of(anna, "person", person)["unsent"] == false);
  bob.json({"sync"});
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
  const json conflicts = bob.json({"conflicts", "--decide"}).json()["conflicts"];
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0]["field"] == "legal_name");
  CHECK(conflicts[0]["standing"].size() == 2);

  bob.json({"settle", "person", person, "legal_name", "--value", "Grace Ngozi Okafor"});
  CHECK(bob.json({"conflicts", "--decide"}).json()["conflicts"].empty());
  bob.json({"sync"});
  REQUIRE(watch.wait_for("Something was written"));
  CHECK(anna.json({"conflicts", "--decide"}).json()["conflicts"].empty());
  anna.json({"set", "person", person, "pronoun=she"});  // another program on the same store
  REQUIRE(watch.wait_for("1 item not yet at base"));
  REQUIRE(watch.wait_for("up to date"));
  watch.signal(2);
  CHECK(watch.finish().code == 0);
  bob.json({"sync"});
  CHECK(record_of(anna, "person", person)["fields"] == record_of(bob, "person", person)["fields"]);
  CHECK(record_of(bob, "person", person)["fields"]["pronoun"] == "she");
  for (const Tablet* tablet : {&anna, &bob}) CHECK(tablet->json({"verify"}).json()["outbox"] == 0);
}

#endif
