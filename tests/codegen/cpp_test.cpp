// What the generator writes of the domain's schema, with a real store behind the C interface.
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "care.hpp"
#include "tests/c/opened.hpp"

using nlohmann::json;
using test::Opened;
using test::TemporaryDirectory;

namespace {

// Without a team above a case: only the centre opens one, and there is none here.
std::string without_team() {
  json schema = json::parse(std::ifstream(SATCHEL_SOURCE_DIR "/schema/satchel-domain.json"));
  schema["scopes"]["case"].erase("parent");
  for (auto& collection : schema["collections"]) collection.erase("header");
  return schema.dump();
}

const std::string schema = without_team();

void with_domain(satchel_options& options) { options.schema = test::slice(schema); }

std::string create(Opened& opened, const char* collection, const json& fields) {
  const json receipt = opened.transact({{"open", {{{"kind", "case"}}}},
                                        {"changes", {{{"action", "create"}, {"collection", collection}, {"fields", fields}}}}});
  return receipt["records"][0];
}

care::Person ada() {
  care::Person person;
  person.legal_name = "Ada Lovelace";
  person.date_of_birth = "1815-12-10";
  person.gender = care::Code{"", "", "woman"};
  person.no_voicemail = true;
  person.lone_worker_risk = care::Person::LoneWorkerRisk::medium;
  person.communication_needs = {{"http://snomed.info/sct", "1", "Large print"}};
  care::Person::Phones phone;
  phone.number = "0131 496";
  phone.use = care::Code{"", "home", ""};
  person.phones = {phone};
  return person;
}

}  // namespace

TEST_CASE("what was written through a generated type is read back through it") {
  const TemporaryDirectory place;
  const std::string path = place.path("a.db");
  Opened opened(path, with_domain);
  const std::string id = create(opened, care::Person::collection, ada().as_fields());
  const care::Person read = care::Person::from_record(opened.read(id, care::Person::collection)["record"]);
  CHECK(read.id == id);
  CHECK(read.unsent);
  CHECK_FALSE(read.put_away);
  CHECK(read.unreadable.empty());
  CHECK(read.legal_name == "Ada Lovelace");
  CHECK(read.date_of_birth == "1815-12-10");
  CHECK(read.gender->display == "woman");
  CHECK(read.no_voicemail == true);
  CHECK(read.lone_worker_risk == care::Person::LoneWorkerRisk::medium);
  CHECK_FALSE(read.preferred_name.has_value());
  REQUIRE(read.communication_needs.size() == 1);
  CHECK(read.communication_needs[0].code == "1");
  REQUIRE(read.phones.size() == 1);
  CHECK(read.phones[0].number == "0131 496");
  CHECK(read.phones[0].use->code == "home");
  CHECK_FALSE(read.phones[0].id.empty());
}

TEST_CASE("a level of a newer app is unrecognised, never the lowest, and is not written back") {
  const json record = {{"id", "1"}, {"scope", "2"}, {"fields", {{"lone_worker_risk", "extreme"}}}};
  const care::Person read = care::Person::from_record(record);
  CHECK(read.lone_worker_risk == care::Person::LoneWorkerRisk::unrecognised);
  CHECK(read.as_fields() == json::object());
}

TEST_CASE("a value of a newer app is named as unreadable, and the rest is there") {
  const json record = {{"id", "1"},
                       {"scope", "2"},
                       {"fields",
                        {{"legal_name", {{"unknown", "0aff"}}},
                         {"pronoun", "she"},
                         {"communication_needs", {{{"unknown", "0aff"}}, {{"system", ""}, {"code", "large_print"}}}},
                         {"phones", {{{"id", "p"}, {"number", {{"unknown", "0aff"}}}}}}}}};
  const care::Person read = care::Person::from_record(record);
  CHECK(read.unreadable == std::vector<std::string>{"legal_name", "communication_needs"});
  CHECK_FALSE(read.legal_name.has_value());
  CHECK(read.pronoun == "she");
  REQUIRE(read.communication_needs.size() == 1);
  CHECK(read.communication_needs[0].code == "large_print");
  REQUIRE(read.phones.size() == 1);
  CHECK(read.phones[0].unreadable == std::vector<std::string>{"number"});
}
