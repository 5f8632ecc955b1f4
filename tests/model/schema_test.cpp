#include "core/model/schema.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/model/limits.hpp"
#include "tests/support/domain_schema.hpp"

using namespace satchel;
using namespace satchel::model;

namespace {

// A schema with one field of the given JSON.
std::string with_field(const std::string& field) {
  return R"({"version":1,"scopes":{"case":{}},"collections":{"visit":{"scopes":["case"],"fields":{"note":)" + field +
         "}}}}";
}

std::string in_field(const std::string& rest) { return "/collections/visit/fields/note" + rest; }

struct Mistake {
  std::string schema, pointer, words;  // words: a part of the message
};

void check_mistakes(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    INFO(mistake.schema);
    const auto parsed = Schema::parse(mistake.schema);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == Code::invalid);
    CHECK(parsed.error().place == mistake.pointer);
    INFO(parsed.error().message);
    CHECK(parsed.error().message.find(mistake.words) != std::string::npos);
  }
}

Schema domain() {
  auto parsed = Schema::parse(test::domain_schema_text());
  if (!parsed.ok()) FAIL(parsed.error().place << ": " << parsed.error().message);
  return std::move(parsed).value();
}

}  // namespace

TEST_CASE("the domain schema parses and holds what link workers record") {
  const Schema schema = domain();
  CHECK(schema.version() == 5);
  CHECK(schema.source() == test::domain_schema_text());
  for (const char* name : {"person",
                           "about_me",
                           "episode",
                           "referral_in",
                           "attempt",
                           "consent",
                           "need",
                           "strength",
                           "plan",
                           "goal",
                           "stage_goal",
                           "setback",
                           "rating",
                           "action",
                           "encounter",
                           "visit_note",
                           "outcome_measure",
                           "risk",
                           "safeguarding",
                           "concern",
                           "concern_event",
                           "contingency_plan",
                           "refer_back",
                           "onward_referral",
                           "signpost",
                           "task",
                           "handover",
                           "assignment_event",
                           "service",
                           "organization",
                           "schedule",
                           "service_note",
                           "service_report",
                           "service_gap",
                           "supervision_session",
                           "competency",
                           "reflection",
                           "cpd_record",
                           "my_order",
                           "audit_event"}) {
    INFO(name);
    CHECK(schema.collection(name) != nullptr);
  }
  CHECK(schema.field("risk", "level")->levels == std::vector<std::string>{"none_known", "low", "medium", "high"});
  CHECK(schema.field("episode", "priority")->lowering_needs_reason);
  CHECK(schema.field("episode", "status")->beats.count({"active", "closed"}) == 1);
  CHECK(schema.field("consent", "decision")->kind == Kind::restrictive);
  CHECK(schema.field("visit_note", "body")->kind == Kind::text);
  CHECK_FALSE(schema.field("visit_note", "body")->between_people_keep_all);
  CHECK(schema.field("visit_note", "body")->amends == "amends");
  CHECK(schema.field("goal", "words")->amends.empty());
  CHECK(schema.field("about_me", "please_do_dont")->between_people_keep_all);
  CHECK(schema.field("contingency_plan", "words")->kind == Kind::keep_all);  // safety text is never merged by machine
  const auto& action_beats = schema.field("action", "status")->beats;
  CHECK(action_beats.count({"done", "refused"}) + action_beats.count({"refused", "done"}) == 0);
  const auto& outcome_beats = schema.field("encounter", "outcome")->beats;
  CHECK(outcome_beats.count({"happened", "no_reply"}) + outcome_beats.count({"no_reply", "happened"}) == 0);
  CHECK(schema.collection("task")->scopes == std::vector<std::string>{"case", "self"});
  CHECK(schema.collection("service")->server_only);
  CHECK(schema.scopes().at("case-restricted").parent == "case");
  CHECK(schema.field("plan", "goal_order")->kind == Kind::list);
}

