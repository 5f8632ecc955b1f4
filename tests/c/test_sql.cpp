// SQL over the collections: what an app asks and gets, and what it is told of its mistakes.
#include <atomic>
#include <thread>

#include "tests/c/opened.hpp"

using nlohmann::json;
using test::Opened;

namespace {

json run_sql(Opened& opened, const json& asked) {
  satchel_buffer out = {};
  const std::string text = asked.dump();
  test::done(satchel_sql(opened.store, test::slice(text), &out));
  return test::take(out);
}

test::Failed sql_refused(Opened& opened, const std::string& text) {
  satchel_buffer out = {};
  return test::take(satchel_sql(opened.store, test::slice(text), &out));
}
test::Failed sql_refused(Opened& opened, const json& asked) { return sql_refused(opened, asked.dump()); }

}  // namespace

TEST_CASE("SQL answers with columns, rows and the token of what it read") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string id = opened.note({{"title", "Visit"}, {"story", "Kettle on."}, {"tags", {"tea"}}, {"due", "2026-11-21"}});
  opened.note({{"title", "Other"}, {"amends", "note/" + id}});
  const json answer = run_sql(opened, {{"sql", "SELECT id, title, story, tags, due, risk, _unsent FROM note WHERE due >= ?"},
                                   {"parameters", {"2026-11-01"}}});
  const json row = {id, "Visit", "Kettle on.", "[\"tea\"]", "2026-11-21", nullptr, 1};
  CHECK(answer == json({{"columns", {"id", "title", "story", "tags", "due", "risk", "_unsent"}},
                        {"rows", json::array({row})},
                        {"more", false},
                        {"token", opened.read(id)["token"]}}));
  CHECK(run_sql(opened, {{"sql", "SELECT o.title, a.title FROM note a JOIN note o ON o.id = a.amends"}})["rows"] ==
        json::array({{"Visit", "Other"}}));
  CHECK(run_sql(opened, {{"sql", "SELECT ?, ?, ?, ?, ?, 1e999"}, {"parameters", {nullptr, true, 7, 0.5, "a\nb\"c"}}})["rows"] ==
        json::array({{nullptr, 1, 7, 0.5, "a\nb\"c", nullptr}}));
  const json first = run_sql(opened, {{"sql", "SELECT 1 FROM note"}, {"limit", 1}});
  CHECK(first["rows"].size() == 1);
  CHECK(first["more"] == true);
  opened.transact(opened.change(id, {{"action", "void"}}));
  CHECK(run_sql(opened, {{"sql", "SELECT title FROM note"}})["rows"] == json::array({{"Other"}}));
  CHECK(run_sql(opened, {{"sql", "SELECT title, _void FROM note ORDER BY title"}, {"include_voided", true}})["rows"] ==
        json::array({{"Other", 0}, {"Visit", 1}}));
}

TEST_CASE("SQL that cannot be run is an error with its place, and the store goes on") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  opened.note({{"title", "Visit"}});
  const auto wrong = [&](const json& asked, const std::string& where) {
    const test::Failed failed = sql_refused(opened, asked);
    INFO(asked.dump() << ": " << failed.message);
    CHECK(failed.code == SATCHEL_INVALID);
    CHECK(failed.place == where);
    CHECK(!failed.retryable);
  };
  wrong({{"sql", "SELECT * FORM note"}}, "/sql:1:10");
  wrong({{"sql", "UPDATE note SET title = 'x' RETURNING title"}}, "/sql");
  wrong({{"sql", "SELECT 1; SELECT 2"}}, "/sql:1:11");
  wrong({{"sql", std::string("SELECT 1\0", 9)}}, "/sql:1:9");
  wrong({{"sql", ""}}, "/sql");
  wrong({{"sql", 7}}, "/sql");
  wrong({{"parameters", json::array()}}, "/sql");
  wrong({{"sql", "SELECT ?"}, {"parameters", {{{"blob", "00"}}}}}, "/parameters/0");
  wrong({{"sql", "SELECT ?, ?"}, {"parameters", {1, {1, 2}}}}, "/parameters/1");
  wrong({{"sql", "SELECT ?"}, {"parameters", {UINT64_MAX}}}, "/parameters/0");
  wrong({{"sql", "SELECT ?"}, {"parameters", {{"a", 1}}}}, "/parameters");
  wrong({{"sql", "SELECT ?"}, {"parameters", {1, 2}}}, "/parameters");
  wrong({{"sql", "SELECT 1"}, {"limit", 0}}, "/limit");
  wrong({{"sql", "SELECT 1"}, {"limit", 10001}}, "/limit");
  wrong({{"sql", "SELECT 1"}, {"limit", UINT64_MAX}}, "/limit");
  wrong({{"sql", "SELECT 1"}, {"within_ms", -1}}, "/within_ms");
  wrong({{"sql", "SELECT 1"}, {"within_ms", 60001}}, "/within_ms");
  wrong({{"sql", "SELECT 1"}, {"params", {1}}}, "/params");
  CHECK(sql_refused(opened, std::string("{\"sql\": \"SELECT '\xff'\"}")).code == SATCHEL_INVALID);
  CHECK(sql_refused(opened, std::string("SELECT 1")).place == "byte 1");
  CHECK(sql_refused(opened, json({{"sql", "SELECT '" + std::string(70'000, 'x') + "'"}})).code == SATCHEL_LIMIT);
  const test::Failed endless = sql_refused(
      opened, {{"sql", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"}, {"within_ms", 20}});
  CHECK(endless.code == SATCHEL_LIMIT);
  CHECK(endless.message.find("too long") != std::string::npos);
  CHECK(endless.place == "/sql");
  CHECK(run_sql(opened, {{"sql", "SELECT title FROM note"}})["rows"] == json::array({{"Visit"}}));
}

TEST_CASE("SQL is read from any thread while others write") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string id = opened.note({{"title", "0"}});
  std::atomic<bool> written = true;  // Catch2's own checks are for one thread
  std::thread writer([&] {
    for (int i = 1; i <= 50 && written; ++i) {
      const std::string set =
          opened.change(id, {{"action", "set"}, {"field", "title"}, {"value", std::to_string(i)}}).dump();
      satchel_buffer out = {};
      written = test::take(satchel_transact(opened.store, test::slice(set), &out)).code == 0;
      satchel_buffer_free(&out);
    }
  });
  int last = 0;
  bool forward = true;
  while (last < 50 && written) {
    const json row = run_sql(opened, {{"sql", "SELECT a.title, b.title FROM note a JOIN note b ON b.id = a.id"}})["rows"][0];
    const int now = std::stoi(row[0].get<std::string>());
    forward = forward && row[0] == row[1] && now >= last;
    last = now;
  }
  writer.join();
  CHECK(written);
  CHECK(forward);
}
