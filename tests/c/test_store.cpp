// What an app does with a store, through the C interface and a real file.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>

#include "tests/c/opened.hpp"

using nlohmann::json;
using test::Opened;

TEST_CASE("what is written is read, with a token") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string id = opened.note({{"title", "Visit"},
                                      {"body", "Rang at ten."},
                                      {"tags", {"money", "housing"}},
                                      {"phones", {{{"number", "0131"}, {"use", "home"}}}},
                                      {"due", "2026-12-01"}});
  const json answer = opened.read(id);
  CHECK_FALSE(answer["token"].get<std::string>().empty());
  const json& record = answer["record"];
  CHECK(record["id"] == id);
  CHECK(record["void"] == false);
  CHECK(record["unsent"] == true);
  const json& fields = record["fields"];
  CHECK(fields["title"] == "Visit");
  CHECK(fields["body"] == "Rang at ten.");
  CHECK(fields["tags"] == json({"housing", "money"}));
  CHECK(fields["phones"][0]["number"] == "0131");
  CHECK(fields["phones"][0]["use"] == "home");
  CHECK(fields["due"] == "2026-12-01");
  CHECK(record["conflicts"].empty());
}

TEST_CASE("fields are set, emptied, added to and removed from; records put away and brought back") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string id = opened.note({{"title", "Visit"}, {"tags", {"money"}}, {"phones", {{{"number", "0131"}}}}});
  const std::string phone = opened.read(id)["record"]["fields"]["phones"][0]["id"];
  opened.transact(opened.change(id, {{"action", "set"}, {"field", "title"}, {"value", "Second visit"}}));
  opened.transact(opened.change(id, {{"action", "add"}, {"field", "tags"}, {"value", "housing"}}));
  opened.transact(opened.change(id, {{"action", "remove"}, {"field", "tags"}, {"value", "money"}}));
  opened.transact(
      opened.change(id, {{"action", "add"}, {"field", "phones"}, {"element", phone}, {"parts", {{"use", "work"}}}}));
  json fields = opened.read(id)["record"]["fields"];
  CHECK(fields["title"] == "Second visit");
  CHECK(fields["tags"] == json({"housing"}));
  CHECK(fields["phones"] == json({{{"id", phone}, {"number", "0131"}, {"use", "work"}}}));
  opened.transact(opened.change(id, {{"action", "set"}, {"fields", {{"title", nullptr}}}}));
  opened.transact(opened.change(id, {{"action", "remove"}, {"field", "phones"}, {"element", phone}}));
  fields = opened.read(id)["record"]["fields"];
  CHECK(fields["title"].is_null());
  CHECK(fields["phones"].empty());
  opened.transact(opened.change(id, {{"action", "void"}}));
  CHECK(opened.read(id)["record"]["void"] == true);
  CHECK(opened.query({{"collection", "note"}})["records"].empty());
  opened.transact(opened.change(id, {{"action", "restore"}}));
  CHECK(opened.read(id)["record"]["void"] == false);
}

TEST_CASE("a list is filled, reordered and emptied; its order is what the app reads") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string id = opened.note({{"title", "Plan"}, {"steps", {"ring", "visit", "write"}}});
  const auto after = [&](json change) {
    change["field"] = "steps";
    opened.transact(opened.change(id, change));
    return opened.read(id)["record"]["fields"]["steps"];
  };
  CHECK(opened.read(id)["record"]["fields"]["steps"] == json({"ring", "visit", "write"}));
  CHECK(after({{"action", "add"}, {"value", "ask"}}) == json({"ring", "visit", "write", "ask"}));
  CHECK(after({{"action", "add"}, {"value", "plan"}, {"to", "first"}}) ==
        json({"plan", "ring", "visit", "write", "ask"}));
  CHECK(after({{"action", "add"}, {"value", "knock"}, {"before", "visit"}}) ==
        json({"plan", "ring", "knock", "visit", "write", "ask"}));
  CHECK(after({{"action", "move"}, {"element", "ask"}, {"after", "plan"}}) ==
        json({"plan", "ask", "ring", "knock", "visit", "write"}));
  CHECK(after({{"action", "move"}, {"value", "plan"}, {"to", "last"}}) ==
        json({"ask", "ring", "knock", "visit", "write", "plan"}));
  CHECK(after({{"action", "order"}, {"elements", {"write", "ask", "visit"}}}) ==
        json({"write", "ring", "knock", "ask", "visit", "plan"}));
  CHECK(after({{"action", "remove"}, {"value", "knock"}}) == json({"write", "ring", "ask", "visit", "plan"}));
}