// docs/MERGE.md: otherwise the earlier label stands beside the winner, which is right only where a person shall decide.
TEST_CASE("in the domain what beats a label also beats what leads there, but for the pairs that people decide") {
  std::set<std::string> both_stand;
  const Schema schema = domain();
  for (const auto& [name, collection] : schema.collections()) {
    for (const auto& [field_name, field] : collection.fields) {
      for (const auto& [winner, loser] : field.beats) {
        for (const auto& [from, to] : field.transitions) {
          const bool decided = from.empty() || from == winner || field.beats.count({winner, from}) != 0 ||
                               field.beats.count({from, winner}) != 0;
          if (to == loser && !decided) both_stand.insert(name + "." + field_name + ": " + winner + ", " + from);
        }
      }
    }
  }
  CHECK(both_stand ==
        std::set<std::string>{"action.status: done, not_possible", "action.status: done, refused",
                              "action.status: not_possible, done", "action.status: not_possible, refused",
                              "action.status: refused, done", "action.status: refused, not_possible",
                              "encounter.outcome: happened, cancelled", "encounter.outcome: no_reply, cancelled",
                              "goal.status: abandoned, achieved", "goal.status: achieved, abandoned",
                              "handover.status: accepted, declined", "need.status: met, not_met",
                              "need.status: not_met, met", "onward_referral.status: attended, not_attended",
                              "onward_referral.status: not_attended, attended",
                              "signpost.status: attended, not_attended", "signpost.status: not_attended, attended",
                              "stage_goal.status: abandoned, achieved", "stage_goal.status: achieved, abandoned"});
}

