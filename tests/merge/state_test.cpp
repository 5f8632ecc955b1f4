// state: compared with a naive reading of the definition over all small histories.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

using Words = std::vector<std::string>;
using Beats = std::set<std::pair<std::string, std::string>>;

const Words labels = {"closed", "contact", "paused"};
const Beats chain = {{"contact", "closed"}, {"closed", "paused"}, {"contact", "paused"}};
const Beats fork = {{"contact", "closed"}, {"contact", "paused"}};
const Beats one_pair = {{"contact", "closed"}};

model::Field status(Beats beats) {
  model::Field field;
  field.name = "status";
  field.kind = Kind::state;
  field.beats = std::move(beats);
  return field;
}

Op moved(std::string_view label) { return assign("status", Kind::state, label); }

// The definition, word for word, on sets of numbers: nothing of the code under test.
struct Oracle {
  const Shape& shape;
  const Choice& choice;
  const Beats& beats;
  size_t n;

  const std::string& label(size_t i) const { return labels[choice[i]]; }
  bool saw(size_t a, size_t b) const { return shape.shown[a].contains(b); }
  bool stands(size_t i) const {
    for (size_t j = 0; j < n; ++j) {
      if (j != i && !saw(i, j) && !saw(j, i) && beats.contains({label(j), label(i)}) && stands(j)) return false;
    }
    return true;
  }
  std::multiset<std::string> value() const {
    std::multiset<std::string> out;
    for (size_t i = 0; i < n; ++i) {
      bool seen = !stands(i);
      for (size_t j = 0; j < n; ++j) seen = seen || (j != i && stands(j) && saw(j, i));
      if (!seen) out.insert(label(i));
    }
    return out;
  }
};

std::multiset<std::string> value_of(const RecordState& state, const model::Field& field) {
  const FieldState* found = state.field("status");
  const Words words = found ? standing(resolve(*found, &field)) : Words{};
  return {words.begin(), words.end()};
}

struct Beaten {
  int histories = 0, differ = 0, empty = 0, resurfaced = 0, resurfaced_alone = 0;
};

// The last write is the one that comes to the others: does it bring back a value that neither it nor what stood
// before wrote?
Beaten enumerate(size_t n, bool shown_is_base, const Beats& beats) {
  const model::Field field = status(beats);
  const std::vector<Op> alphabet = {moved(labels[0]), moved(labels[1]), moved(labels[2])};
  Beaten count;
  for_each_shape(n, shown_is_base, [&](const Shape& shape) {
    for_each_choice(n, 3, [&](const Choice& choice) {
      const auto written = history(shape, alphabet, choice);
      RecordState state;
      for (size_t i = 0; i + 1 < n; ++i) apply(state, written[i]);
      const auto before = value_of(state, field);
      apply(state, written.back());
      const auto after = value_of(state, field);
      ++count.histories;
      count.differ += after != Oracle{shape, choice, beats, n}.value();
      count.empty += after.empty();
      const std::string& last = labels[choice.back()];
      const bool back = std::any_of(after.begin(), after.end(), [&](const std::string& label) {
        return label != last && !before.contains(label);
      });
      count.resurfaced += back;
      count.resurfaced_alone += back && !after.contains(last);
    });
  });
  return count;
}

}  // namespace

TEST_CASE("the value of a state is that of the definition for every small history of transitions") {
  for (const Beats& beats : {Beats{}, chain, fork, one_pair}) {
    for (size_t n = 1; n <= 3; ++n) {
      const Beaten count = enumerate(n, false, beats);
      CHECK(count.histories >= 3);
      CHECK(count.differ == 0);
      CHECK(count.empty == 0);
    }
  }
}

TEST_CASE("no label resurfaces when what beats a label also beats what that label beats") {
  for (const Beats& beats : {chain, fork}) {
    const Beaten count = enumerate(4, true, beats);
    CHECK(count.histories > 3000);
    CHECK(count.differ == 0);
    CHECK(count.empty == 0);
    CHECK(count.resurfaced == 0);
  }
}

TEST_CASE("where the winner says nothing about an earlier label, that one stands beside it and a person is asked") {
  const Beaten count = enumerate(4, true, one_pair);
  CHECK(count.differ == 0);
  CHECK(count.resurfaced > 0);
  CHECK(count.resurfaced_alone == 0);
  const model::Field field = status(one_pair);
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {moved("paused")});
  a.write(log, {moved("closed")});
  b.write(log, {moved("contact")});
  b.receive(log);
  CHECK(standing(b.look("status", &field)) == Words{"contact", "paused"});
  CHECK(b.look("status", &field).decide);
}

