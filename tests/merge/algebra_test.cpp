// The invariant of core/merge: the same transactions, each once, in any causal order, give the same bytes.
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

// Every shape, `alphabet` many ops for each place; counts what differs between orders.
struct Count {
  int histories = 0, different = 0, unreadable = 0;
};
Count enumerate(size_t n, bool shown_is_base, const std::vector<Op>& alphabet) {
  Count count;
  for_each_shape(n, shown_is_base, [&](const Shape& shape) {
    for_each_choice(n, alphabet.size(), [&](const Choice& choice) {
      const auto written = history(shape, alphabet, choice);
      RecordState state;
      ++count.histories;
      count.different += !same_in_every_order(written, state);
      const auto read = decode(encode(state));
      count.unreadable += !read.ok() || !(*read == state);
    });
  });
  return count;
}

void require_equal(const Count& count, int at_least) {
  CHECK(count.histories >= at_least);
  CHECK(count.different == 0);
  CHECK(count.unreadable == 0);
}

const std::vector<Kind> kinds_of_one_value = {Kind::register_, Kind::keep_all, Kind::severity, Kind::restrictive,
                                              Kind::state,     Kind::frozen,   Kind::server,   static_cast<Kind>(42)};

// Everything at once: what a record of a real schema holds.
std::vector<Op> anything(SeededRandom& random) {
  const auto pick = [&](std::vector<std::string> from) { return from[random.below(from.size())]; };
  std::vector<Op> ops;
  const uint64_t many = 1 + random.below(3);
  std::set<std::string> used;
  while (ops.size() < many) {
    const uint64_t dice = random.below(24);
    Op op = dice == 0 ? create() : dice == 1 ? void_() : dice == 2 ? restore() : Op{};
    if (dice >= 3 && dice < 12) {
      const Kind kind = kinds_of_one_value[random.below(kinds_of_one_value.size())];
      op = assign("field" + std::to_string(static_cast<uint32_t>(kind)), kind, pick({"a", "b", "c"}));
    } else if (dice >= 12 && dice < 17) {
      op = add("phones", pick({"home", "work"}), pick({"1", "2"}), pick({"", "number", "label"}));
    } else if (dice >= 17 && dice < 20) {
      op = remove("phones", pick({"home", "work"}));
    } else if (dice >= 20) {
      op = dice == 20 ? submit() : edit({{static_cast<uint32_t>(random.below(4)), dice == 21 ? 1u : 0u, pick({"a", "bc"})}});
    }
    if (random.below(10) == 0) op = settling(std::move(op));
    // The store refuses a draft with two ops in one place.
    const std::string place = op.field + "/" + op.element + "/" + op.part;
    if (used.insert(op.action == Action::submit ? place + "sent" : place).second) ops.push_back(std::move(op));
  }
  return ops;
}

}  // namespace

TEST_CASE("every causal order of up to four writes to a field gives the same bytes") {
  for (const Kind kind : kinds_of_one_value) {
    INFO("kind " << static_cast<uint32_t>(kind));
    for (size_t n = 1; n <= 4; ++n) require_equal(enumerate(n, n == 4, {assign("field", kind, "x")}), 1);
    require_equal(enumerate(3, false, {assign("field", kind, "x")}), 60);
  }
}

TEST_CASE("every causal order of up to four writes by people who looked at older versions gives the same bytes") {
  require_equal(enumerate(4, false, {assign("field", Kind::register_, "x")}), 2000);
  require_equal(enumerate(4, false, {assign("field", Kind::state, "x")}), 2000);
}

TEST_CASE("every causal order of creates, edits, voids and restores gives the same bytes") {
  const std::vector<Op> alphabet = {create(), assign("field", Kind::register_, "x"), void_(), restore()};
  require_equal(enumerate(2, false, alphabet), 16);
  require_equal(enumerate(3, false, alphabet), 1000);
}

TEST_CASE("every causal order of adds, edits and removes of elements gives the same bytes") {
  const std::vector<Op> alphabet = {add("phones", "home", "1"), add("phones", "home", "x", "label"),
                                    settling(add("phones", "home", "y", "label")), remove("phones", "home")};
  require_equal(enumerate(2, false, alphabet), 16);
  require_equal(enumerate(3, false, alphabet), 1000);
}

TEST_CASE("every causal order of edits of a text and of sending it in gives the same bytes") {
  const std::vector<Op> alphabet = {edit({{0, 0, "ab"}}), edit({{0, 1, ""}}), submit(), settling(submit())};
  require_equal(enumerate(2, false, alphabet), 16);
  require_equal(enumerate(3, false, alphabet), 1000);
  require_equal(enumerate(4, true, {edit({{1, 1, "x"}}), submit()}), 2000);
}

