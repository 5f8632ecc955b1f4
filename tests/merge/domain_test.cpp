// What a link worker expects when two tablets wrote offline (the numbers are those of the domain page), at merge level.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

using Words = std::vector<std::string>;

model::Field declared(std::string name, Kind kind) {
  model::Field field;
  field.name = std::move(name);
  field.kind = kind;
  return field;
}

model::Collection collection() {
  model::Collection person;
  person.name = "person";
  const auto put = [&](model::Field field) { person.fields[field.name] = std::move(field); };
  put(declared("email", Kind::register_));
  put(declared("address", Kind::register_));
  put(declared("what_matters", Kind::keep_all));
  put(declared("phones", Kind::set));
  auto priority = declared("priority", Kind::severity);
  priority.levels = {"routine", "soon", "urgent", "emergency"};
  put(priority);
  auto deceased = declared("deceased", Kind::severity);
  deceased.type = model::ValueType::boolean;
  put(deceased);
  auto status = declared("status", Kind::state);
  status.beats = {{"contact", "closed"}};
  put(status);
  auto outcome = declared("outcome", Kind::state);
  put(outcome);
  return person;
}

// Two tablets with the same record, both offline.
struct Offline {
  explicit Offline(std::vector<Op> before) {
    before.insert(before.begin(), create());
    a.write(log, std::move(before));
    b.receive(log);
    centre.receive(log);
  }
  // Back on line: the centre has put the writes in the order of the log.
  void meet() {
    for (Tablet* tablet : {&a, &b, &centre}) tablet->receive(log);
    REQUIRE(encode(a.state) == encode(b.state));
    REQUIRE(encode(a.state) == encode(centre.state));
  }
  Words shows(const char* field) const { return standing(a.look(field, &person.fields.at(field))); }
  std::vector<Conflict> inbox() const { return conflicts(a.state, &person); }

  model::Collection person = collection();
  Tablet a{0, "ann"}, b{1, "bob"}, centre{8, "centre", Author::centre};
  Log log;
};

}  // namespace

TEST_CASE("C1: one edits the phone number, the other the e-mail: both, no prompt") {
  Offline met({add("phones", "p1", "0100", "number"), assign("email", Kind::register_, "old@example.org")});
  met.a.write(met.log, {add("phones", "p1", "0200", "number")});
  met.b.write(met.log, {assign("email", Kind::register_, "new@example.org")});
  met.meet();
  CHECK(met.shows("email") == Words{"new@example.org"});
  const auto phones = elements(*met.a.state.field("phones"));
  REQUIRE(phones.size() == 1);
  CHECK(standing(resolve(phones[0]->parts[0], nullptr)) == Words{"0200"});
  CHECK(met.inbox().empty());
}

TEST_CASE("C2: one lowers the priority on the old value, the other raises it: the higher stands, the first is told") {
  Offline met({assign("priority", Kind::severity, "urgent")});
  met.b.write(met.log, {assign("priority", Kind::severity, "emergency")}, {}, 5);
  met.a.write(met.log, {assign("priority", Kind::severity, "routine")}, {}, 50);  // later by every clock
  met.meet();
  CHECK(met.shows("priority") == Words{"emergency"});
  const auto inbox = met.inbox();
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].field == "priority");
  CHECK(inbox[0].rule == Rule::highest);
  CHECK_FALSE(inbox[0].decide);
  REQUIRE(inbox[0].others.size() == 1);
  CHECK(inbox[0].others[0].worker == "ann");
  CHECK(words(inbox[0].others[0]) == "routine");
}

TEST_CASE("C3: both rewrite what matters: both texts side by side with who and when, a person decides later") {
  Offline met({assign("what_matters", Kind::keep_all, "my garden")});
  met.a.write(met.log, {assign("what_matters", Kind::keep_all, "my cat")});
  met.b.write(met.log, {assign("what_matters", Kind::keep_all, "my sister")});
  met.meet();
  CHECK(met.shows("what_matters") == Words{"my sister", "my cat"});
  auto inbox = met.inbox();
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].rule == Rule::all_kept);
  CHECK(inbox[0].decide);
  REQUIRE(inbox[0].standing.size() == 2);
  CHECK(inbox[0].standing[0].worker == "bob");
  CHECK(inbox[0].standing[0].wall_ms == 3000);
  CHECK(inbox[0].standing[0].received_ms == 3500);
  CHECK(inbox[0].standing[1].worker == "ann");
  met.a.write(met.log, {settling(assign("what_matters", Kind::keep_all, "my cat, my sister"))});
  met.meet();
  CHECK(met.shows("what_matters") == Words{"my cat, my sister"});
  CHECK(met.inbox().empty());
}

