// set: an element is there if some touch of it is in no remove's shown.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

using Words = std::vector<std::string>;

Words present(const RecordState& state, std::string_view field) {
  Words out;
  const FieldState* found = state.field(field);
  if (!found) return out;
  for (const Element* element : elements(*found)) out.push_back(element->id);
  return out;
}

Words part(const RecordState& state, std::string_view field, std::string_view element, std::string_view name) {
  for (const Element* one : elements(*state.field(field))) {
    if (one->id != element) continue;
    for (const FieldState& sub : one->parts) {
      if (sub.name == name) return standing(resolve(sub, nullptr));
    }
  }
  return {};
}

bool there_by_definition(const std::vector<Written>& all) {
  return std::any_of(all.begin(), all.end(), [&](const Written& touch) {
    const Op& op = touch.ops.front();
    if (op.action == Action::remove || (op.settles && !op.part.empty())) return false;
    return std::none_of(all.begin(), all.end(), [&](const Written& other) {
      return other.ops.front().action == Action::remove && other.saw(touch);
    });
  });
}

}  // namespace

TEST_CASE("an element is there as the definition says, for every small history of adds, edits and removes") {
  const std::vector<Op> alphabet = {add("phones", "home", "1"), add("phones", "home", "x", "label"),
                                    remove("phones", "home")};
  int histories = 0, wrong = 0;
  for (size_t n = 1; n <= 4; ++n) {
    for_each_shape(n, n == 4, [&](const Shape& shape) {
      for_each_choice(n, 3, [&](const Choice& choice) {
        const auto written = history(shape, alphabet, choice);
        RecordState state;
        for (const Written& one : written) apply(state, one);
        ++histories;
        wrong += present(state, "phones").empty() == there_by_definition(written);
      });
    });
  }
  CHECK(histories > 5000);
  CHECK(wrong == 0);
}

TEST_CASE("an edit of a part beside a remove keeps the element with everything in it") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), add("phones", "p1"), add("phones", "p1", "0123", "number")});
  b.receive(log);
  a.write(log, {remove("phones", "p1")});
  CHECK(present(a.state, "phones").empty());
  b.write(log, {add("phones", "p1", "daughter", "label")});
  a.receive(log);
  CHECK(present(a.state, "phones") == Words{"p1"});
  CHECK(part(a.state, "phones", "p1", "number") == Words{"0123"});
  CHECK(part(a.state, "phones", "p1", "label") == Words{"daughter"});
  auto inbox = conflicts(a.state, nullptr);
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].rule == Rule::element_kept);
  CHECK(inbox[0].field == "phones");
  CHECK(inbox[0].element == "p1");
  REQUIRE(inbox[0].standing.size() == 1);
  CHECK(inbox[0].standing[0].worker == "bob");
  REQUIRE(inbox[0].others.size() == 1);
  CHECK(inbox[0].others[0].worker == "ann");

  SECTION("keeping it is adding it again") {
    a.write(log, {settling(add("phones", "p1"))});
    CHECK(conflicts(a.state, nullptr).empty());
    CHECK(present(a.state, "phones") == Words{"p1"});
  }
  SECTION("taking it out is removing it again") {
    a.write(log, {settling(remove("phones", "p1"))});
    CHECK(conflicts(a.state, nullptr).empty());
    CHECK(present(a.state, "phones").empty());
  }
}

TEST_CASE("a decision about a part does not bring back an element that was taken out meanwhile") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), add("phones", "p1", "1", "number")});
  b.receive(log);
  a.write(log, {remove("phones", "p1")});
  b.write(log, {settling(add("phones", "p1", "2", "number"))});
  a.receive(log);
  CHECK(present(a.state, "phones").empty());
}

TEST_CASE("a decision to keep an element stands beside a second remove, and says whose it was") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), add("phones", "p1", "1", "number")});
  const Version shown = a.has;
  b.receive(log);
  a.write(log, {remove("phones", "p1")});
  b.receive(log);
  b.write(log, {settling(add("phones", "p1"))});
  a.write(log, {remove("phones", "p1")}, shown);
  a.receive(log);
  CHECK(present(a.state, "phones") == Words{"p1"});
  const auto inbox = conflicts(a.state, nullptr);
  REQUIRE(inbox.size() == 1);
  REQUIRE(inbox[0].standing.size() == 1);
  CHECK(inbox[0].standing[0].worker == "bob");
}

TEST_CASE("a removed element can be added again by somebody who saw the remove, without a question") {
  Tablet a(0, "ann");
  Log log;
  a.write(log, {create(), add("needs", "debt")});
  a.write(log, {remove("needs", "debt")});
  CHECK(present(a.state, "needs").empty());
  REQUIRE(a.state.field("needs")->elements.size() == 1);  // never forgotten
  CHECK(a.state.field("needs")->elements[0].removes.size() == 1);
  a.write(log, {add("needs", "debt")});
  CHECK(present(a.state, "needs") == Words{"debt"});
  CHECK(conflicts(a.state, nullptr).empty());
}

TEST_CASE("the same code added by two people is one element and asks nobody") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), add("needs", "debt", "Debt")});
  b.write(log, {create(), add("needs", "debt", "Debt"), add("needs", "alone", "Loneliness")});
  a.receive(log);
  CHECK(present(a.state, "needs") == Words{"alone", "debt"});
  CHECK(conflicts(a.state, nullptr).empty());
}

TEST_CASE("parts merge as registers, each for itself") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), add("phones", "p1", "1", "number")});
  b.receive(log);
  a.write(log, {add("phones", "p1", "2", "number")});
  b.write(log, {add("phones", "p1", "3", "number"), add("phones", "p1", "work", "label")});
  a.receive(log);
  CHECK(part(a.state, "phones", "p1", "number") == Words{"3"});
  CHECK(part(a.state, "phones", "p1", "label") == Words{"work"});
  const auto inbox = conflicts(a.state, nullptr);
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].rule == Rule::latest);
  CHECK(inbox[0].element == "p1");
  CHECK(inbox[0].part == "number");
}

TEST_CASE("an element that is not there asks nothing about its parts") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), add("phones", "p1", "1", "number")});
  b.receive(log);
  a.write(log, {add("phones", "p1", "2", "number")});
  b.write(log, {add("phones", "p1", "3", "number")});
  a.receive(log);
  CHECK(conflicts(a.state, nullptr).size() == 1);
  a.write(log, {remove("phones", "p1")});
  CHECK(conflicts(a.state, nullptr).empty());
}

TEST_CASE("the centre fills sets: an import adds elements, takes them out and adds them again") {
  Tablet centre(8, "centre", Author::centre);
  Log log;
  centre.write(log, {create(), add("languages", "cy"), add("languages", "en")});
  CHECK(present(centre.state, "languages") == Words{"cy", "en"});
  centre.write(log, {remove("languages", "cy")});
  CHECK(present(centre.state, "languages") == Words{"en"});
  centre.write(log, {add("languages", "cy")});
  CHECK(present(centre.state, "languages") == Words{"cy", "en"});
}

TEST_CASE("a remove of what nobody added leaves nothing to see") {
  Tablet a(0, "ann");
  Log log;
  a.write(log, {create(), remove("needs", "debt")});
  CHECK(present(a.state, "needs").empty());
  CHECK(conflicts(a.state, nullptr).empty());
}

TEST_CASE("a remove sees what its own transaction did before it") {
  Tablet a(0, "ann");
  Log log;
  a.write(log, {create(), add("phones", "p1", "1", "number"), remove("phones", "p1")});
  CHECK(present(a.state, "phones").empty());
}

}  // namespace satchel::merge::test