TEST_CASE("ops that claim two kinds for one name merge beside each other, in any order") {
  require_equal(enumerate(3, true, {assign("level", Kind::severity, "x"), assign("level", Kind::register_, "y")}), 100);
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {assign("level", Kind::severity, "high")});
  b.write(log, {assign("level", Kind::register_, "none")});
  a.receive(log);
  CHECK(words(a.state.field("level", Kind::severity)->heads.front()) == "high");
  CHECK(words(a.state.field("level", Kind::register_)->heads.front()) == "none");
  CHECK(a.state.field("level", Kind::set) == nullptr);
}

TEST_CASE("large random histories with several replicas and older views fold to the same bytes everywhere") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const auto made = random_history(seed, 2 + static_cast<int>(seed % 5), 60, anything);
    RecordState in_log_order;
    for (const Written& written : made.log) apply(in_log_order, written);
    const Bytes bytes = encode(in_log_order);
    INFO("seed " << seed);
    for (const RecordState& fold : made.folds) REQUIRE(encode(fold) == bytes);
    const auto read = decode_whole(bytes);
    REQUIRE(read.ok());
    REQUIRE(*read == in_log_order);
  }
}

TEST_CASE("heads are exactly the writes that no other write saw, whatever their values") {
  for (uint64_t seed = 100; seed < 130; ++seed) {
    const auto made = random_history(seed, 4, 50, [](SeededRandom& random) {
      return std::vector{assign("field", Kind::keep_all, std::to_string(random.below(3)))};
    });
    std::set<std::pair<ReplicaId, uint64_t>> expected, found;
    for (const Written& one : made.log) {
      bool seen = false;
      for (const Written& other : made.log) seen = seen || (&one != &other && other.saw(one));
      if (!seen) expected.emplace(one.header.id.replica, one.header.id.counter);
    }
    for (const Head& head : made.folds.front().field("field")->heads) found.emplace(head.replica, head.counter);
    INFO("seed " << seed);
    REQUIRE(found == expected);
  }
}

TEST_CASE("a write that comes months late merges with what is there, without any history") {
  Tablet office(0, "ann"), away(1, "bob");
  Log log, late;
  office.write(log, {create(), assign("email", Kind::register_, "one")});
  away.receive(log);
  // Then no signal for months.
  away.write(late, {assign("email", Kind::register_, "two"), add("needs", "debt")}, {}, 2);
  for (int i = 0; i < 200; ++i) {
    office.write(log, {assign("email", Kind::register_, "v" + std::to_string(i)), add("needs", "debt")}, {}, 10 + i);
    office.write(log, {remove("needs", "debt")});
  }
  RecordState centre = *decode(encode(office.state));  // nothing but the state survives
  apply(centre, late.front());
  const auto email = resolve(*centre.field("email"), nullptr);
  CHECK(standing(email) == std::vector<std::string>{"v199"});
  CHECK(others(email) == std::vector<std::string>{"two"});
  REQUIRE(elements(*centre.field("needs")).size() == 1);  // no remove saw that touch
  apply(away.state, late.front());
  RecordState other_way = RecordState{};
  apply(other_way, log[0]);
  apply(other_way, late.front());
  for (size_t i = 1; i < log.size(); ++i) apply(other_way, log[i]);
  CHECK(encode(other_way) == encode(centre));
}

TEST_CASE("one replica's own writes are concurrent when its person had not seen the earlier one") {
  Tablet tablet(0, "ann");
  Log log;
  tablet.write(log, {assign("email", Kind::register_, "one")});
  const Version form_opened = tablet.has;
  tablet.write(log, {assign("email", Kind::register_, "two")});
  tablet.write(log, {assign("email", Kind::register_, "three")}, form_opened);
  REQUIRE(tablet.state.field("email")->heads.size() == 2);
  CHECK(standing(tablet.look("email")) == std::vector<std::string>{"three"});
  tablet.write(log, {assign("email", Kind::register_, "four")});
  CHECK(tablet.state.field("email")->heads.size() == 1);
}

TEST_CASE("inside one transaction a later op sees the earlier ones, whatever was shown") {
  Tablet tablet(0, "ann");
  Log log;
  tablet.write(log, {assign("email", Kind::register_, "one"), assign("email", Kind::register_, "two")}, Version{});
  REQUIRE(tablet.state.field("email")->heads.size() == 1);
  CHECK(standing(tablet.look("email")) == std::vector<std::string>{"two"});
}

TEST_CASE("kinds of a newer app are carried as heads and shown, but nobody is asked about them") {
  const auto newer = static_cast<Kind>(42);
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  Op strange = assign("drawing", newer, "");
  strange.value = "\xFF\x01 not a value of today";
  a.write(log, {create(), strange});
  b.write(log, {create(), assign("drawing", newer, "b")});
  a.receive(log);
  const auto read = decode(encode(a.state));
  REQUIRE(read.ok());
  REQUIRE(*read == a.state);
  const Resolved resolved = a.look("drawing");
  CHECK(resolved.standing.size() == 2);
  CHECK(resolved.standing.front()->value == text("b"));
  CHECK_FALSE(resolved.decide);
  CHECK(a.state.field("drawing")->heads.front().value == strange.value);
  CHECK(conflicts(a.state, nullptr).empty());
}

}  // namespace satchel::merge::test