TEST_CASE("text that is not JSON is named by line and column") {
  const auto parsed = Schema::parse("{\n  \"version\": 1,\n  oops\n}");
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().message == "The schema is not JSON: line 3, column 3.");
  CHECK_FALSE(Schema::parse("").ok());
  CHECK_FALSE(Schema::parse("{\"version\": 1e999}").ok());
  CHECK_FALSE(Schema::parse(std::string(100'000, '[')).ok());
  CHECK(Schema::parse(std::string(limits::schema_bytes + 1, ' ')).error().code == Code::limit);
}

TEST_CASE("mistakes around the collections are named with pointer and reason") {
  check_mistakes({
      {"[]", "", "must be an object"},
      {"{}", "", "needs a \"version\""},
      {R"({"version":0,"scopes":{},"collections":{}})", "/version", "1 or more"},
      {R"({"version":1.0,"scopes":{},"collections":{}})", "/version", "whole number"},
      {R"({"version":1,"collections":{}})", "", "needs \"scopes\""},
      {R"({"version":1,"scopes":{"case":{}}})", "", "needs \"collections\""},
      {R"({"version":1,"scopes":{},"collections":{}})", "/scopes", "at least one"},
      {R"({"version":1,"scopes":{"case":{}},"collections":{}})", "/collections", "at least one"},
      {R"({"version":1,"extra":1,"scopes":{},"collections":{}})", "/extra", "not known"},
      {R"({"version":1,"scopes":{"case":{}},"scopes":{}})", "/scopes", "twice"},
      {R"({"version":1,"scopes":{"Case":{}},"collections":{}})", "/scopes/Case", "cannot be a name"},
      {R"({"version":1,"scopes":{"case":{"opened_by":["boss"]}},"collections":{}})", "/scopes/case/opened_by/0",
       "not a role"},
      {R"({"version":1,"scopes":{"case":{"opened_by":["writer","writer"]}},"collections":{}})",
       "/scopes/case/opened_by/1", "twice"},
      {R"({"version":1,"scopes":{"case":{"parent":"tema"}},"collections":{}})", "/scopes/case/parent",
       "no kind of scope \"tema\""},
      {R"({"version":1,"scopes":{"a":{"parent":"b"},"b":{"parent":"a"}},"collections":{}})", "/scopes/a/parent",
       "inside itself"},
      {R"({"version":1,"scopes":{"case":{}},"collections":{"a-b":{}}})", "/collections/a-b", "cannot be a name"},
      {R"({"version":1,"scopes":{"case":{}},"collections":{"a/b":{}}})", "/collections/a~1b", "cannot be a name"},
      {R"({"version":1,"scopes":{"case":{}},"collections":{"v":{"fields":{}}}})", "/collections/v", "\"scopes\""},
      {R"({"version":1,"scopes":{"case":{}},"collections":{"v":{"scopes":["team"]}}})", "/collections/v/scopes/0",
       "no kind of scope \"team\""},
      {R"({"version":1,"scopes":{"case":{}},"collections":{"v":{"scopes":["case"]}}})", "/collections/v",
       "needs \"fields\""},
      {R"({"version":1,"scopes":{"case":{}},"collections":{"v":{"scopes":["case"],"fields":{}}}})",
       "/collections/v/fields", "at least one"},
      {R"({"version":1,"scopes":{"case":{}},"collections":{"v":{"scopes":["case"],"append_only":1,"fields":{}}}})",
       "/collections/v/append_only", "true or false"},
      {R"({"version":1,"scopes":{"case":{}},"collections":{"v":{"scopes":["case"],"fields":{"id":{}}}}})",
       "/collections/v/fields/id", "reserved"},
  });
}

TEST_CASE("mistakes in a field are named with pointer and reason") {
  check_mistakes({
      {with_field("3"), in_field(""), "must be an object"},
      {with_field("{}"), in_field(""), "needs a \"kind\""},
      {with_field(R"({"kind":"poem","type":"text"})"), in_field("/kind"), "not a kind"},
      {with_field(R"({"kind":3,"type":"text"})"), in_field("/kind"), "must be a text"},
      {with_field(R"({"kind":"register"})"), in_field(""), "needs a \"type\""},
      {with_field(R"({"kind":"register","type":"float"})"), in_field("/type"), "not a type"},
      {with_field(R"({"kind":"register","type":"text","colour":1})"), in_field("/colour"), "not known"},
      {with_field(R"({"kind":"register","type":"text","type":"date"})"), in_field("/type"), "twice"},
      {with_field(R"({"kind":"register","type":"text","levels":["a","b"]})"), in_field("/levels"),
       "Only fields of kind"},
      {with_field(R"({"kind":"register","type":"text","lowering_needs_reason":true})"),
       in_field("/lowering_needs_reason"), "Only fields of kind"},
      {with_field(R"({"kind":"severity","type":"text"})"), in_field(""), "needs \"levels\""},
      {with_field(R"({"kind":"severity","type":"text","levels":["low"]})"), in_field("/levels"), "at least two"},
      {with_field(R"({"kind":"severity","type":"text","levels":["low","high","low"]})"), in_field("/levels/2"),
       "twice"},
      {with_field(R"({"kind":"severity","type":"text","levels":["low","HIGH"]})"), in_field("/levels/1"),
       "cannot be a name"},
      {with_field(R"({"kind":"severity","type":"date","levels":["low","high"]})"), in_field("/levels"), "Only a field"},
      {with_field(R"({"kind":"severity","type":"integer"})"), in_field("/type"), "sooner is higher"},
      {with_field(R"({"kind":"restrictive","type":"date"})"), in_field("/type"), "levels or a boolean"},
      {with_field(R"({"kind":"register","type":"text","references":"visit"})"), in_field("/references"),
       "Only a field of type reference"},
      {with_field(R"({"kind":"register","type":"reference","references":"person"})"), in_field("/references"),
       "no collection \"person\""},
      {with_field(R"({"kind":"register","type":"text","parts":{"a":"text"}})"), in_field("/parts"), "kind set"},
      {with_field(R"({"kind":"set","parts":{}})"), in_field("/parts"), "must be an object"},
      {with_field(R"({"kind":"set","parts":{"a":"word"}})"), in_field("/parts/a"), "not a type"},
      {with_field(R"({"kind":"set","type":"text","parts":{"a":"text"}})"), in_field("/type"), "no type of their own"},
      {with_field(R"({"kind":"set","type":"blob"})"), in_field("/type"), "cannot hold"},
      {with_field(R"({"kind":"set","type":"text","indexed":true})"), in_field("/indexed"), "cannot be indexed"},
      {with_field(R"({"kind":"register","type":"blob","indexed":true})"), in_field("/indexed"), "cannot be indexed"},
      {with_field(R"({"kind":"register","type":"text","indexed":"yes"})"), in_field("/indexed"), "true or false"},
  });
}

TEST_CASE("a text that is sent in names the field by which a record of its collection amends another") {
  const auto visit = [](const std::string& note, const std::string& amends, const std::string& more = "") {
    return R"({"version":1,"scopes":{"case":{}},"collections":{"visit":{"scopes":["case"],)" + more +
           R"("fields":{"note":{"kind":"text","type":"text",)" + note + R"(},"of":)" + amends + "}}}}";
  };
  const std::string of = R"({"kind":"register","type":"reference","references":"visit"})";
  const std::string sent = R"("submitted":{"amends":"of"})";
  const auto schema = Schema::parse(visit(sent, of));
  REQUIRE(schema.ok());
  CHECK(schema->field("visit", "note")->amends == "of");
  check_mistakes({
      {with_field(R"({"kind":"frozen","type":"text","submitted":{"amends":"of"}})"), in_field("/submitted"),
       "Only fields of kind text"},
      {visit(R"("submitted":true)", of), in_field("/submitted"), "must be an object"},
      {visit(R"("submitted":{})", of), in_field("/submitted"), "\"amends\""},
      {visit(R"("submitted":{"amends":"of","by":"x"})", of), in_field("/submitted/by"), "not known"},
      {visit(R"("submitted":{"amends":"nothing"})", of), in_field("/submitted/amends"), "must be a field of kind register"},
      {visit(sent, R"({"kind":"register","type":"text"})"), in_field("/submitted/amends"), "type reference"},
      {visit(sent, R"({"kind":"register","type":"reference"})"), in_field("/submitted/amends"), "references \"visit\""},
      {visit(sent, R"({"kind":"server","type":"reference","references":"visit"})"), in_field("/submitted/amends"),
       "kind register"},
      {visit(sent + R"(,"between_people":"keep_all")", of), in_field("/submitted"), "leave out \"between_people\""},
      {visit(sent, of, R"("append_only":true,)"), in_field("/submitted"), "nothing to send in"},
      {visit(sent, of, R"("server_only":true,)"), in_field("/submitted"), "nothing to send in"},
  });
}

TEST_CASE("mistakes in a state's table are named with pointer and reason") {
  const auto state = [](const std::string& rest) { return with_field(R"({"kind":"state",)" + rest + "}"); };
  const std::string three = R"("transitions":{"":["a","b","c"]},)";
  check_mistakes({
      {with_field(R"({"kind":"state"})"), in_field(""), "needs \"transitions\""},
      {state(R"("type":"text","transitions":{"":["a"]})"), in_field("/type"), "has no type"},
      {state(R"("transitions":[])"), in_field("/transitions"), "must be an object"},
      {state(R"("transitions":{})"), in_field("/transitions"), "where it begins"},
      {state(R"("transitions":{"":[]})"), in_field("/transitions/"), "at least one label"},
      {state(R"("transitions":{"":["a"],"b":["a"]})"), in_field("/transitions/b"), "No move leads"},
      {state(R"("transitions":{"":["a"],"a":["a","a"]})"), in_field("/transitions/a/1"), "twice"},
      {state(three + R"("beats":{})"), in_field("/beats"), "list of pairs"},
      {state(three + R"("beats":[["a"]])"), in_field("/beats/0"), "pair of labels"},
      {state(three + R"("beats":[["a","x"]])"), in_field("/beats/0/1"), "No transition leads to \"x\""},
      {state(three + R"("beats":[["a","b"],["a","b"]])"), in_field("/beats/1"), "twice"},
      {state(three + R"("beats":[["a","a"]])"), in_field("/beats"), "\"a\" beats itself"},
      {state(three + R"("beats":[["a","b"],["b","a"]])"), in_field("/beats"), "beats itself"},
      {state(three + R"("beats":[["a","b"],["b","c"],["c","a"]])"), in_field("/beats"), "beats itself"},
      {state(three + R"("beats":[["a","b"],["b","c"]])"), in_field("/beats"), "add [\"a\", \"c\"]"},
      {with_field(R"({"kind":"register","type":"text","beats":[]})"), in_field("/beats"), "kind state"},
  });
  CHECK(Schema::parse(state(three + R"("beats":[["a","b"],["b","c"],["a","c"]])")).ok());
}

TEST_CASE("a field takes the values of its type and no others") {
  const Schema schema = domain();
  const auto check = [&](const char* collection, const char* field, const Value& value) {
    return check_value(*schema.collection(collection), *schema.field(collection, field), value);
  };
  CHECK(check("person", "preferred_name", std::string("Edith")).ok());
  CHECK(check("person", "preferred_name", Null{}).ok());
  CHECK(check("risk", "level", std::string("high")).ok());
  CHECK(check("episode", "status", std::string("closed")).ok());
  CHECK(check("episode", "review_due", Date{2028, 2, 29}).ok());
  CHECK(check("person", "communication_needs", CodedValue{"", "interpreter", ""}).ok());

  const auto refused = [&](const char* collection, const char* field, const Value& value) {
    const auto result = check(collection, field, value);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Code::invalid);
    CHECK(result.error().place == std::string(collection) + "." + field);
    return result.error().message;
  };
  CHECK(refused("person", "preferred_name", int64_t{7}) == "person.preferred_name must be of type text.");
  CHECK(refused("person", "preferred_name", std::string("\xC3\x28")) ==
        "person.preferred_name is not valid UTF-8 text.");
  CHECK(refused("risk", "level", std::string("hi")) ==
        "risk.level cannot be \"hi\". It can be: none_known, low, medium, high.");
  CHECK(refused("task", "status", std::string("lost")) ==
        "task.status cannot be \"lost\". It can be: cancelled, done, open.");
  CHECK(refused("task", "status", Null{}) == "task.status cannot be taken away.");
  CHECK(refused("episode", "review_due", Date{2027, 2, 29}) == "episode.review_due is not a day of the calendar.");
  CHECK(refused("episode", "person", Reference{"plan", *RecordId::parse("0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6")}) ==
        "episode.person must name a record of \"person\", not of \"plan\".");
  CHECK(refused("person", "phones", std::string("1")) ==
        "person.phones holds items with parts: give the part a value, not the item.");
  CHECK(refused("person", "gender", UnknownValue{"x"}) ==
        "person.gender is of a kind that this version does not know.");
  CHECK(refused("encounter", "start", Instant{0, 2000, ""}) == "encounter.start is not a moment of the calendar.");
  CHECK(refused("service", "latitude", Decimal{1, 19}) == "service.latitude has more than 18 digits behind the point.");
}

TEST_CASE("parts of an item are checked like fields") {
  const Schema schema = domain();
  const Collection& person = *schema.collection("person");
  const Field& phones = *schema.field("person", "phones");
  CHECK(check_part(person, phones, "number", std::string("020 7946 0123")).ok());
  CHECK(check_part(person, phones, "number", int64_t{7}).error().place == "person.phones.number");
  CHECK(check_part(person, phones, "colour", std::string("red")).error().message ==
        "person.phones has no part \"colour\".");
}

TEST_CASE("a text may fill one field and not be a byte longer") {
  const Schema schema = domain();
  const auto check = [&](size_t size) {
    return check_value(*schema.collection("refer_back"), *schema.field("refer_back", "reason"), std::string(size, 'a'));
  };
  CHECK(check(limits::field_bytes - 4).ok());
  const auto refused = check(limits::field_bytes - 3);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::limit);
  CHECK(refused.error().place == "refer_back.reason");
}
