// docs/SCHEMA.md shows what the parser takes: its example parses, its words are the parser's.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/model/json_value.hpp"

using namespace satchel;
using namespace satchel::model;

namespace {

std::string document() {
  std::ifstream stream(std::string(SATCHEL_SOURCE_DIR) + "/docs/SCHEMA.md");
  REQUIRE(stream.good());
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string example() {
  const std::string text = document();
  const size_t start = text.find("```json\n") + 8;
  return text.substr(start, text.find("\n```", start) - start);
}

}  // namespace

TEST_CASE("the document's example is a schema") {
  const auto schema = Schema::parse(example());
  if (!schema.ok()) FAIL(schema.error().place << ": " << schema.error().message);
  CHECK(schema->field("person", "priority")->lowering_needs_reason);
}

TEST_CASE("the document names every key, kind and type that the parser knows") {
  const std::string text = document();
  std::vector<std::string> words;
  // The parser lists what it knows in its message about an unknown key.
  for (const char* path : {"", "/scopes/case", "/collections/person", "/collections/person/fields/needs"}) {
    auto json = nlohmann::json::parse(example());
    json[nlohmann::json::json_pointer(path)]["nonsense"] = 1;
    const auto parsed = Schema::parse(json.dump());
    REQUIRE_FALSE(parsed.ok());
    const std::string& message = parsed.error().message;
    std::istringstream list(message.substr(message.find("Known are: ") + 11));
    for (std::string word; list >> word;) words.push_back(word.substr(0, word.find_first_of(",.")));
  }
  CHECK(words.size() == 4 + 3 + 7 + 12);
  for (const Kind kind : {Kind::register_, Kind::keep_all, Kind::severity, Kind::restrictive, Kind::set, Kind::state,
                          Kind::frozen, Kind::server, Kind::list, Kind::text}) {
    words.emplace_back(kind_name(kind));
  }
  for (const ValueType type :
       {ValueType::text, ValueType::integer, ValueType::decimal, ValueType::boolean, ValueType::date,
        ValueType::instant, ValueType::code, ValueType::reference, ValueType::blob}) {
    words.emplace_back(type_name(type));
  }
  for (const std::string& word : words) {
    INFO(word);
    CHECK(text.find("`" + word + "`") != std::string::npos);
  }
}

TEST_CASE("the document's values are values of their type") {
  const std::string text = document();
  const std::pair<const char*, ValueType> rows[] = {
      {"text", ValueType::text},       {"integer", ValueType::integer}, {"decimal", ValueType::decimal},
      {"boolean", ValueType::boolean}, {"date", ValueType::date},       {"instant", ValueType::instant},
      {"code", ValueType::code},       {"reference", ValueType::reference}};
  for (const auto& [name, type] : rows) {
    INFO(name);
    const std::string row = "\n| `" + std::string(name) + "` | `";
    const size_t start = text.find(row);
    REQUIRE(start != std::string::npos);
    const size_t value = start + row.size();
    const auto json = nlohmann::json::parse(text.substr(value, text.find('`', value) - value));
    CHECK(value_from_json(json, type, "x").ok());
  }
}
