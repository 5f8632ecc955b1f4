// Presence of records: the definition over all ops as oracle.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

Op edit_one() { return assign("field", Kind::register_, "x"); }

bool is(const Op& op, Action action) { return op.action == action; }

// DESIGN §3, read literally: created, and no void at all, or some touch that is in no void's shown.
bool present_by_definition(const std::vector<Written>& all) {
  const auto any = [&](Action action) {
    return std::any_of(all.begin(), all.end(), [&](const Written& one) { return is(one.ops.front(), action); });
  };
  if (!any(Action::create)) return false;
  if (!any(Action::void_)) return true;
  return std::any_of(all.begin(), all.end(), [&](const Written& touch) {
    const Op& op = touch.ops.front();
    if (is(op, Action::void_) || (op.settles && !is(op, Action::restore))) return false;
    return std::none_of(all.begin(), all.end(), [&](const Written& other) {
      return is(other.ops.front(), Action::void_) && other.saw(touch);
    });
  });
}

void require_definition(size_t n, bool shown_is_base, const std::vector<Op>& alphabet, int at_least) {
  int histories = 0, wrong = 0;
  for_each_shape(n, shown_is_base, [&](const Shape& shape) {
    for_each_choice(n, alphabet.size(), [&](const Choice& choice) {
      const auto written = history(shape, alphabet, choice);
      RecordState state;
      for (const Written& one : written) apply(state, one);
      ++histories;
      wrong += state.present() != present_by_definition(written);
    });
  });
  CHECK(histories >= at_least);
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("presence is that of the definition for every small history of creates, edits, voids and restores") {
  require_definition(2, false, {create(), edit_one(), void_(), restore(), settling(edit_one())}, 25);
  require_definition(3, false, {create(), edit_one(), void_(), restore(), settling(edit_one())}, 5000);
  require_definition(4, true, {create(), edit_one(), void_()}, 5000);
}

TEST_CASE("an edit beside a void keeps the record, and both are told") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), edit_one()});
  b.receive(log);
  a.write(log, {void_()});
  CHECK_FALSE(a.state.present());
  b.write(log, {edit_one()});
  a.receive(log);
  b.receive(log);
  CHECK(a.state.present());
  CHECK(encode(a.state) == encode(b.state));
  const auto inbox = conflicts(a.state, nullptr);
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].field.empty());
  CHECK(inbox[0].rule == Rule::presence_kept);
  CHECK_FALSE(inbox[0].decide);
  REQUIRE(inbox[0].standing.size() == 1);
  CHECK(inbox[0].standing[0].worker == "bob");
  REQUIRE(inbox[0].others.size() == 1);
  CHECK(inbox[0].others[0].worker == "ann");

  SECTION("a void that saw both takes it away") {
    a.write(log, {void_()});
    CHECK_FALSE(a.state.present());
    CHECK(conflicts(a.state, nullptr).empty());
  }
  SECTION("a restore that saw the void keeps it and clears the inbox") {
    a.write(log, {restore()});
    CHECK(a.state.present());
    CHECK(conflicts(a.state, nullptr).empty());
  }
}

TEST_CASE("a restore beside a second void is named among those who kept the record") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create()});
  const Version before = a.has;
  a.write(log, {void_()});
  b.receive(log);
  b.write(log, {restore()});
  a.write(log, {void_()}, before);
  a.receive(log);
  CHECK(a.state.present());
  const auto inbox = conflicts(a.state, nullptr);
  REQUIRE(inbox.size() == 1);
  REQUIRE(inbox[0].standing.size() == 1);
  CHECK(inbox[0].standing[0].worker == "bob");
}

TEST_CASE("of voids and restores only those are kept that none of the others saw") {
  Tablet a(0, "ann");
  Log log;
  a.write(log, {create()});
  a.write(log, {void_()});
  CHECK(a.state.voids.size() == 1);
  a.write(log, {restore()});
  CHECK(a.state.voids.empty());
  CHECK(a.state.restores.size() == 1);
  a.write(log, {void_()});
  CHECK(a.state.voids.size() == 1);
  CHECK(a.state.restores.empty());
}

