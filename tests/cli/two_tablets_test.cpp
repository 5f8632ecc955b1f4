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

// A centre with one case that two workers share, and their tablets.
struct Pair {
  Folder folder;
  Centre centre{folder};
  std::string scope;
  Tablet anna{""}, bob{""};

  Pair() {
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
    const std::string id = anna.json(fields).json()["records"][0];
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
    CHECK(tablet->json({"conflicts"}).json()["conflicts"].size() == 2);
  }
  pair.anna.json({"settle", "plan", plan, "--drop"});
  pair.bob.json({"settle", "person", person, "phones", "--element", phone, "--keep"});
  pair.meet();
  for (const Tablet* tablet : {&pair.anna, &pair.bob}) {
    CHECK(record_of(*tablet, "plan", plan)["void"] == true);
    CHECK(record_of(*tablet, "person", person)["fields"]["phones"].size() == 1);
    CHECK(tablet->json({"conflicts"}).json()["conflicts"].empty());
  }
  CHECK(pair.anna.run({"settle", "plan", plan, "--drop"}).code == 3);
}

TEST_CASE("what the centre does not accept stays readable to its author, with the reason") {
  Pair pair;
  const std::string person = pair.shared({"person", "legal_name=Grace"});
  pair.centre.operate({"suspend", "--worker", "bob"});
  pair.bob.json({"set", "person", person, "pronoun=she"});
  (void)pair.bob.run({"sync"});
  const json refused = pair.bob.json({"refused"}).json()["set_aside"];
  REQUIRE(refused.size() == 1);
  CHECK_FALSE(refused[0]["reason"].get<std::string>().empty());
  CHECK(refused[0]["changes"][0]["field"] == "pronoun");
  CHECK(refused[0]["changes"][0]["value"] == "she");
  CHECK(pair.bob.run({"refused"}).out.find("pronoun = she") != std::string::npos);
}

TEST_CASE("another organisation's token, or none that counts, is told in words") {
  Pair pair;
  const Outcome nobody = Process(SATCHEL_BINARY, pair.anna.arguments({"sync"}), {{"SATCHEL_TOKEN", "a.b.c"}}).finish();
  CHECK(nobody.code == 4);
  const std::string bobs = pair.centre.operate({"token", "--worker", "bob"}).out;
  const Outcome other = Process(SATCHEL_BINARY, pair.anna.arguments({"sync"}), {{"SATCHEL_TOKEN", bobs}}).finish();
  CHECK(other.code == 4);
  CHECK_FALSE(other.err.empty());
}

#endif