TEST_CASE("several changes of one list in one commit keep the order in which they are written") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string id =
      opened.note({{"title", "Plan"}, {"visits", {{{"by", "Ann"}}, {{"by", "Bob"}}, {{"by", "Cem"}}}}});
  const auto visitors = [&] {
    const json answer = opened.read(id);
    std::string names;
    for (const json& visit : answer["record"]["fields"]["visits"]) names += visit["by"].get<std::string>() + " ";
    return names;
  };
  CHECK(visitors() == "Ann Bob Cem ");
  const std::string bob = opened.read(id)["record"]["fields"]["visits"][1]["id"];
  json draft = opened.change(id, {{"action", "move"}, {"field", "visits"}, {"element", bob}, {"to", "first"}});
  for (const char* name : {"Dee", "Eve"}) {
    draft["changes"].push_back({{"action", "add"},
                                {"collection", "note"},
                                {"record", id},
                                {"field", "visits"},
                                {"parts", {{"by", name}}},
                                {"after", bob}});
  }
  opened.transact(draft);
  CHECK(visitors() == "Bob Eve Dee Ann Cem ");
}

TEST_CASE("a place that a list does not have is refused, with the member that names it") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string id = opened.note({{"title", "Plan"}, {"steps", {"ring", "visit"}}});
  const auto at = [&](json change) {
    if (!change.contains("field")) change["field"] = "steps";
    return opened.refused(opened.change(id, change)).place;
  };
  CHECK(at({{"action", "add"}, {"value", "x"}, {"before", "nothing"}}) == "/changes/0/before");
  CHECK(at({{"action", "add"}, {"value", "x"}, {"to", "middle"}}) == "/changes/0/to");
  CHECK(at({{"action", "add"}, {"value", "x"}, {"to", "first"}, {"after", "ring"}}) == "/changes/0/to");
  CHECK(at({{"action", "move"}, {"value", "ring"}}) == "/changes/0/to");
  CHECK(at({{"action", "move"}, {"value", "nothing"}, {"to", "first"}}) == "/changes/0/element");
  CHECK(at({{"action", "move"}, {"field", "tags"}, {"value", "x"}, {"to", "first"}}) == "/changes/0/field");
  CHECK(at({{"action", "order"}, {"elements", {"ring", "nothing"}}}) == "/changes/0/elements/1");
  CHECK(at({{"action", "order"}, {"elements", {"ring", "ring"}}}) == "/changes/0/elements/1");
  CHECK(at({{"action", "order"}}) == "/changes/0/elements");
  CHECK(at({{"action", "set"}, {"value", {"ring"}}}) == "/changes/0/field");
  CHECK(opened.read(id)["record"]["fields"]["steps"] == json({"ring", "visit"}));
}

