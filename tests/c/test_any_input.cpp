// Whatever JSON, or not JSON, comes in: an error with words at worst. Never the end of the handle, never half a commit.
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "tests/c/opened.hpp"

using nlohmann::json;
using test::Opened;

namespace {

using Random = std::mt19937;

size_t below(Random& random, size_t bound) { return std::uniform_int_distribution<size_t>(0, bound - 1)(random); }

// Bytes: some taken out, put in or changed.
std::string bent(std::string text, Random& random) {
  for (size_t i = 0; i <= below(random, 3) && !text.empty(); ++i) {
    const size_t at = below(random, text.size());
    switch (below(random, 3)) {
      case 0: text.erase(at, 1 + below(random, 8)); break;
      case 1: text[at] = static_cast<char>(below(random, 256)); break;
      default: text.insert(at, text.substr(below(random, text.size()), below(random, 20)));
    }
  }
  return text;
}

// JSON: one member or item becomes something of another kind.
void swap_one(json& value, Random& random) {
  static const std::vector<json> others = {nullptr, true, -1, 1e300, "", "x", std::string(2000, 'y'), json::array(),
                                           json::object(), json({{"a", json::array({1})}}), 18446744073709551615u,
                                           "0192f0c1-7a4e-7cc3-9a51-0c1d2e3f4a5b", "\xc3\xa9"};
  if ((value.is_object() || value.is_array()) && !value.empty() && below(random, 5) != 0) {
    auto it = value.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(below(random, value.size())));
    return swap_one(*it, random);
  }
  value = others[below(random, others.size())];
}

std::vector<json> documents(const std::string& id, const std::string& token) {
  const json target = {{"collection", "note"}, {"record", id}};
  const auto change = [&](json more) {
    more.update(target);
    return json{{"shown", token}, {"changes", json::array({more})}};
  };
  return {change({{"action", "set"}, {"fields", {{"title", "A"}, {"due", "2026-12-01"}}}}),
          change({{"action", "add"}, {"field", "phones"}, {"parts", {{"number", "0131"}}}}),
          change({{"action", "remove"}, {"field", "tags"}, {"value", "money"}}),
          change({{"action", "set"}, {"field", "risk"}, {"value", "high"}, {"reason", "because"}}),
          {{"open", {{{"kind", "self"}}}}, {"changes", {{{"action", "create"}, {"collection", "note"}, {"fields", {{"tags", {"a", "b"}}}}}}}},
          {{"shown", token}, {"collection", "note"}, {"record", id}, {"field", "body"}, {"value", "both"}},
          {{"shown", token}, {"collection", "note"}, {"record", id}, {"keep", true}},
          {{"collection", "note"}, {"filters", {{{"field", "title"}, {"compare", "less"}, {"value", "m"}}}}, {"limit", 5}, {"after", ""}}};
}

}  // namespace

TEST_CASE("no input ends the handle or leaves half a commit") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"), [](satchel_options& options) { options.durability = SATCHEL_GROUPED; });
  const std::string id = opened.note({{"title", "Visit"}, {"body", "one"}, {"tags", {"money"}}});
  const std::vector<json> whole = documents(id, opened.read(id)["token"]);
  Random random(20261121);
  int accepted = 0;
  for (int round = 0; round < 1500; ++round) {
    json document = whole[below(random, whole.size())];
    const bool as_bytes = below(random, 2) == 0;
    if (!as_bytes) swap_one(document, random);
    const std::string text = as_bytes ? bent(document.dump(), random) : document.dump();
    for (const auto function : {satchel_transact, satchel_settle, satchel_query}) {
      satchel_buffer out = {};
      const auto failed = test::take(function(opened.store, test::slice(text), &out));
      INFO(text << "\n" << failed.message << " [" << failed.place << "]");
      REQUIRE(failed.code != SATCHEL_INTERNAL);
      REQUIRE(failed.message.empty() == (failed.code == 0));
      accepted += failed.code == 0 ? 1 : 0;
      satchel_buffer_free(&out);
    }
  }
  CHECK(accepted > 10);  // some are still what was meant
  CHECK(opened.ask(satchel_verify)["scopes"] >= 1);
}

TEST_CASE("a number beyond every range is a mistake in the input, not ours") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  satchel_buffer out = {};
  const auto failed = test::take(satchel_transact(opened.store, test::slice(std::string(R"({"changes":5e639})")), &out));
  CHECK(failed.code == SATCHEL_INVALID);
  CHECK(failed.message == "A number here is too large.");
}
