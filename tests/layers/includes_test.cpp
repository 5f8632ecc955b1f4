// Folder = layer; includes point one way (docs/ARCHITECTURE.md). A folder that is not named here fails the test.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <regex>
#include <set>

#include "tests/layers/sources.hpp"

namespace {

using satchel::layers::sources;

// What each layer may include, besides itself.
const std::map<std::string, std::set<std::string>> may_include = {
    {"core/base", {}},
    {"core/sqlite", {"core/base"}},
    {"core/model", {"core/base"}},
    {"proto", {"core/base", "core/model"}},
    {"core/merge", {"core/base", "core/model", "proto"}},
    {"core/log", {"core/base", "core/model", "proto", "core/merge", "core/sqlite"}},
    {"core/store", {"core/base", "core/model", "proto", "core/merge", "core/sqlite", "core/log"}},
    {"core/query", {"core/base", "core/model", "proto", "core/merge", "core/sqlite", "core/log", "core/store"}},
    {"sync", {"core/base", "core/model", "proto", "core/merge", "core/log", "core/store"}},
    {"server", {"core/base", "core/model", "proto", "core/merge", "core/sqlite", "core/log"}},
    {"platform/c", {"core/base", "core/model", "proto", "core/merge", "core/sqlite", "core/log", "core/store",
                    "core/query", "sync"}},
    {"platform/codegen", {}},
    {"platform/android", {}},
    {"platform/apple", {}},
    {"platform/cli", {"platform/codegen"}},
    {"demo", {"tests"}},  // the link that breaks is the tests' own
};

// Headers of other projects that one folder keeps to itself.
const std::map<std::string, std::set<std::string>> owner_of = {
    {"sqlite3.h", {"core/sqlite"}},
    {"curl/", {"sync"}},
    {"google/protobuf", {}},  // only tests compare with protoc's classes
    {"zstd.h", {"proto", "core/log"}},
    {"sodium.h", {"core/base", "sync"}},
    {"boost/", {"server"}},
    {"openssl/", {"server"}},
};

std::string layer_of(const std::string& path) {
  const auto first = path.find('/');
  const std::string top = path.substr(0, first);
  if (top != "core" && top != "platform") return top;
  return path.substr(0, path.find('/', first + 1));
}

bool is_ours(const std::string& included) {
  return included.find('/') != std::string::npos &&
         std::set<std::string>{"core", "proto", "sync", "server", "platform", "demo", "tests"}.contains(
             included.substr(0, included.find('/')));
}

}  // namespace

TEST_CASE("includes point from a layer to those below it and are written from the root") {
  const std::regex directive(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  int seen = 0;
  for (const auto& source : sources()) {
    const std::string layer = layer_of(source.path);
    if (layer == "tests") continue;
    INFO(source.path);
    REQUIRE(may_include.contains(layer));
    for (const auto& line : source.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, directive)) continue;
      const std::string included = match[1];
      INFO(included);
      ++seen;
      for (const auto& [header, owners] : owner_of) {
        if (included.rfind(header, 0) == 0) CHECK(owners.contains(layer));
      }
      // The public C header: the one thing that its clients may include.
      if (included == "satchel.h" || included == "platform/c/include/satchel.h") continue;
      if (!is_ours(included)) {
        const bool relative = line.find('"') != std::string::npos;
        CHECK_FALSE(relative);
        continue;
      }
      const std::string target = layer_of(included);
      if (target == layer) continue;
      CHECK(may_include.at(layer).contains(target));
    }
  }
  REQUIRE(seen > 100);
}
