// Every scenario of scenarios/, in every order in which the tablets can come to the centre.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iostream>
#include <set>

#include "tests/spec/story.hpp"

namespace satchel::spec {
namespace {

std::vector<std::filesystem::path> scenario_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SATCHEL_SOURCE_DIR "/tests/spec/scenarios")) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

json scenario_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return json::parse(in);
}

}  // namespace

TEST_CASE("every scenario holds in every order in which the tablets come to the centre") {
  size_t played = 0, orders_played = 0;
  std::vector<std::string> waiting;
  for (const auto& file : scenario_files()) {
    const json scenario = scenario_of(file);
    if (scenario.contains("needs")) {
      waiting.push_back(scenario["id"].get<std::string>() + " (needs " + scenario["needs"].get<std::string>() + ")");
      continue;
    }
    Orders orders;
    do {
      std::string failure;
      try {
        play(scenario, orders);
      } catch (const std::exception& failed) {
        failure = failed.what();
      }
      INFO(file.filename().string() << ": " << scenario["title"].get<std::string>());
      INFO("order of arrival: " << orders.words());
      INFO(failure);
      CHECK(failure.empty());
      ++orders_played;
    } while (orders.next());
    ++played;
  }
  std::cout << played << " scenarios played in " << orders_played << " orders, " << waiting.size() << " waiting";
  for (size_t i = 0; i < waiting.size(); ++i) std::cout << (i == 0 ? ": " : ", ") << waiting[i];
  std::cout << "\n";
  CHECK(played > 10);
}

TEST_CASE("a scenario that expects the wrong thing fails, and says at which step") {
  const json wrong = json::parse(R"({
    "id": "none", "title": "nothing", "tablets": {"A": {"worker": "amira"}},
    "story": [
      {"centre": "grants", "scope": "$case", "to": ["amira"]},
      {"sync": "all"},
      {"tablet": "A", "writes": [
        {"action": "create", "collection": "person", "scope": "$case", "record": "$gwen", "fields": {"pronoun": "she"}}]},
      {"sync": "all"},
      {"expect": [{"record": "$gwen", "collection": "person", "fields": {"pronoun": "they"}}]}
    ]})");
  Orders orders;
  try {
    play(wrong, orders);
    FAIL("it passed");
  } catch (const Failed& failed) {
    const std::string words = failed.what();
    CHECK(words.find("step 5") != std::string::npos);
    CHECK(words.find("expected: \"they\"") != std::string::npos);
    CHECK(words.find("found:    \"she\"") != std::string::npos);
  }
}

TEST_CASE("orders go through every permutation of every sync step") {
  Orders orders;
  std::set<std::string> seen;
  do {
    orders.take({"A", "B", "C"});
    orders.take({"A", "B"});
    seen.insert(orders.words());
  } while (orders.next());
  CHECK(seen.size() == 12);
}

}  // namespace satchel::spec
