// severity and restrictive: what is more serious stands until somebody who has seen it lowers it.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

using Words = std::vector<std::string>;

model::Field risk() {
  model::Field field;
  field.name = "level";
  field.kind = Kind::severity;
  field.levels = {"none_known", "low", "medium", "high"};
  return field;
}

model::Field of_type(Kind kind, model::ValueType type) {
  model::Field field;
  field.name = "field";
  field.kind = kind;
  field.type = type;
  return field;
}

Op level(std::string_view value) { return assign("level", Kind::severity, value); }

Op with(Kind kind, const model::Value& value) {
  Op op = assign("field", kind, "");
  op.value = proto::encode_value(value);
  return op;
}

}  // namespace

TEST_CASE("a lowering that did not see an alarm never wins, and one that did always does") {
  const model::Field field = risk();
  const std::vector<Op> alphabet = {level("none_known"), level("low"), level("medium")};
  int histories = 0, wrong = 0;
  for (size_t n = 2; n <= 4; ++n) {
    for_each_shape(n, n == 4, [&](const Shape& shape) {
      for_each_choice(n, 3, [&](const Choice& choice) {
        const auto written = history(shape, alphabet, choice);
        RecordState state;
        for (const Written& one : written) apply(state, one);  // one order: algebra_test.cpp has the others
        // By definition: of the writes that nobody saw, the greatest.
        size_t expected = 0;
        for (size_t i = 0; i < n; ++i) {
          const bool seen =
              std::any_of(shape.shown.begin(), shape.shown.end(), [&](const auto& shown) { return shown.contains(i); });
          if (!seen) expected = std::max(expected, choice[i]);
        }
        const Resolved resolved = resolve(*state.field("level"), &field);
        wrong += standing(resolved) != Words{field.levels[expected]};
        wrong += resolved.decide;
        ++histories;
      });
    });
  }
  CHECK(histories > 3000);
  CHECK(wrong == 0);
}

TEST_CASE("an alarm that arrived behind an open form is not lowered by saving that form") {
  const model::Field field = risk();
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), level("medium")});
  b.receive(log);
  const Version form_opened = a.has;
  b.write(log, {level("high")});
  a.receive(log);  // a long poll brings it while the form is open
  a.write(log, {level("low")}, form_opened);
  CHECK(standing(a.look("level", &field)) == Words{"high"});
  CHECK(others(a.look("level", &field)) == Words{"low"});
  a.write(log, {level("low")});  // now the form shows "high"
  CHECK(standing(a.look("level", &field)) == Words{"low"});
  CHECK(others(a.look("level", &field)).empty());
}

TEST_CASE("a level of a newer schema ranks highest, no value ranks lowest") {
  const model::Field field = risk();
  Tablet a(0, "ann"), b(1, "bob"), c(2, "cem");
  Log log;
  a.write(log, {level("high")});
  b.write(log, {level("in_danger_now")});
  Op cleared = level("");
  cleared.value.clear();
  c.write(log, {cleared});
  a.receive(log);
  CHECK(standing(a.look("level", &field)) == Words{"in_danger_now"});
  CHECK(others(a.look("level", &field)) == Words{"", "high"});
  Tablet d(3, "dee");
  Log second;
  d.write(second, {level("none_known")});
  c.receive(second);
  CHECK(standing(c.look("level", &field)) == Words{"none_known"});
  c.write(second, {cleared});
  CHECK(c.look("level", &field).standing.empty());  // nothing is written any more
}

TEST_CASE("sooner dates and true are greater") {
  const model::Field due = of_type(Kind::severity, model::ValueType::date);
  Tablet a(0, "ann"), b(1, "bob"), c(2, "cem");
  Log log;
  a.write(log, {with(Kind::severity, model::Date{2026, 11, 30})});
  b.write(log, {with(Kind::severity, model::Date{2026, 12, 1})});
  c.write(log, {with(Kind::severity, model::Date{2027, 1, 1})});
  c.receive(log);
  CHECK(c.look("field", &due).standing.front()->value == proto::encode_value(model::Date{2026, 11, 30}));
  CHECK(c.look("field", &due).others.size() == 2);

  const model::Field at = of_type(Kind::severity, model::ValueType::instant);
  Tablet f(5, "fay"), g(6, "gus");
  Log instants;
  f.write(instants, {with(Kind::severity, model::Instant{1000, 0, ""})});
  g.write(instants, {with(Kind::severity, model::Instant{2000, 60, "Europe/London"})});
  g.receive(instants);
  CHECK(g.look("field", &at).standing.front()->replica == f.id);

  const model::Field no_voicemail = of_type(Kind::restrictive, model::ValueType::boolean);
  Tablet d(3, "dee"), e(4, "eva");
  Log flags;
  d.write(flags, {with(Kind::restrictive, true)});
  e.write(flags, {with(Kind::restrictive, false)});
  e.receive(flags);
  CHECK(e.look("field", &no_voicemail).standing.front()->value == proto::encode_value(true));
}

TEST_CASE("withdrawn consent stands beside one given at the same time, whoever was later") {
  model::Field consent = risk();
  consent.kind = Kind::restrictive;
  consent.levels = {"given", "refused", "withdrawn"};
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {assign("level", Kind::restrictive, "withdrawn")});
  b.write(log, {assign("level", Kind::restrictive, "given")});
  b.receive(log);
  CHECK(standing(b.look("level", &consent)) == Words{"withdrawn"});
}

TEST_CASE("without the schema no severity is hidden behind another") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {level("high")});
  b.write(log, {level("low")});
  b.receive(log);
  CHECK(standing(b.look("level")) == Words{"low", "high"});
  CHECK(b.look("level").others.empty());
  model::Field other_kind = risk();
  other_kind.kind = Kind::register_;
  CHECK(standing(resolve(*b.state.field("level"), &other_kind)) == Words{"low", "high"});
}

TEST_CASE("the check at commit knows a lowering from a raising, against what was shown") {
  const model::Field field = risk();
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {level("medium")});
  const Version shown = a.has;
  b.write(log, {level("high")});
  a.receive(log);
  const FieldState& state = *a.state.field("level");
  CHECK(standing(resolve_at(state, &field, shown)) == Words{"medium"});
  CHECK(standing(resolve_at(state, &field, a.has)) == Words{"high"});
  CHECK(resolve_at(state, &field, Version{}).standing.empty());
  const auto lowers_at = [&](const char* value, const Version& version) {
    return lowers(field, std::string(value), resolve_at(state, &field, version));
  };
  CHECK(lowers_at("low", shown));
  CHECK_FALSE(lowers_at("medium", shown));
  CHECK_FALSE(lowers_at("high", shown));
  CHECK_FALSE(lowers_at("of a newer schema", a.has));
  CHECK(lowers_at("medium", a.has));
  CHECK_FALSE(lowers_at("none_known", Version{}));
  CHECK(lowers(field, model::Null{}, resolve(state, &field)));
}

}  // namespace satchel::merge::test
