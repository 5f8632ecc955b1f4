// list: a set in an order that several people can change at once.
#include "core/merge/list.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <numeric>

#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

using Words = std::vector<std::string>;

const Words no_words;

Op of_list(Op op) {
  op.kind = Kind::list;
  return op;
}
Op place(const Placed& placed) { return of_list(add("goals", placed.element, placed.place, "place")); }

Words order(const RecordState& state) {
  Words out;
  const FieldState* list = state.field("goals");
  if (list == nullptr) return out;
  for (const Element* element : elements(*list)) out.push_back(element->id);
  return out;
}

std::vector<Placed> moves(const RecordState& state, const Words& wanted, Random& random) {
  const FieldState* list = state.field("goals");
  return fewest_moves(list == nullptr ? FieldState{} : *list, wanted, {}, random);
}

// What an app sends when a person has put the list into this order.
std::vector<Op> put_in_order(const RecordState& state, const Words& wanted, Random& random) {
  std::vector<Op> ops;
  const Words now = order(state);
  for (const std::string& element : wanted) {
    if (std::find(now.begin(), now.end(), element) == now.end()) ops.push_back(of_list(add("goals", element, element)));
  }
  for (const Placed& move : moves(state, wanted, random)) ops.push_back(place(move));
  return ops;
}

size_t longest_ascending_by_trying(const Words& order, const Words& wanted) {
  size_t best = 0;
  for (size_t subset = 0; subset < size_t{1} << wanted.size(); ++subset) {
    std::vector<size_t> at;
    for (size_t i = 0; i < wanted.size(); ++i) {
      if ((subset >> i & 1) == 0) continue;
      at.push_back(static_cast<size_t>(std::find(order.begin(), order.end(), wanted[i]) - order.begin()));
    }
    if (std::is_sorted(at.begin(), at.end())) best = std::max(best, at.size());
  }
  return best;
}

}  // namespace

TEST_CASE("C4: two people rank the same goals offline: one list, each goal once, nobody is asked") {
  SeededRandom random(4);
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, put_in_order(a.state, {"Money", "Housing", "Loneliness"}, random));
  b.receive(log);
  SECTION("B's move is the only one that claims the first place") {
    Log from_b;
    a.write(log, put_in_order(a.state, {"Money", "Housing", "Loneliness"}, random).empty()
                     ? std::vector<Op>{assign("status", Kind::register_, "agreed")}
                     : put_in_order(a.state, {"Money", "Housing", "Loneliness"}, random));
    b.write(from_b, put_in_order(b.state, {"Loneliness", "Money", "Housing", "Volunteering"}, random));
    for (const Written& one : from_b) log.push_back(one);
    a.receive(log);
    b.receive(log);
    CHECK(order(a.state) == Words{"Loneliness", "Money", "Housing", "Volunteering"});
  }
  SECTION("both claim it") {
    Log from_b;
    a.write(log, put_in_order(a.state, {"Housing", "Money", "Loneliness"}, random));
    b.write(from_b, put_in_order(b.state, {"Loneliness", "Money", "Housing", "Volunteering"}, random));
    for (const Written& one : from_b) log.push_back(one);
    a.receive(log);
    b.receive(log);
    Words sorted = order(a.state);
    CHECK(sorted.back() == "Volunteering");
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == Words{"Housing", "Loneliness", "Money", "Volunteering"});
  }
  CHECK(encode(a.state) == encode(b.state));
  CHECK(order(a.state) == order(b.state));
  for (const Conflict& conflict : conflicts(a.state, nullptr)) CHECK_FALSE(conflict.decide);
}