TEST_CASE("a beaten transition beats nothing, and what comes after it stands") {
  const model::Field field = status(chain);
  Tablet a(0, "ann"), b(1, "bob"), c(2, "cem");
  Log log;
  a.write(log, {moved("closed")});
  b.write(log, {moved("contact")});
  c.write(log, {moved("paused")});
  a.receive(log);
  CHECK(standing(a.look("status", &field)) == Words{"contact"});
  CHECK(a.look("status", &field).rule == Rule::precedence);
  CHECK_FALSE(a.look("status", &field).decide);
  CHECK(others(a.look("status", &field)) == Words{"paused", "closed"});
  a.write(log, {moved("paused")});
  CHECK(standing(a.look("status", &field)) == Words{"paused"});
  CHECK(a.look("status", &field).rule == Rule::only_one);
  CHECK(others(a.look("status", &field)).empty());  // seen: settled
}

TEST_CASE("in a longer order, what only beaten transitions would beat stands, and beats in its turn") {
  const Words order = {"open", "paused", "closed", "contact"};  // each beats all before it
  Beats beats;
  for (size_t loser = 0; loser < order.size(); ++loser) {
    for (size_t winner = loser + 1; winner < order.size(); ++winner) beats.emplace(order[winner], order[loser]);
  }
  const model::Field field = status(beats);
  Tablet a(0, "ann"), b(1, "bob"), c(2, "cem"), d(3, "dee");
  Log log;
  a.write(log, {moved("contact")});
  c.receive(log);
  b.write(log, {moved("closed")});  // beaten by "contact"
  d.receive(log);
  d.write(log, {moved("open")});    // saw both
  c.write(log, {moved("paused")});  // saw "contact"; only "closed" would beat it; beats "open"
  a.receive(log);
  CHECK(standing(a.look("status", &field)) == Words{"paused"});
  CHECK(others(a.look("status", &field)) == Words{"open"});
}

TEST_CASE("of beaten transitions only the last that nobody saw is told") {
  const model::Field field = status(chain);
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {moved("paused")});
  a.write(log, {moved("closed")});
  b.write(log, {moved("contact")});
  b.receive(log);
  CHECK(standing(b.look("status", &field)) == Words{"contact"});
  CHECK(others(b.look("status", &field)) == Words{"closed"});
}

TEST_CASE("of two moves in one transaction the later one saw the earlier one") {
  const model::Field field = status(chain);
  Tablet a(0, "ann");
  Log log;
  a.write(log, {moved("contact"), moved("closed")});
  CHECK(standing(a.look("status", &field)) == Words{"closed"});
  CHECK(decode(encode(a.state)).ok());
}

TEST_CASE("done beside refused: both are kept and a person is asked; a later move that saw both settles it") {
  const model::Field field = status({});
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {moved("planned")});
  b.receive(log);
  a.write(log, {moved("done")});
  b.write(log, {moved("refused")});
  a.receive(log);
  CHECK(standing(a.look("status", &field)) == Words{"refused", "done"});
  CHECK(a.look("status", &field).rule == Rule::states_differ);
  CHECK(a.look("status", &field).decide);
  a.write(log, {settling(moved("done"))});
  CHECK(standing(a.look("status", &field)) == Words{"done"});
  CHECK_FALSE(a.look("status", &field).decide);
}

TEST_CASE("the same move by two people asks nobody") {
  const model::Field field = status({});
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), moved("done")});
  b.write(log, {create(), moved("done")});
  a.receive(log);
  CHECK(a.look("status", &field).rule == Rule::only_one);
  CHECK_FALSE(a.look("status", &field).decide);
  CHECK(conflicts(a.state, nullptr).empty());
}

TEST_CASE("a table with a circle, which no schema may have, still ends and shows everything") {
  const model::Field field = status({{"closed", "contact"}, {"contact", "paused"}, {"paused", "closed"}});
  Tablet a(0, "ann"), b(1, "bob"), c(2, "cem");
  Log log;
  a.write(log, {moved("closed")});
  b.write(log, {moved("contact")});
  c.write(log, {moved("paused")});
  a.receive(log);
  CHECK(a.look("status", &field).standing.size() == 3);
}

TEST_CASE("what the person had in front of them is exact for a state, also when more has come since") {
  const model::Field field = status(chain);
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {moved("closed")});
  const Version shown = a.has;
  a.write(log, {moved("paused")});
  b.write(log, {moved("contact")});
  a.receive(log);
  const FieldState& state = *a.state.field("status");
  CHECK(standing(resolve_at(state, &field, shown)) == Words{"closed"});
  CHECK(standing(resolve_at(state, &field, a.has)) == Words{"contact"});
  CHECK(resolve_at(state, &field, Version{}).standing.empty());
}

}  // namespace satchel::merge::test
