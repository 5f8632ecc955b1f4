// Texts on tablets: a whole new text is an edit of what was shown, and meets others' edits by the character.
#include <catch2/catch_test_macros.hpp>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

store::Change edit(const RecordId& id, const std::string& field, std::vector<model::TextEdit> edits) {
  store::Change change = assign("person", id, field, model::TextEdits{std::move(edits)});
  change.op.action = model::Action::edit;
  return change;
}

store::Change edit(const RecordId& id, std::vector<model::TextEdit> edits) { return edit(id, "story", std::move(edits)); }

}  // namespace

TEST_CASE("two tablets' whole new texts are one text on both, and the state digests agree") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "story", "Rang at ten. Her son helps.")});
  world.settle({&amy, &ben});
  amy.commit({assign("person", id, "story", "Called at ten. Her son helps.")});
  ben.commit({assign("person", id, "story", "Rang at ten. Her son helps. Bus fares went up.")});
  world.settle({&amy, &ben});
  CHECK(amy.text(id, "story") == "Called at ten. Her son helps. Bus fares went up.");
  CHECK(ben.text(id, "story") == amy.text(id, "story"));
  CHECK(amy.conflicts().empty());
  amy.verify();
  ben.verify();
}

TEST_CASE("a whole new text is compared with the text that was shown, never with what arrived behind the form") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "story", "Rang at ten.")});
  world.settle({&amy, &ben});
  const store::ReadToken open_form = amy.token();
  ben.commit({assign("person", id, "story", "Rang at ten. No answer.")});
  world.settle({&ben, &amy});
  REQUIRE(amy.text(id, "story") == "Rang at ten. No answer.");
  amy.commit({assign("person", id, "story", "Called at ten.")}, open_form);
  CHECK(amy.text(id, "story") == "Called at ten. No answer.");
  world.settle({&amy, &ben});
  CHECK(ben.text(id, "story") == "Called at ten. No answer.");
  amy.verify();
}

TEST_CASE("edits are taken as typed, and refused beyond the text's end") {
  World world;
  Tablet& amy = world.tablet("amy");
  const RecordId id = amy.person(amy.open_scope("case"), "Edith");
  amy.commit({edit(id, {{0, 0, "Rang."}, {4, 1, "!"}})});
  CHECK(amy.text(id, "story") == "Rang!");
  const auto beyond = amy.try_commit({edit(id, {{0, 5, ""}, {0, 1, ""}})});
  REQUIRE_FALSE(beyond.ok());
  CHECK(beyond.error().place == "person.story");
  CHECK(amy.text(id, "story") == "Rang!");
  amy.commit({assign("person", id, "story", model::Null{})});
  CHECK(amy.text(id, "story").empty());
  amy.verify();
}

TEST_CASE("places counted in UTF-16 become characters, and none may lie inside one") {
  World world;
  Tablet& amy = world.tablet("amy");
  const RecordId id = amy.person(amy.open_scope("case"), "Edith");
  amy.commit({assign("person", id, "story", "A \U0001F600 day")});
  const auto counted = [&](std::vector<model::TextEdit> edits) {
    store::Change change = edit(id, std::move(edits));
    change.utf16 = true;
    return amy.try_commit({change});
  };
  // The face is one character of two units; what the first edit puts in shifts the second.
  take(counted({{2, 2, "\U0001F31E\U0001F31E"}, {6, 0, " sunny"}}));
  CHECK(amy.text(id, "story") == "A \U0001F31E\U0001F31E sunny day");
  for (const auto& cut : {model::TextEdit{3, 0, "x"}, model::TextEdit{2, 1, ""}, model::TextEdit{3, 2, ""}}) {
    const auto refused = counted({cut});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Code::invalid);
    CHECK(refused.error().place == "person.story");
    CHECK(refused.error().message.find("surrogate pair") != std::string::npos);
  }
  CHECK_FALSE(counted({{17, 0, "x"}}).ok());
  CHECK(amy.text(id, "story") == "A \U0001F31E\U0001F31E sunny day");
  take(counted({{16, 0, "."}}));
  CHECK(amy.text(id, "story") == "A \U0001F31E\U0001F31E sunny day.");
}

TEST_CASE("a text that two saves made larger than one may bring is read, saved and synced all the same") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  world.settle({&amy, &ben});
  const std::string as(700'000, 'a'), bs(700'000, 'b');
  amy.commit({assign("person", id, "story", as)});
  ben.commit({assign("person", id, "story", bs)});
  world.settle({&amy, &ben});
  const std::string both = amy.text(id, "story");
  CHECK(both.size() == 1'400'000);
  CHECK(ben.text(id, "story") == both);
  amy.commit({assign("person", id, "story", both + "!")});
  world.settle({&amy, &ben});
  CHECK(ben.text(id, "story") == both + "!");
  const auto more = amy.try_commit({assign("person", id, "story", both + std::string(1'100'000, 'c'))});
  REQUIRE_FALSE(more.ok());
  CHECK(more.error().code == Code::limit);
  amy.verify();
  Tablet& new_one = world.tablet("amy", "new");
  world.settle({&amy, &new_one});
  CHECK(new_one.text(id, "story") == both + "!");
  new_one.verify();
}