TEST_CASE("the history of a field has every version, and an earlier one is brought back as a new edit") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string id = opened.note({{"title", "First"}, {"risk", "high"}});
  const auto history = [&](const char* field) {
    satchel_buffer out = {};
    test::done(satchel_history(opened.store, satchel_text("note"), test::slice(id), satchel_text(field), &out));
    return test::take(out);
  };
  opened.transact(opened.change(id, {{"action", "set"}, {"field", "title"}, {"value", "Second"}}));
  opened.transact(opened.change(id, {{"action", "set"}, {"field", "risk"}, {"value", "low"}, {"reason", "Calm now."}}));
  const json versions = history("title")["versions"];
  REQUIRE(versions.size() == 2);
  CHECK(versions[0]["value"] == "First");
  CHECK(versions[0]["by"] == "anna");
  CHECK(versions[0]["unsent"] == true);
  CHECK(versions[0]["received"].is_null());
  CHECK(history("risk")["versions"][1]["reason"] == "Calm now.");
  opened.transact(opened.change(id, {{"action", "set"}, {"field", "title"}, {"value", versions[0]["value"]}}));
  CHECK(opened.read(id)["record"]["fields"]["title"] == "First");
  CHECK(history("title")["versions"].size() == 3);
  satchel_buffer out = {};
  CHECK(
      test::take(satchel_history(opened.store, satchel_text("note"), test::slice(id), satchel_text("x"), &out)).place ==
      "note.x");
  CHECK(test::take(satchel_history(opened.store, satchel_text("note"), satchel_text("x"), satchel_text("title"), &out))
            .place == "record");
}

TEST_CASE("words come in the language that the app asked for, and a language that is not there is refused") {
  const test::TemporaryDirectory place;
  const auto words = [&](const char* language) {
    Opened opened(place.path(std::string(language) + ".db"),
                  [&](satchel_options& options) { options.language = satchel_text(language); });
    const std::string id = opened.note({{"title", "First"}});
    satchel_buffer out = {};
    test::done(satchel_history(opened.store, satchel_text("note"), test::slice(id), satchel_text("title"), &out));
    return test::take(out)["versions"][0]["words"].get<std::string>();
  };
  CHECK(words("") == "Nobody else changed this at the same time.");
  CHECK(words("en-GB") == words(""));
  CHECK(words("cy") == "Ni newidiodd neb arall hwn yr un pryd.");
  CHECK(words("cy-GB") == words("cy"));
  const std::string path = place.path("fr.db");
  satchel_options french = Opened::basic(path);
  french.language = satchel_text("fr");
  satchel_store* none = nullptr;
  const auto error = test::take(satchel_open(&french, &none));
  CHECK(error.place == "language");
  CHECK(error.message == "Satchel speaks English (en) and Welsh (cy), not \"fr\".");
}

TEST_CASE("a text is sent in, stands, and says who sent it in and when") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string id = opened.note({{"title", "Visit"}, {"report", "Rang."}});
  const json submit = opened.change(id, {{"action", "submit"}, {"field", "report"}});
  CHECK(opened.read(id)["record"]["submitted"].empty());
  json both = opened.change(id, {{"action", "set"}, {"field", "report"}, {"value", "Rang at ten."}});
  both["changes"].push_back(submit["changes"][0]);
  const std::string form = opened.read(id)["token"];
  opened.transact(both);
  const json record = opened.read(id)["record"];
  CHECK(record["fields"]["report"] == "Rang at ten.");
  CHECK(record["submitted"]["report"]["by"] == "anna");
  CHECK(record["submitted"]["report"]["at"].is_string());
  CHECK(record["submitted"]["report"]["received"].is_null());
  CHECK(opened.refused(submit).place == "note.report");
  CHECK(opened.refused(opened.change(id, {{"action", "submit"}, {"field", "story"}})).place == "/changes/0/field");
  CHECK(opened.refused(opened.change(id, {{"action", "submit"}, {"field", "report"}, {"value", "x"}})).place ==
        "/changes/0/value");
  json late = opened.change(id, {{"action", "set"}, {"field", "report"}, {"value", "Rang. Late."}});
  late["shown"] = form;
  opened.transact(late);
  const json told = opened.read(id)["record"]["conflicts"];
  REQUIRE(told.size() == 1);
  CHECK(told[0]["rule"] == "submitted");
  CHECK(told[0]["others"][0]["value"] == "Rang. Late.");
  satchel_buffer out = {};
  test::done(satchel_history(opened.store, satchel_text("note"), test::slice(id), satchel_text("report"), &out));
  const json versions = test::take(out)["versions"];
  REQUIRE(versions.size() == 4);
  CHECK(versions[2]["submitted"] == true);
  CHECK(versions[3]["stood"] == false);
  CHECK(versions[3]["late"] == false);
  const json seen = {{"shown", opened.read(id)["token"]}, {"collection", "note"}, {"record", id}, {"field", "report"},
                     {"keep", true}};
  test::done(satchel_settle(opened.store, test::slice(seen.dump()), &out));
  test::take(out);
  CHECK(opened.read(id)["record"]["conflicts"].empty());
  CHECK(opened.read(id)["record"]["fields"]["report"] == "Rang at ten.");
}

