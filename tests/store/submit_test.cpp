// Texts that are sent in, on tablets: what may be written, who is told, and what happens when another was first.
#include <catch2/catch_test_macros.hpp>

#include "core/merge/submit.hpp"
#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

store::Change writes(const RecordId& id, const std::string& words) { return assign("visit", id, "body", words); }

store::Change send_in(const RecordId& id, bool settles = false) {
  store::Change change = writes(id, "");
  change.op.action = model::Action::submit;
  change.op.kind = model::Kind::text;
  change.op.value.clear();
  change.op.settles = settles;
  return change;
}

struct TwoWriters {
  TwoWriters()
      : amy(world.tablet("amy")), ben(world.tablet("ben")), scope(world.shared_case({&amy, &ben})), id(amy.new_id()) {
    take(amy.store->keep_history(scope, true));
    take(ben.store->keep_history(scope, true));
    amy.commit({create(scope, "visit", id), writes(id, "Rang at ten.")});
    settle();
  }
  void settle() { world.settle({&amy, &ben}); }
  static std::string reads(Tablet& tablet, const RecordId& id) {
    const auto record = tablet.record("visit", id);
    const merge::Resolved resolved = merge::resolve(*record->state.field("body"), nullptr);
    return std::get<std::string>(take(proto::decode_value(resolved.standing.at(0)->value)));
  }
  static std::string sender(Tablet& tablet, const RecordId& id) {
    const auto record = tablet.record("visit", id);
    const merge::Head* head = merge::standing_submit(*record->state.field("body"));
    return head == nullptr ? "" : head->worker;
  }

  World world;
  Tablet &amy, &ben;
  ScopeId scope;
  RecordId id;
};

}  // namespace

TEST_CASE("what was sent in is not changed by whoever has seen that, and the message says what to do") {
  TwoWriters two;
  two.amy.commit({writes(two.id, "Rang at ten. No answer."), send_in(two.id)});
  CHECK(TwoWriters::reads(two.amy, two.id) == "Rang at ten. No answer.");
  CHECK(TwoWriters::sender(two.amy, two.id) == "amy");
  two.settle();
  for (Tablet* tablet : {&two.amy, &two.ben}) {
    for (const auto& change : {writes(two.id, "Something else."), send_in(two.id)}) {
      const auto refused = tablet->try_commit({change});
      REQUIRE_FALSE(refused.ok());
      CHECK(refused.error().code == Code::invalid);
      CHECK(refused.error().place == "visit.body");
      CHECK(refused.error().message.find("This was sent in by amy on ") == 0);
      CHECK(refused.error().message.find("so it stays as it is. Write a new visit with \"amends\" naming this one.") !=
            std::string::npos);
    }
    CHECK(TwoWriters::reads(*tablet, two.id) == "Rang at ten. No answer.");
  }
  const RecordId amendment = two.ben.new_id();
  two.ben.commit({create(two.scope, "visit", amendment),
                  assign("visit", amendment, "amends", model::Reference{"visit", two.id}),
                  writes(amendment, "He called back."), send_in(amendment)});
  two.settle();
  CHECK(TwoWriters::reads(two.amy, amendment) == "He called back.");
  two.amy.verify();
}

TEST_CASE("a text is only sent in where the schema says so, after it was written, and not where it is sent in unseen") {
  TwoWriters two;
  const RecordId edith = two.amy.person(two.scope, "Edith");
  store::Change story = send_in(edith);
  story.op.collection = "person";
  story.op.field = "story";
  const auto refused = [&](std::vector<store::Change> changes) {
    const auto tried = two.amy.try_commit(std::move(changes));
    REQUIRE_FALSE(tried.ok());
    return tried.error().message;
  };
  CHECK(refused({story}) == "\"story\" cannot be sent in.");
  CHECK(refused({send_in(two.id), writes(two.id, "More.")}).find("Write first") == 0);
  CHECK(refused({send_in(two.id), send_in(two.id)}).find("twice") != std::string::npos);
  CHECK(refused({send_in(two.id, true)}) == "Nobody has sent this in yet.");
  store::Change valued = send_in(two.id);
  valued.op.value = proto::encode_value(std::string("x"));
  CHECK(refused({valued}) == "Sending a text in has no value.");
}

