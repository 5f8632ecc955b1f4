// "agenda" in a collection: the field that says when a record is to happen, checked when the schema is loaded.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/model/schema.hpp"

using namespace satchel;
using nlohmann::json;

namespace {

Result<model::Schema> with_agenda(const json& field) {
  json schema = json::parse(R"({
    "version": 1,
    "scopes": {"case": {}},
    "collections": {
      "visit": {
        "scopes": ["case"],
        "fields": {
          "start": {"kind": "frozen", "type": "instant"},
          "due": {"kind": "severity", "type": "date"},
          "born": {"kind": "keep_all", "type": "date"},
          "days": {"kind": "set", "type": "date"},
          "words": {"kind": "register", "type": "text"}
        }
      }
    }
  })");
  schema["collections"]["visit"]["agenda"] = field;
  return model::Schema::parse(schema.dump());
}

std::string fault_of(const json& field) {
  const auto parsed = with_agenda(field);
  return parsed.ok() ? "fine" : parsed.error().place + ": " + parsed.error().message;
}

}  // namespace

TEST_CASE("an agenda is a field with one date or one instant") {
  for (const char* field : {"start", "due"}) {
    const auto schema = with_agenda(field);
    REQUIRE(schema.ok());
    CHECK(schema->collection("visit")->agenda == field);
  }
}

TEST_CASE("an agenda of anything else is refused with its place") {
  const std::string at = "/collections/visit/agenda: ";
  for (const char* field : {"born", "days", "words", "starts"}) {
    CHECK(fault_of(field) == at + "\"" + field + "\" must be a field of this collection that holds one date or instant.");
  }
  CHECK(fault_of(1).rfind(at, 0) == 0);
  CHECK(fault_of(json::array({"start"})).rfind(at, 0) == 0);
}