TEST_CASE("the centre, rules and settlements do not revive; a restore and a released write do") {
  Tablet a(0, "ann"), b(1, "bob");
  Tablet centre(8, "centre", Author::centre), rule(9, "rule", Author::rule);
  Log log;
  a.write(log, {create(), edit_one()});
  for (Tablet* tablet : {&b, &centre, &rule}) tablet->receive(log);
  a.write(log, {void_()});
  centre.write(log, {edit_one()});
  rule.write(log, {edit_one()});
  b.write(log, {settling(edit_one())});
  a.receive(log);
  CHECK_FALSE(a.state.present());

  SECTION("a restore by the centre does") {
    centre.write(log, {restore()});
    a.receive(log);
    CHECK(a.state.present());
  }
  SECTION("a released write of a worker does") {
    Tablet release(10, "centre", Author::centre);
    release.receive(log);
    Written released = log.back();
    released.header.id.replica = release.id;
    released.header.id.counter = 1;
    released.header.author = Author::centre;
    released.header.origin = model::Origin{{{}, replica(5), 1}, "cem"};
    released.ops = {edit_one()};
    released.header.base = a.has;
    released.header.shown = log.front().header.shown;
    apply(a.state, released);
    CHECK(a.state.present());
  }
  SECTION("a released settlement does not, as its origin would not have") {
    Written released = log.back();
    released.header.id.replica = replica(10);
    released.header.origin = model::Origin{{{}, replica(5), 1}, "cem"};
    released.ops = {settling(edit_one())};
    apply(a.state, released);
    CHECK_FALSE(a.state.present());
  }
}

TEST_CASE("a record of the centre is present without any touch, and edits alone do not make a record") {
  Tablet centre(8, "centre", Author::centre), a(0, "ann");
  Log log;
  centre.write(log, {create(), edit_one()});
  CHECK(centre.state.present());
  a.receive(log);
  a.write(log, {void_()});
  CHECK_FALSE(a.state.present());
  RecordState edited;
  Log only;
  Tablet b(1, "bob");
  b.write(only, {edit_one()});
  CHECK_FALSE(b.state.created());
  CHECK_FALSE(b.state.present());
}

TEST_CASE("a void by somebody who had seen nothing takes away what nobody touched") {
  Tablet centre(8, "centre", Author::centre), a(0, "ann");
  Log log;
  centre.write(log, {create()});
  a.write(log, {void_()});
  a.receive(log);
  CHECK_FALSE(a.state.present());
}

TEST_CASE("voiding one's own record with a form that was open does not take away what was written meanwhile") {
  Tablet a(0, "ann");
  Log log;
  a.write(log, {create()});
  const Version form_opened = a.has;
  a.write(log, {edit_one()});
  a.write(log, {void_()}, form_opened);
  CHECK(a.state.present());
  a.write(log, {void_()});
  CHECK_FALSE(a.state.present());
}

TEST_CASE("a void sees what its own transaction did before it, and not what comes behind it") {
  Tablet a(0, "ann"), b(1, "bob"), c(2, "cem");
  Log log;
  a.write(log, {create()});
  a.write(log, {edit_one(), void_()});
  CHECK_FALSE(a.state.present());
  b.receive(log);
  CHECK(encode(a.state) == encode(b.state));
  Log second;
  c.write(second, {create(), void_(), edit_one()});
  CHECK(c.state.present());
  Tablet d(3, "dee");
  Log third;
  d.write(third, {edit_one(), void_(), create()});
  CHECK(d.state.present());
}

TEST_CASE("two tablets that apply one rule make one record, and one of them removing it does not hide the other's") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create()});
  a.write(log, {void_()});
  b.write(log, {create()});
  a.receive(log);
  CHECK(a.state.creates.size() == 2);
  CHECK(a.state.present());
}

}  // namespace satchel::merge::test