TEST_CASE("putting a list into an order writes the fewest places, for every order of six") {
  SeededRandom random(1);
  Tablet tablet(0, "ann");
  Log log;
  const Words start = {"a", "b", "c", "d", "e", "f"};
  tablet.write(log, put_in_order(tablet.state, start, random));
  REQUIRE(order(tablet.state) == start);
  Words wanted = start;
  int wrong_order = 0, too_many = 0;
  do {
    const auto made = moves(tablet.state, wanted, random);
    too_many += made.size() != wanted.size() - longest_ascending_by_trying(start, wanted);
    Tablet other = tablet;
    Log more;
    std::vector<Op> ops;
    for (const Placed& move : made) ops.push_back(place(move));
    if (!ops.empty()) other.write(more, ops);
    wrong_order += order(other.state) != wanted;
  } while (std::next_permutation(wanted.begin(), wanted.end()));
  CHECK(wrong_order == 0);
  CHECK(too_many == 0);
}

TEST_CASE("elements that the wanted order leaves out stay where they are") {
  SeededRandom random(2);
  Tablet tablet(0, "ann");
  Log log;
  tablet.write(log, put_in_order(tablet.state, {"a", "new from a colleague", "b", "c"}, random));
  tablet.write(log, put_in_order(tablet.state, {"b", "a", "c"}, random));
  const Words now = order(tablet.state);
  CHECK(now.size() == 4);
  Words shown;
  std::copy_if(now.begin(), now.end(), std::back_inserter(shown), [](const auto& id) { return id.size() == 1; });
  CHECK(shown == Words{"b", "a", "c"});
}

TEST_CASE("between two places there is always another one, and places stay short") {
  SeededRandom random(3);
  Words places;
  size_t longest = 0;
  for (int i = 0; i < 3000; ++i) {
    const size_t gap = random.below(places.size() + 1);
    const std::string before = gap == 0 ? "" : places[gap - 1], behind = gap == places.size() ? "" : places[gap];
    const std::string made = place_between(before, behind, random);
    REQUIRE(is_place(made));
    REQUIRE(before < made);
    REQUIRE((behind.empty() || made < behind));
    longest = std::max(longest, made.size());
    places.insert(places.begin() + static_cast<std::ptrdiff_t>(gap), made);
  }
  CHECK(longest < 16);
  CHECK(std::is_sorted(places.begin(), places.end()));
}

TEST_CASE("two people who put something into the same gap leave room between the two") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom random(seed);
    Tablet a(0, "ann"), b(1, "bob");
    Log log, from_b;
    a.write(log, put_in_order(a.state, {"first", "last"}, random));
    b.receive(log);
    a.write(log, put_in_order(a.state, {"first", "ann's", "last"}, random));
    b.write(from_b, put_in_order(b.state, {"first", "bob's", "last"}, random));
    for (const Written& one : from_b) log.push_back(one);
    a.receive(log);
    Words wanted = order(a.state);
    REQUIRE(wanted.size() == 4);
    wanted.insert(wanted.begin() + 2, "between");
    a.write(log, put_in_order(a.state, wanted, random));
    REQUIRE(order(a.state) == wanted);
  }
}

TEST_CASE("an element that one person took out and another moved stays, and both are told") {
  SeededRandom random(5);
  Tablet a(0, "ann"), b(1, "bob");
  Log log, from_b;
  auto first = put_in_order(a.state, {"Money", "Housing"}, random);
  first.push_back(create());
  a.write(log, first);
  b.receive(log);
  a.write(log, {of_list(remove("goals", "Housing"))});
  b.write(from_b, put_in_order(b.state, {"Housing", "Money"}, random));
  for (const Written& one : from_b) log.push_back(one);
  a.receive(log);
  CHECK(order(a.state).size() == 2);
  const auto told = conflicts(a.state, nullptr);
  REQUIRE(told.size() == 1);
  CHECK(told.front().rule == Rule::element_kept);
  CHECK_FALSE(told.front().decide);
}