TEST_CASE("the inbox has a record whose long text was changed and not sent yet") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  world.settle({&amy, &ben});
  amy.commit({assign("person", id, "wishes", std::string("to sing"))});
  ben.commit({assign("person", id, "wishes", std::string("to walk"))});
  world.settle({&amy, &ben});
  REQUIRE(amy.conflicts().size() == 1);
  std::string story;
  for (int line = 0; line < 300; ++line) story += "Line " + std::to_string(line) + " of a long note. ";
  amy.commit({assign("person", id, "story", story)});
  REQUIRE(amy.conflicts().size() == 1);
  CHECK(amy.conflicts().front().conflict.field == "wishes");
}

TEST_CASE("what different people say about a person stands side by side until somebody settles it") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "about", "Likes dancing.")});
  world.settle({&amy, &ben});
  amy.commit({assign("person", id, "about", "Likes dancing and tea.")});
  ben.commit({assign("person", id, "about", "Loves dancing.")});
  world.settle({&amy, &ben});
  CHECK(amy.standing(id, "about").size() == 2);
  CHECK(amy.standing(id, "about") == ben.standing(id, "about"));
  REQUIRE(amy.conflicts().size() == 1);
  CHECK(amy.conflicts().front().conflict.decide);
  const auto places = amy.try_commit({edit(id, "about", {{0, 5, "Loves"}})});
  REQUIRE_FALSE(places.ok());  // in which of the two?
  CHECK(places.error().place == "person.about");
  store::Change settle = assign("person", id, "about", "Loves dancing and tea.");
  settle.op.settles = true;
  amy.commit({settle}, amy.token());
  world.settle({&amy, &ben});
  CHECK(ben.standing(id, "about") == std::vector<std::string>{"Loves dancing and tea."});
  CHECK(ben.conflicts().empty());
}

TEST_CASE("the history of a text has it as each writer left it, and any version comes back as a new edit") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "story", "Rang at ten.")});
  take(amy.store->keep_history(scope, true));
  world.settle({&amy, &ben});
  amy.commit({assign("person", id, "story", "Called at ten.")});
  ben.commit({assign("person", id, "story", "Rang at ten. No answer.")});
  world.settle({&amy, &ben});
  const auto versions = take(take(amy.store->reader())->field_history("person", id, "story"));
  std::vector<std::string> texts;
  for (const auto& version : versions) {
    CHECK(version.stood);
    texts.push_back(std::get<std::string>(take(proto::decode_value(version.value))));
  }
  CHECK(texts == std::vector<std::string>{"Rang at ten.", "Called at ten.", "Rang at ten. No answer."});
  amy.commit({assign("person", id, "story", texts.front())}, amy.token());
  world.settle({&amy, &ben});
  CHECK(ben.text(id, "story") == "Rang at ten.");
}

TEST_CASE("the history of a text has a form held open, saved and not sent yet, without what was saved beside it") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "story", "Rang.")});
  take(amy.store->keep_history(scope, true));
  world.settle({&amy, &ben});
  const store::ReadToken form = amy.token();
  amy.commit({assign("person", id, "story", "Rang. Saved.")});
  ben.commit({assign("person", id, "story", "Rang on Monday.")});
  world.settle({&ben});
  amy.commit({assign("person", id, "story", "Called.")}, form);
  CHECK(amy.text(id, "story") == "Called. Saved.");
  amy.lose_answer(world.centre);
  const auto texts = [&] {
    std::vector<std::pair<std::string, bool>> out;
    for (const auto& version : take(take(amy.store->reader())->field_history("person", id, "story"))) {
      out.emplace_back(std::get<std::string>(take(proto::decode_value(version.value))), version.unsent);
    }
    return out;
  };
  using Texts = std::vector<std::pair<std::string, bool>>;
  CHECK(texts() == Texts{{"Rang.", false}, {"Rang. Saved.", true}, {"Called.", true}});
  world.settle({&amy, &ben});
  CHECK(texts() == Texts{{"Rang.", false}, {"Rang on Monday.", false}, {"Rang. Saved.", false}, {"Called.", false}});
  CHECK(amy.text(id, "story") == "Called on Monday. Saved.");
  CHECK(ben.text(id, "story") == "Called on Monday. Saved.");
}