TEST_CASE("C3: clearing one beside a rewrite hides no text and asks") {
  Offline met({assign("what_matters", Kind::keep_all, "my garden")});
  Op clear = assign("what_matters", Kind::keep_all, "");
  clear.value = proto::encode_value(model::Null{});
  met.a.write(met.log, {assign("what_matters", Kind::keep_all, "my cat")});
  met.b.write(met.log, {clear});
  met.meet();
  CHECK(met.shows("what_matters") == Words{"my cat"});
  const auto inbox = met.inbox();
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].decide);
  CHECK(inbox[0].standing.size() == 2);  // who cleared it, too
}

TEST_CASE("C10: one closes the case, the other speaks to the person: active, the closure stays and is flagged") {
  Offline met({assign("status", Kind::state, "active")});
  met.b.write(met.log, {assign("status", Kind::state, "contact")});
  met.a.write(met.log, {assign("status", Kind::state, "closed")});
  met.meet();
  CHECK(met.shows("status") == Words{"contact"});
  const auto inbox = met.inbox();
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].rule == Rule::precedence);
  REQUIRE(inbox[0].others.size() == 1);
  CHECK(words(inbox[0].others[0]) == "closed");
  CHECK(inbox[0].others[0].worker == "ann");
}

TEST_CASE("C10: a closing that saw the contact stands") {
  Offline met({assign("status", Kind::state, "active")});
  met.b.write(met.log, {assign("status", Kind::state, "contact")});
  met.a.receive(met.log);
  met.a.write(met.log, {assign("status", Kind::state, "closed")});
  met.meet();
  CHECK(met.shows("status") == Words{"closed"});
  CHECK(met.inbox().empty());
}

TEST_CASE("C13: the feed records a death, a tablet logs no reply two days later: deceased stands, the visit is kept") {
  Offline met({});
  Op died = assign("deceased", Kind::severity, "");
  died.value = proto::encode_value(true);
  Op alive = died;
  alive.value = proto::encode_value(false);
  met.centre.write(met.log, {died});
  met.b.write(met.log, {assign("outcome", Kind::state, "no_reply"), alive});  // the form sends what it showed
  met.meet();
  const auto deceased = met.a.look("deceased", &met.person.fields.at("deceased"));
  REQUIRE(deceased.standing.size() == 1);
  CHECK(deceased.standing[0]->value == proto::encode_value(true));
  CHECK(met.shows("outcome") == Words{"no_reply"});
}

TEST_CASE("C17: a clock a year ahead does not win: the real later edit does, by causality and by the centre's ord") {
  Offline met({assign("address", Kind::register_, "1 Old Road")});
  // The wrong clock stands in wall_ms; the centre clamped its ord to what it received.
  met.a.clock_ahead_ms = int64_t{365} * 24 * 3600 * 1000;
  met.a.write(met.log, {assign("address", Kind::register_, "2 Wrong Lane")}, {}, 10);
  met.b.write(met.log, {assign("address", Kind::register_, "3 Right Street")}, {}, 11);
  met.meet();
  CHECK(met.shows("address") == Words{"3 Right Street"});
  REQUIRE(met.inbox().size() == 1);  // the skew can be seen: both times are there, as they stood
  CHECK(met.inbox()[0].others[0].wall_ms - met.inbox()[0].others[0].received_ms > met.a.clock_ahead_ms - 1000);
  // And whoever has seen a write replaces it, however great its ord.
  met.a.write(met.log, {assign("address", Kind::register_, "4 Next Close")}, {}, 1'000'000);
  met.b.receive(met.log);
  met.b.write(met.log, {assign("address", Kind::register_, "5 Last Mews")}, {}, 12);
  met.meet();
  CHECK(met.shows("address") == Words{"5 Last Mews"});
  CHECK(met.inbox().empty());
}

TEST_CASE("equal ords are settled by replica and counter, the same on every tablet") {
  Offline met({});
  met.b.write(met.log, {assign("email", Kind::register_, "b")}, {}, 7);
  met.a.write(met.log, {assign("email", Kind::register_, "a")}, {}, 7);
  met.meet();
  CHECK(met.shows("email") == Words{"b"});  // the greater replica
}

}  // namespace satchel::merge::test