TEST_CASE("a text is edited as it was typed, in UTF-16, or written anew, and its history has every version") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string id = opened.note({{"title", "Visit"}, {"story", "A \U0001F600 day"}});
  const auto edit = [&](const char* edits) {
    return opened.change(id, {{"action", "edit"}, {"field", "story"}, {"edits", json::parse(edits)}});
  };
  const auto story = [&] { return opened.read(id)["record"]["fields"]["story"]; };
  opened.transact(edit(R"([{"at": 4, "inserted": " sunny"}])"));
  opened.transact(edit(R"([{"at": 2, "removed": 3}])"));
  opened.transact(edit(R"([{"at": 0, "removed": 1, "inserted": "One"}, {"at": 4, "inserted": "very "}])"));
  CHECK(story() == "One very sunny day");
  opened.transact(opened.change(id, {{"action", "set"}, {"field", "story"}, {"value", "A \U0001F600 day"}}));
  const auto at = [&](const char* edits) {
    const auto failed = opened.refused(edit(edits));
    CHECK_FALSE(failed.message.empty());
    return failed.place;
  };
  CHECK(at(R"([{"at": 3, "inserted": "x"}])") == "note.story");  // between the halves of the face
  CHECK(at(R"([{"at": 9, "inserted": "x"}])") == "note.story");
  CHECK(at(R"([{"at": -1, "inserted": "x"}])") == "/changes/0/edits/0/at");
  CHECK(at(R"([{"at": 0, "removed": "two"}])") == "/changes/0/edits/0/removed");
  CHECK(at(R"([{"at": 0, "put": "x"}])") == "/changes/0/edits/0/put");
  CHECK(at("null") == "/changes/0/edits");
  CHECK(opened.refused(opened.change(id, {{"action", "edit"}, {"field", "title"}, {"edits", json::array()}})).place ==
        "/changes/0/field");
  CHECK(story() == "A \U0001F600 day");
  satchel_buffer out = {};
  test::done(satchel_history(opened.store, satchel_text("note"), test::slice(id), satchel_text("story"), &out));
  const json versions = test::take(out)["versions"];
  REQUIRE(versions.size() == 5);
  CHECK(versions[1]["value"] == "A \U0001F600 sunny day");
  CHECK(versions[2]["value"] == "A sunny day");
  CHECK(versions[3]["value"] == "One very sunny day");
}

