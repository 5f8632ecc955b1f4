#include <catch2/catch_test_macros.hpp>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

TEST_CASE("an alarm that arrives behind an open form is not lowered silently") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "risk", "low")});
  world.settle({&amy, &ben});

  const store::ReadToken open_form = amy.token();
  ben.commit({assign("person", id, "risk", "high")});
  world.settle({&ben, &amy});
  REQUIRE(amy.text(id, "risk") == "high");

  // The form still shows "low"; saving "none known" says nothing about the alarm.
  amy.commit({assign("person", id, "risk", "none_known", "she is well")}, open_form);
  CHECK(amy.text(id, "risk") == "high");
  world.settle({&amy, &ben});
  CHECK(ben.text(id, "risk") == "high");
  CHECK(amy.text(id, "risk") == "high");

  // With the alarm in front of her it is a decision.
  amy.commit({assign("person", id, "risk", "low", "he moved out")}, amy.token());
  CHECK(amy.text(id, "risk") == "low");
  amy.verify();
}

TEST_CASE("a form that stood open while its scope was left and given again, or fetched again, saw what it showed") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "story", "Rang at ten."), assign("person", id, "risk", "low")});
  world.settle({&amy, &ben});
  world.centre.snapshot_at = world.centre.state(scope).head;
  const store::ReadToken open_form = amy.token();
  bool left = false;
  SECTION("left and given again") { left = true; }
  SECTION("fetched again") {}
  if (left) {
    world.centre.withdraw("amy", scope);
    amy.sync(world.centre);
    REQUIRE(!amy.record("person", id));
  } else {
    const auto request = amy.request();
    auto response = world.centre.answer(request, amy.store->identity().replica, "amy");
    for (auto& page : response.pages) page.restart = true;
    amy.apply(response, request);
  }
  ben.commit({assign("person", id, "story", "Rang at ten. No answer."), assign("person", id, "risk", "high")});
  ben.sync(world.centre);
  if (left) world.centre.grant("amy", scope);
  amy.sync(world.centre);
  REQUIRE(amy.text(id, "risk") == "high");
  amy.commit({assign("person", id, "story", "Called at ten."), assign("person", id, "name", "Edie"),
              assign("person", id, "risk", "none_known", "she is well")},
             open_form);
  CHECK(amy.text(id, "story") == "Called at ten. No answer.");
  CHECK(amy.standing(id, "name") == std::vector<std::string>{"Edie"});
  CHECK(amy.text(id, "risk") == "high");
  amy.sync(world.centre);
  amy.verify();
}

namespace {

// Amy has raised a risk and left the case. The centre was put back to a day before that, and gave her the case again.
struct Lost {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  ScopeId scope = world.shared_case({&amy, &ben});
  RecordId id = ben.person(scope, "Edith");
  Lost() {
    world.settle({&amy, &ben});
    world.centre.keeps_backup = true;
    world.centre.backup_to = world.centre.state(scope).head;
    world.centre.save("backup.db");
    amy.commit({assign("person", id, "risk", "high")});
    world.settle({&amy, &ben});
    world.centre.withdraw("amy", scope);
    amy.sync(world.centre);
    world.centre.put_back("backup.db");
    world.centre.grant("amy", scope);
    amy.sync(world.centre);
    REQUIRE(amy.text(id, "risk").empty());
  }
  void lower(const store::ReadToken& form) { amy.commit({assign("person", id, "risk", "none_known", "she is well")}, form); }
  // Ben has given back what the restore took away.
  void raised_everywhere() {
    CHECK(amy.text(id, "risk") == "high");
    CHECK(ben.text(id, "risk") == "high");
    amy.verify();
  }
};

}  // namespace

TEST_CASE("a form has not seen own words that a restore took away, whatever else its tablet writes meanwhile") {
  Lost lost;
  const store::ReadToken open_form = lost.amy.token();
  lost.amy.commit({assign("person", lost.id, "wishes", "dancing")});
  lost.lower(open_form);
  lost.world.settle({&lost.ben, &lost.amy});
  lost.raised_everywhere();
}

TEST_CASE("a form that is opened after its tablet wrote something else has not seen own words that a restore took away") {
  for (const bool synced : {false, true}) {
    INFO(synced);
    Lost lost;
    lost.amy.commit({assign("person", lost.id, "wishes", "dancing")});
    if (synced) lost.amy.sync(lost.world.centre);
    const store::ReadToken form = lost.amy.token();
    lost.amy.commit({assign("person", lost.id, "story", "Called at ten.")}, form);
    lost.world.settle({&lost.ben, &lost.amy});
    lost.lower(form);
    lost.world.settle({&lost.amy, &lost.ben});
    lost.raised_everywhere();
    // Now that they are here again, her tablet goes on under its own name.
    lost.amy.commit({assign("person", lost.id, "risk", "none_known", "she is well")});
    lost.world.settle({&lost.amy, &lost.ben});
    CHECK(lost.ben.text(lost.id, "risk") == "none_known");
    CHECK(lost.amy.set_aside().empty());
  }
}

