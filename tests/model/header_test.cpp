// "header" in a collection: what a team's list may show, checked when the schema is loaded.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/model/schema.hpp"

using namespace satchel;
using nlohmann::json;

namespace {

json good() {
  return json::parse(R"({
    "version": 1,
    "scopes": {"team": {}, "case": {"parent": "team"}, "case-restricted": {"parent": "case"}},
    "collections": {
      "entry": {
        "scopes": ["team"], "server_only": true,
        "fields": {
          "of": {"kind": "server", "type": "text"},
          "status": {"kind": "server", "type": "text"},
          "due": {"kind": "server", "type": "date"},
          "words": {"kind": "server", "type": "text"},
          "code": {"kind": "server", "type": "code"},
          "loud": {"kind": "register", "type": "date"}
        }
      },
      "episode": {
        "scopes": ["case"],
        "header": {"collection": "entry", "fields": ["status", "due"], "scope_field": "of"},
        "fields": {
          "status": {"kind": "state", "transitions": {"": ["new"], "new": ["done"]}},
          "due": {"kind": "register", "type": "date"},
          "loud": {"kind": "register", "type": "date"},
          "words": {"kind": "register", "type": "text"},
          "code": {"kind": "register", "type": "code"}
        }
      }
    }
  })");
}

std::string fault(const json& schema) {
  const auto parsed = model::Schema::parse(schema.dump());
  return parsed.ok() ? "fine" : parsed.error().place + ": " + parsed.error().message;
}

std::string with(const std::string& pointer, const json& value) {
  json schema = good();
  schema[json::json_pointer(pointer)] = value;
  return fault(schema);
}

bool starts(const std::string& text, const std::string& with) { return text.rfind(with, 0) == 0; }

}  // namespace

TEST_CASE("a header names a collection of the team and fields of it") {
  const auto schema = model::Schema::parse(good().dump());
  REQUIRE(schema.ok());
  const auto& header = schema->collection("episode")->header;
  REQUIRE(header.has_value());
  CHECK(header->collection == "entry");
  CHECK(header->fields == std::vector<std::string>{"status", "due"});
  CHECK(header->scope_field == "of");
  CHECK_FALSE(schema->collection("entry")->header.has_value());
}

TEST_CASE("what is wrong with a header is said with its place") {
  const std::string at = "/collections/episode/header";
  CHECK(starts(with(at, "entry"), at + ": This must be an object"));
  CHECK(starts(with(at + "/field", "x"), at + "/field: \"field\" is not known here"));
  CHECK(starts(with(at + "/collection", ""), at + ": Say into which"));
  CHECK(starts(with(at + "/collection", "nothing"), at + "/collection: There is no collection"));
  CHECK(starts(with(at + "/fields", json::array()), at + ": Name at least one"));
  CHECK(starts(with(at + "/fields/1", "nothing"), at + "/fields/1: There is no field \"episode.nothing\""));
  CHECK(starts(with("/collections/entry/server_only", false), at + "/collection: \"entry\" must be server_only"));
  CHECK(starts(with("/collections/entry/scopes", {"case"}), at + "/collection: \"entry\" must be server_only"));
  CHECK(starts(with("/collections/entry/fields/due/type", "text"),
               at + "/fields/1: \"entry.due\" must be of kind server and type date"));
  CHECK(starts(with(at + "/fields/1", "loud"), at + "/fields/1: \"entry.loud\" must be of kind server"));
  CHECK(starts(with(at + "/scope_field", "due"), at + "/scope_field: "));
  CHECK(starts(with(at + "/scope_field", "status"), at + "/scope_field: "));  // taken
  json schema = good();
  schema["collections"]["entry"]["fields"].erase("due");
  CHECK(starts(fault(schema), at + "/fields/1: There is no field \"entry.due\" to take it"));
}

TEST_CASE("no free text goes up, and nothing of a restricted part") {
  const std::string at = "/collections/episode/header";
  CHECK(starts(with(at + "/fields/1", "words"), at + "/fields/1: \"episode.words\" cannot be in a header"));
  CHECK(starts(with(at + "/fields/1", "code"), at + "/fields/1: \"episode.code\" cannot be in a header"));
  CHECK(starts(with("/collections/episode/scopes", {"case", "case-restricted"}),
               at + ": Its records also live in \"case-restricted\""));
}