TEST_CASE("two people who move the same element are told, in words about moving") {
  SeededRandom random(6);
  Tablet a(0, "ann"), b(1, "bob");
  Log log, from_b;
  auto first = put_in_order(a.state, {"a", "b", "c", "d"}, random);
  first.push_back(create());
  a.write(log, first);
  b.receive(log);
  a.write(log, put_in_order(a.state, {"d", "a", "b", "c"}, random));
  b.write(from_b, put_in_order(b.state, {"a", "d", "b", "c"}, random));
  for (const Written& one : from_b) log.push_back(one);
  a.receive(log);
  const auto told = conflicts(a.state, nullptr);
  REQUIRE(told.size() == 1);
  CHECK(told.front().rule == Rule::moved);
  CHECK(told.front().element == "d");
  CHECK_FALSE(told.front().decide);
}

TEST_CASE("a list that several people reorder, fill and empty never doubles or loses an element") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom places(seed);
    const auto made = random_history(seed, 4, 60, [&](SeededRandom& dice) {
      const std::string element(1, static_cast<char>('a' + dice.below(6)));
      if (dice.below(5) == 0) return std::vector<Op>{of_list(remove("goals", element))};
      return std::vector<Op>{of_list(add("goals", element, element)), place({element, place_between("", "", places)})};
    });
    const Words expected = order(made.folds.front());
    const Bytes bytes = encode(made.folds.front());
    Words once = expected;
    std::sort(once.begin(), once.end());
    REQUIRE(std::adjacent_find(once.begin(), once.end()) == once.end());
    for (const RecordState& fold : made.folds) {
      REQUIRE(order(fold) == expected);
      REQUIRE(encode(fold) == bytes);
    }
    for (const Written& add : made.log) {
      const Op& op = add.ops.front();
      if (op.action != Action::add) continue;
      const bool taken_out = std::any_of(made.log.begin(), made.log.end(), [&](const Written& other) {
        const Op& by = other.ops.front();
        return by.action == Action::remove && by.element == op.element && &other != &add && other.saw(add);
      });
      INFO("seed " << seed << " element " << op.element);
      if (!taken_out) REQUIRE(std::binary_search(once.begin(), once.end(), op.element));
    }
  }
}

TEST_CASE("a list that is moved about in one spot for years gets new places before they grow too long") {
  SeededRandom random(7);
  Tablet tablet(0, "ann");
  Log log;
  Words wanted = {"a", "b", "c", "d"};
  tablet.write(log, put_in_order(tablet.state, wanted, random));
  size_t most_at_once = 0;
  for (int day = 0; day < 10'000; ++day) {
    std::rotate(wanted.begin(), wanted.end() - 1, wanted.end());
    const auto ops = put_in_order(tablet.state, wanted, random);
    for (const Op& op : ops) {
      const std::string written = std::get<std::string>(*proto::decode_value(op.value));
      REQUIRE(is_place(written));
    }
    most_at_once = std::max(most_at_once, ops.size());
    log.clear();
    tablet.write(log, ops);
    REQUIRE(order(tablet.state) == wanted);
  }
  CHECK(most_at_once == 4);
}

TEST_CASE("two people who put an element into the same place are no conflict") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), of_list(add("goals", "a", "sing"))});
  b.receive(log);
  a.write(log, {place({"a", "V"})});
  b.write(log, {place({"a", "V"})});
  a.receive(log);
  CHECK(conflicts(a.state, nullptr).empty());
}

TEST_CASE("elements whose place cannot be read stand last, in the order of their ids") {
  SeededRandom random(8);
  Tablet tablet(0, "ann");
  Log log;
  auto ops = put_in_order(tablet.state, {"z"}, random);
  ops.push_back(of_list(add("goals", "b", "b")));
  ops.push_back(place({"a", "not a place"}));
  tablet.write(log, ops);
  CHECK(order(tablet.state) == Words{"z", "a", "b"});
  CHECK_FALSE(is_place(""));
  CHECK_FALSE(is_place("a0"));
  CHECK_FALSE(is_place(std::string(129, 'a')));
}

}  // namespace satchel::merge::test
