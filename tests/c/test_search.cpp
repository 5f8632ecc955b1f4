// Words: what an app asks and gets, and that it finds what was written a moment ago.
#include "tests/c/opened.hpp"

using nlohmann::json;
using test::Opened;

namespace {

json search(Opened& opened, const json& asked) {
  satchel_buffer out = {};
  const std::string text = asked.dump();
  test::done(satchel_search(opened.store, test::slice(text), &out));
  return test::take(out);
}

test::Failed refused(Opened& opened, const json& asked) {
  satchel_buffer out = {};
  const std::string text = asked.dump();
  return test::take(satchel_search(opened.store, test::slice(text), &out));
}

}  // namespace

TEST_CASE("what was committed just before is found, with the words around it, by this handle and by another") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db")), other(place.path("a.db"));
  const std::string id = opened.note({{"title", "Visit"}, {"story", "Kettle on; we sat by the window."}});
  for (Opened* each : {&opened, &other}) {
    const json answer = search(*each, {{"text", "WINDOW kettle"}});
    REQUIRE(answer["hits"].size() == 1);
    const json& hit = answer["hits"][0];
    CHECK(hit["record"] == id);
    CHECK(hit["collection"] == "note");
    CHECK(hit["title"] == "Visit");
    CHECK(hit["field"] == "story");
    CHECK(hit["snippet"] == json::parse(R"([{"hit": true, "text": "Kettle"}, {"hit": false, "text": " on; we sat by the "},
                                            {"hit": true, "text": "window"}, {"hit": false, "text": "."}])"));
    CHECK(answer["waiting"] == 0);
    CHECK(answer["of"] == 0);
    CHECK(answer["token"] == opened.read(id)["token"]);
  }
  opened.transact(opened.change(id, {{"action", "set"}, {"field", "story"}, {"value", "Tea at the library."}}));
  CHECK(search(other, {{"text", "kettle"}})["hits"].empty());
  const json verified = opened.ask(satchel_verify)["search"];
  CHECK(verified["damage"].is_null());
  CHECK(verified["records"].get<int>() + verified["waiting"].get<int>() > 0);
  CHECK(search(other, {{"text", "libr*"}, {"about", {{"collection", "note"}, {"record", id}}}})["hits"].size() == 1);
}

TEST_CASE("a search that asks for something else than words is refused with its place") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  CHECK(refused(opened, {{"text", " - "}}).place == "text");
  CHECK(refused(opened, {{"collections", {"note"}}}).place == "/text");
  CHECK(refused(opened, {{"text", "a"}, {"limit", 101}}).place == "/limit");
  CHECK(refused(opened, {{"text", "a"}, {"collections", {"unicorn"}}}).place == "collections");
  CHECK(refused(opened, {{"text", "a"}, {"colections", {"note"}}}).code == SATCHEL_INVALID);
  CHECK(refused(opened, {{"text", "a"}, {"about", {{"collection", "note"}}}}).place == "/about/record");
}
