#include "tests/cli/tablet.hpp"

#include <catch2/catch_test_macros.hpp>

namespace satchel::cli_test {

std::vector<std::string> Tablet::arguments(std::vector<std::string> more) const {
  more.insert(more.end(), {"--store", store_});
  return more;
}

Outcome Tablet::run(std::vector<std::string> more, const Environment& environment) const {
  return test::run(SATCHEL_BINARY, arguments(std::move(more)), {environment, {}});
}

nlohmann::json Tablet::json(std::vector<std::string> more) const {
  more.push_back("--json");
  const Outcome outcome = run(std::move(more));
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.code == 0);
  return outcome.out.empty() ? nlohmann::json() : nlohmann::json::parse(outcome.out);
}

std::string write_schema(const TemporaryDirectory& folder) {
  const std::string path = folder.path("schema.json");
  folder.write("schema.json", R"({
    "version": 1,
    "scopes": {"self": {"opened_by": ["writer"]}},
    "collections": {
      "note": {
        "scopes": ["self"],
        "fields": {
          "title": {"kind": "register", "type": "text", "indexed": true},
          "report": {"kind": "text", "type": "text", "submitted": {"amends": "amends"}},
          "amends": {"kind": "register", "type": "reference", "references": "note"},
          "tags": {"kind": "set", "type": "text"},
          "phones": {"kind": "set", "parts": {"number": "text", "use": "text"}},
          "due": {"kind": "register", "type": "date", "indexed": true}
        }
      }
    }
  })");
  return path;
}

Tablet make_tablet(const TemporaryDirectory& folder, const std::string& name) {
  const Tablet tablet(folder.path(name));
  tablet.json({"init", "--schema", write_schema(folder), "--organisation", "north", "--worker", "anna"});
  return tablet;
}

}  // namespace satchel::cli_test