TEST_CASE("a form that was open when the note was sent in may be saved: the note stays, and what was typed is told and kept") {
  TwoWriters two;
  const store::ReadToken form = two.ben.token();
  two.amy.commit({send_in(two.id)});
  two.settle();
  two.ben.commit({writes(two.id, "Monday. Rang at ten.")}, form);
  CHECK(TwoWriters::reads(two.ben, two.id) == "Rang at ten.");
  two.settle();
  for (Tablet* tablet : {&two.amy, &two.ben}) {
    CHECK(TwoWriters::reads(*tablet, two.id) == "Rang at ten.");
    const auto inbox = tablet->conflicts();
    REQUIRE(inbox.size() == 1);
    CHECK(inbox[0].conflict.rule == merge::Rule::submitted);
    CHECK_FALSE(inbox[0].conflict.decide);
    CHECK(inbox[0].conflict.others.at(0).worker == "ben");
  }
  const auto versions = take(take(two.amy.store->reader())->field_history("visit", two.id, "body"));
  REQUIRE(versions.size() == 3);
  CHECK(versions[1].submitted);
  CHECK(versions[1].stood);
  CHECK_FALSE(versions[2].submitted);
  CHECK_FALSE(versions[2].stood);
  CHECK(versions[2].rule == merge::Rule::submitted);
  two.amy.commit({send_in(two.id, true)});  // seen
  two.settle();
  CHECK(two.ben.conflicts().empty());
  CHECK(TwoWriters::sender(two.ben, two.id) == "amy");
  two.amy.verify();
  two.ben.verify();
}

TEST_CASE("an own submit stands provisionally, and gives way when another was first at base") {
  TwoWriters two;
  two.amy.commit({writes(two.id, "Rang at ten. Amy."), send_in(two.id)});
  two.ben.commit({writes(two.id, "Rang at ten. Ben."), send_in(two.id)});
  CHECK(TwoWriters::reads(two.ben, two.id) == "Rang at ten. Ben.");
  two.amy.sync(two.world.centre);
  two.ben.sync(two.world.centre);
  CHECK(TwoWriters::reads(two.ben, two.id) == "Rang at ten. Amy.");
  CHECK(TwoWriters::sender(two.ben, two.id) == "amy");
  two.settle();
  CHECK(TwoWriters::reads(two.amy, two.id) == "Rang at ten. Amy.");
  CHECK(two.amy.conflicts().at(0).conflict.others.at(0).worker == "ben");
  CHECK(take(two.amy.store->reader())->record("visit", two.id).value()->state ==
        take(two.ben.store->reader())->record("visit", two.id).value()->state);
  two.ben.verify();
}

TEST_CASE("a pull that brings the first submit while the own one waits shows it at once, and the outbox keeps its own") {
  TwoWriters two;
  two.ben.commit({writes(two.id, "Rang at ten. Ben."), send_in(two.id)});
  two.amy.commit({send_in(two.id)});
  two.amy.sync(two.world.centre);
  two.world.centre.refuse = [](const model::Transaction&) { return std::string(); };
  proto::SyncRequest request = two.ben.request();
  request.push.clear();
  two.ben.apply(two.world.centre.answer(request, two.ben.store->identity().replica, "ben"), request);
  CHECK(two.ben.status().unsent == 1);
  CHECK(TwoWriters::sender(two.ben, two.id) == "amy");
  CHECK(TwoWriters::reads(two.ben, two.id) == "Rang at ten.");
  two.settle();
  CHECK(TwoWriters::reads(two.ben, two.id) == "Rang at ten.");
  two.ben.verify();
}

TEST_CASE("a new schema keeps what may be sent in") {
  World world;
  Tablet& amy = world.tablet("amy");
  amy.close();
  store::Options options = amy.options();
  const std::string sent = "\"submitted\": {\"amends\": \"amends\"}, ";
  options.schema_json = small_schema();
  options.schema_json.replace(options.schema_json.find("\"version\": 1"), 12, "\"version\": 2");
  options.schema_json.erase(options.schema_json.find(sent), sent.size());
  const auto opened = store::Store::open(options, amy.clock, amy.random, amy.logger);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().place == "visit.body");
}