TEST_CASE("a commit without a token counts as informed of all that the store has") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "wishes", "dancing")});
  world.settle({&amy, &ben});
  ben.commit({assign("person", id, "wishes", "singing")});
  world.settle({&ben, &amy});
  amy.commit({assign("person", id, "wishes", "both")});
  CHECK(amy.standing(id, "wishes").size() == 1);
}

TEST_CASE("a reader that is kept shows the inbox as it has become") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId one = amy.person(scope, "Edith"), other = amy.person(scope, "Owen");
  const store::ReadToken both = amy.token();
  const auto reader = take(amy.store->reader());
  const auto same_as_new = [&] {
    const auto kept = take(reader->conflicts()), fresh = amy.conflicts();
    REQUIRE(kept.size() == fresh.size());
    for (size_t i = 0; i < kept.size(); ++i) {
      CHECK(kept[i].record == fresh[i].record);
      CHECK(kept[i].conflict.standing == fresh[i].conflict.standing);
    }
    return kept.size();
  };
  for (const RecordId& id : {one, other}) {
    amy.commit({assign("person", id, "wishes", "dancing")}, both);
    amy.commit({assign("person", id, "wishes", "singing")}, both);
  }
  CHECK(same_as_new() == 2);
  amy.commit({assign("person", one, "wishes", "walking")}, both);
  CHECK(same_as_new() == 2);
  CHECK(take(reader->conflicts()).front().conflict.standing.size() == 3);
  amy.commit({assign("person", one, "wishes", "all of it")}, amy.token());
  CHECK(same_as_new() == 1);
}

TEST_CASE("two forms of one worker that did not see each other stand side by side") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  const store::ReadToken both = amy.token();
  amy.commit({assign("person", id, "wishes", "dancing")}, both);
  amy.commit({assign("person", id, "wishes", "singing")}, both);
  CHECK(amy.standing(id, "wishes").size() == 2);
  REQUIRE(amy.conflicts().size() == 1);
  CHECK(amy.conflicts().front().conflict.field == "wishes");
  CHECK(amy.status().to_decide == 1);
  // The decision saw both.
  store::Change settle = assign("person", id, "wishes", "dancing and singing");
  settle.op.settles = true;
  amy.commit({settle}, amy.token());
  CHECK(amy.standing(id, "wishes").size() == 1);
  CHECK(amy.conflicts().empty());
  CHECK(amy.status().to_decide == 0);
  amy.sync(world.centre);
  CHECK(amy.standing(id, "wishes") == std::vector<std::string>{"dancing and singing"});
  amy.verify();
}

TEST_CASE("an edit that did not see the removal brings the record back") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  world.settle({&amy, &ben});
  const store::ReadToken open_form = amy.token();
  ben.commit({remove("person", id)});
  world.settle({&ben, &amy});
  REQUIRE(!amy.record("person", id)->state.present());
  amy.commit({assign("person", id, "name", "Edie")}, open_form);
  CHECK(amy.record("person", id)->state.present());
  CHECK(amy.status().to_know == 1);
}

TEST_CASE("tokens of another store, of the future and of nonsense are refused") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  const std::string mine = amy.token();
  const std::string future = mine.substr(0, mine.rfind('-')) + "-999";
  for (const std::string& token : {ben.token(), future, std::string("s1-"), mine + "x", std::string("hello")}) {
    const auto result = amy.try_commit({assign("person", id, "name", "Edie")}, token);
    REQUIRE(!result.ok());
    CHECK(result.error().code == Code::invalid);
    CHECK(result.error().place == "shown");
  }
  CHECK(amy.text(id, "name") == "Edith");
}

TEST_CASE("a reader's pinned view does not move while others write") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  auto reader = take(amy.store->reader());
  const store::ReadToken token = take(reader->begin());
  amy.commit({assign("person", id, "name", "Edie")});
  CHECK(take(reader->token()) == token);
  const auto before = take(reader->record("person", id));
  CHECK(before->state.field("name")->heads.front().counter == 2);
  reader->end();
  const auto after = take(reader->record("person", id));
  CHECK(after->state.field("name")->heads.front().counter == 3);
}