TEST_CASE("an error names its place, and nothing of the commit is kept") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string id = opened.note({{"title", "Visit"}, {"risk", "high"}});
  const auto at = [&](const json& change) {
    const auto failed = opened.refused(opened.change(id, change));
    CHECK_FALSE(failed.message.empty());
    return failed.place;
  };
  CHECK(at({{"action", "set"}, {"field", "title"}, {"vlaue", "x"}}) == "/changes/0/value");
  CHECK(at({{"action", "set"}, {"field", "title"}, {"value", "x"}, {"extra", 1}}) == "/changes/0/extra");
  CHECK(at({{"action", "set"}, {"field", "nothing"}, {"value", "x"}}) == "/changes/0/field");
  CHECK(at({{"action", "set"}, {"fields", {{"due", "soon"}}}}) == "/changes/0/fields/due");
  CHECK(at({{"action", "set"}, {"field", "tags"}, {"value", "x"}}) == "/changes/0/field");
  CHECK(at({{"action", "add"}, {"field", "title"}, {"value", "x"}}) == "/changes/0/field");
  CHECK(at({{"action", "add"}, {"field", "phones"}, {"parts", {{"colour", "x"}}}}) == "/changes/0/parts/colour");
  CHECK(at({{"action", "jump"}}) == "/changes/0/action");
  CHECK(at({{"action", "set"}, {"fields", {{"risk", "low"}}}}) == "note.risk");  // lowered without a reason
  json two = opened.change(id, {{"action", "set"}, {"field", "title"}, {"value", "kept?"}});
  two["changes"].push_back({{"action", "void"}, {"collection", "note"}, {"record", "nonsense"}});
  CHECK(opened.refused(two).place == "/changes/1/record");
  CHECK(opened.refused({{"changes", json::array()}, {"shown", "made up"}}).code == SATCHEL_INVALID);
  CHECK(opened.read(id)["record"]["fields"]["title"] == "Visit");
}

TEST_CASE("what is not there is not found") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  satchel_buffer out = {};
  const std::string nobody = "0192f0c1-7a4e-7cc3-9a51-0c1d2e3f4a5b";
  CHECK(test::take(satchel_read(opened.store, satchel_text("note"), test::slice(nobody), &out)).code ==
        SATCHEL_NOT_FOUND);
  CHECK(opened.refused(opened.change(nobody, {{"action", "void"}})).code == SATCHEL_NOT_FOUND);
  CHECK(out.data == nullptr);
}

TEST_CASE("records are listed by filter and order, page by page, and counted") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  for (const char* title : {"Bea", "Ada", "Cleo", "Adele"}) opened.note({{"title", title}});
  json query = {{"collection", "note"}, {"order_by", "title"}, {"limit", 3}};
  json page = opened.query(query);
  REQUIRE(page["records"].size() == 3);
  CHECK(page["records"][0]["fields"]["title"] == "Ada");
  query["after"] = page["next"];
  page = opened.query(query);
  REQUIRE(page["records"].size() == 1);
  CHECK(page["records"][0]["fields"]["title"] == "Cleo");
  CHECK(page["next"] == "");
  const json starting = {{{"field", "title"}, {"compare", "starts_with"}, {"value", "ad"}}};
  CHECK(opened.query({{"collection", "note"}, {"filters", starting}, {"count", true}})["count"] == 2);
  satchel_buffer out = {};
  const auto wrong = [&](const char* text) {
    return test::take(satchel_query(opened.store, satchel_text(text), &out)).place;
  };
  CHECK(wrong(R"({"collection":"nothing"})") == "/collection");
  CHECK(wrong(R"({"collection":"note","limit":0})") == "/limit");
  CHECK(wrong(R"({"collection":"note","filters":[{"field":"title","compare":"like","value":"x"}]})") ==
        "/filters/0/compare");
}

TEST_CASE("the store says whose it is, what it holds, and that it is whole") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  opened.note({{"title", "Visit"}});
  const json about = opened.ask(satchel_about);
  CHECK(about["organisation"] == "north");
  CHECK(about["worker"] == "anna");
  CHECK(about["schema"]["version"] == 1);
  CHECK(about["replica"].get<std::string>().size() == 36);
  CHECK_FALSE(about.dump().find("secret") != std::string::npos);
  const json scopes = opened.ask(satchel_scopes)["scopes"];
  REQUIRE(scopes.size() == 1);
  CHECK(scopes[0]["kind"] == "self");
  CHECK(scopes[0]["unfit"] == false);
  const json status = opened.ask(satchel_status);
  CHECK(status["phase"] == "stopped");
  CHECK(status["unsent"] == 1);
  for (const char* none : {"scopes_unfit", "sealed", "sealed_to_send"}) CHECK(status[none] == 0);
  CHECK_FALSE(status["words"].get<std::string>().empty());
  CHECK(opened.ask(satchel_verify)["records"] == 1);
  CHECK(opened.ask(satchel_conflicts)["conflicts"].empty());
  CHECK(opened.ask(satchel_set_aside)["set_aside"].empty());
}

TEST_CASE("a scope's history can be kept from now on, and only of a scope that is here") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  opened.note({{"title", "Visit"}});
  const std::string id = opened.ask(satchel_scopes)["scopes"][0]["id"];
  CHECK(opened.ask(satchel_scopes)["scopes"][0]["keeps_history"] == false);
  CHECK(satchel_keep_history(opened.store, satchel_text(id.c_str()), true) == nullptr);
  CHECK(opened.ask(satchel_scopes)["scopes"][0]["keeps_history"] == true);
  CHECK(opened.ask(satchel_scopes)["scopes"][0]["history_from"] == 1);
  for (const auto& [given, code] : {std::pair{"not an id", SATCHEL_INVALID},
                                    std::pair{"0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6", SATCHEL_NOT_FOUND}}) {
    satchel_error* error = satchel_keep_history(opened.store, satchel_text(given), true);
    REQUIRE(error != nullptr);
    CHECK(satchel_error_code(error) == code);
    CHECK(std::string(satchel_error_place(error)) == "scope");
    satchel_error_free(error);
  }
}

TEST_CASE("another worker's store is refused with words") {
  const test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  { Opened opened(path); }
  satchel_options options = Opened::basic(path);
  options.worker = satchel_text("bob");
  satchel_store* store = nullptr;
  CHECK(test::take(satchel_open(&options, &store)).code == SATCHEL_WRONG_OWNER);
  options.path = satchel_text("/no/such/place.db");
  options.must_exist = true;
  CHECK(test::take(satchel_open(&options, &store)).code == SATCHEL_NOT_FOUND);
}

TEST_CASE("a damaged file is moved aside and what can be read of the unsent work goes into a new store") {
  const test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  {
    Opened opened(path);
    opened.note({{"title", "Visit"}});
    test::done(satchel_copy(opened.store, satchel_text(place.path("copy.db").c_str())));
    for (const char* taken : {"copy.db", "a.db"}) {
      CHECK(test::take(satchel_copy(opened.store, satchel_text(place.path(taken).c_str()))).code == SATCHEL_INVALID);
    }
  }
  std::ofstream(path, std::ios::binary | std::ios::trunc) << std::string(8192, 'x');
  satchel_options options = Opened::basic(path);
  satchel_store* store = nullptr;
  CHECK(test::take(satchel_open(&options, &store)).code == SATCHEL_CORRUPT);
  satchel_buffer out = {};
  test::done(satchel_rescue(&options, &out));
  const json report = test::take(out);
  CHECK(std::filesystem::exists(report["moved_to"].get<std::string>()));
  Opened fresh(path);
  CHECK(fresh.query({{"collection", "note"}, {"count", true}})["count"] == 0);
  Opened copy(place.path("copy.db"));
  CHECK(copy.query({{"collection", "note"}, {"count", true}})["count"] == 1);
}

#ifdef __linux__
TEST_CASE("ten thousand opens and closes leave no thread and no file open") {
  const test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  const auto count = [](const char* folder) {
    const std::filesystem::directory_iterator all(folder);
    return std::distance(begin(all), end(all));
  };
  const auto grouped = [](satchel_options& options) { options.durability = SATCHEL_GROUPED; };
  const std::string id = Opened(path, grouped).note({{"title", "Visit"}});
  const auto files = count("/proc/self/fd"), threads = count("/proc/self/task");
  for (int i = 0; i < 10'000; ++i) {
    Opened opened(path, grouped);
    satchel_buffer out = {};
    if (i % 100 == 0) test::done(satchel_read(opened.store, satchel_text("note"), test::slice(id), &out));
    satchel_buffer_free(&out);
  }
  CHECK(count("/proc/self/fd") == files);
  CHECK(count("/proc/self/task") == threads);
}
#endif
