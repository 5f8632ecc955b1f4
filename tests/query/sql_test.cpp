#include "core/query/sql.hpp"

#include <pthread.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/base/files.hpp"
#include "core/query/query.hpp"
#include "tests/store_support/tablet.hpp"
#include "tests/support/domain_schema.hpp"

using namespace satchel;
using namespace satchel::test;
using nlohmann::json;
using sqlite::Cell;

namespace {

constexpr size_t small_stack = 512 << 10;  // of a thread that is not the first, on iOS

struct ToJsonCell {
  json operator()(std::monostate) const { return nullptr; }
  template <class Value>
  json operator()(const Value& value) const {
    return value;
  }
};

json rows_of(const query::SqlAnswer& answer) {
  json rows = json::array();
  for (const auto& row : answer.rows) {
    json cells = json::array();
    for (const Cell& cell : row) cells.push_back(std::visit(ToJsonCell{}, cell));
    rows.push_back(std::move(cells));
  }
  return rows;
}

query::Sql sql(const std::string& text, std::vector<Cell> parameters = {}) {
  query::Sql result;
  result.text = text;
  result.parameters = std::move(parameters);
  return result;
}

// Says yes so often, then no.
std::function<bool()> patience(int64_t looks) {
  return [left = looks]() mutable { return left-- > 0; };
}

struct Caseload {
  World world;
  Tablet& amy = world.tablet("amy");
  ScopeId scope = amy.open_scope("case"), other = amy.open_scope("case");

  RecordId add(const ScopeId& where, const std::string& collection, std::vector<std::pair<std::string, model::Value>> fields) {
    world.clock.advance(1000);
    const RecordId id = amy.new_id();
    std::vector<store::Change> changes = {create(where, collection, id)};
    for (const auto& [field, value] : fields) changes.push_back(assign(collection, id, field, value));
    amy.commit(changes);
    return id;
  }
  RecordId person(const std::string& name, std::optional<int64_t> age = {}) {
    if (!age) return add(scope, "person", {{"name", name}});
    return add(scope, "person", {{"name", name}, {"age", *age}});
  }

  Result<query::SqlAnswer> ask(const query::Sql& asked, int64_t looks = 1'000'000) {
    auto reader = take(amy.store->reader());
    auto answer = query::run_sql(*reader, asked, patience(looks));
    CHECK(!reader->pinned());
    return answer;
  }
  json rows(const std::string& text, std::vector<Cell> parameters = {}) { return rows_of(take(ask(sql(text, std::move(parameters))))); }
  Error error(const query::Sql& asked) {
    auto answer = ask(asked);
    INFO(asked.text);
    REQUIRE(!answer.ok());
    return answer.error();
  }
  Error error(const std::string& text, std::vector<Cell> parameters = {}) { return error(sql(text, std::move(parameters))); }
};

}  // namespace

TEST_CASE("a row has what a query shows of the record, each value by its type") {
  Caseload c;
  const RecordId id = c.add(c.scope, "person",
                            {{"name", "Llŷr"},
                             {"age", int64_t{40}},
                             {"weight", model::Decimal{1250, 2}},
                             {"born", model::Date{1985, 3, 9}},
                             {"seen_at", model::Instant{1'764'590'400'500, 60, "Europe/London"}},
                             {"no_voicemail", true}});
  const query::SqlAnswer answer = take(c.ask(sql("SELECT * FROM person")));
  CHECK(json(answer.columns) == json({"id", "scope", "about", "age", "born", "email", "measure", "name", "needs", "no_voicemail",
                                      "owner", "phones", "risk", "seen_at", "status", "story", "weight", "wishes", "_void",
                                      "_unsent", "_to_decide", "_to_know"}));
  CHECK(rows_of(answer) == json::array({{id.text(), c.scope.text(), nullptr, 40, "1985-03-09", nullptr, nullptr, "Llŷr", nullptr,
                                         1, nullptr, nullptr, nullptr, "2025-12-01T12:00:00.500Z", nullptr, nullptr, 12.5,
                                         nullptr, 0, 1, 0, 0}}));
  CHECK(!answer.more);
  CHECK(answer.token == c.amy.token());
  CHECK(c.rows("SELECT typeof(age), typeof(weight), typeof(born), typeof(no_voicemail), typeof(email) FROM person") ==
        json::array({{"integer", "real", "text", "integer", "null"}}));
}

TEST_CASE("where several values stand a column shows the first, and says that somebody has to decide") {
  Caseload c;
  const RecordId id = c.person("Edith");
  const store::ReadToken form = c.amy.token();
  c.amy.commit({assign("person", id, "wishes", "dancing")}, form);
  c.amy.commit({assign("person", id, "wishes", "singing")}, form);
  const std::string shown = c.amy.text(id, "wishes");
  CHECK(c.rows("SELECT wishes, _to_decide FROM person") == json::array({{shown, 1}}));
  CHECK(c.rows("SELECT id FROM person WHERE wishes = ?", {Cell(shown)}).size() == 1);
  // What stands beside it is for a query; SQL compares what the column shows.
  CHECK(c.rows("SELECT id FROM person WHERE wishes = ?", {Cell(shown == "dancing" ? "singing" : "dancing")}).empty());
}

TEST_CASE("SQL finds what a query finds for the same condition, by an index or without") {
  Caseload c;
  for (int i = 0; i < 40; ++i) {
    std::vector<std::pair<std::string, model::Value>> fields = {{"name", "Name " + std::to_string(i % 7)}};
    if (i % 3 != 0) fields.emplace_back("age", int64_t{i % 11} - 4);
    if (i % 4 != 0) fields.emplace_back("born", model::Date{1980 + i % 5, 1 + static_cast<uint32_t>(i % 12), 28});
    if (i % 5 != 0) fields.emplace_back("seen_at", model::Instant{1'764'500'000'000 + i * 9'000'000LL, i % 2 == 0 ? 60 : -300, {}});
    c.add(i % 2 == 0 ? c.scope : c.other, "person", fields);
  }
  const auto queried = [&](const std::string& field, query::Compare compare, const model::Value& value) {
    query::Query q;
    q.collection = "person";
    q.limit = 1000;
    q.filters.push_back({field, compare, value});
    json ids = json::array();
    auto reader = take(c.amy.store->reader());
    for (const auto& record : take(query::run(*reader, q)).records) ids.push_back({record.key.record.text()});
    return ids;
  };
  using query::Compare;
  const std::vector<std::pair<std::string, Compare>> signs = {{"=", Compare::equal}, {"<", Compare::less},
                                                              {"<=", Compare::less_or_equal}, {">", Compare::greater},
                                                              {">=", Compare::greater_or_equal}};
  const model::Instant noon{1'764'500'000'000 + 6 * 9'000'000LL, 0, {}};
  for (const auto& [sign, compare] : signs) {
    for (const std::string& hidden : {std::string(), std::string("+")}) {  // a plus hides the column from every index
      const auto found = [&](const std::string& field, const Cell& value) {
        const std::string text = "SELECT id FROM person WHERE " + hidden + field + " " + sign + " ? ORDER BY id";
        return c.rows(text, {value});
      };
      INFO(hidden << sign);
      CHECK(found("age", int64_t{3}) == queried("age", compare, int64_t{3}));
      CHECK(found("born", "1982-03-28") == queried("born", compare, model::Date{1982, 3, 28}));
      CHECK(found("seen_at", "2025-12-01T01:53:20.000Z") == queried("seen_at", compare, noon));
      if (compare == Compare::equal) CHECK(found("name", "Name 3") == queried("name", compare, "Name 3"));
    }
  }
  const json of_one = c.rows("SELECT count(*), count(born) FROM person WHERE scope = ?", {Cell(c.scope.text())});
  CHECK(of_one == c.rows("SELECT count(*), count(born) FROM person WHERE +scope = ?", {Cell(c.scope.text())}));
  CHECK(of_one[0][0] == 20);
  for (const char* where : {"seen_at >= '2025-12-01' AND seen_at < '2025-12-02'", "born > '1981' AND born <= '1983-06'",
                            "age IN (1, 2, 3)", "age = 3.0", "age > '2'", "name IN ('Name 1', 'nobody')", "born = 'yesterday'",
                            "age IS NULL", "age = NULL", "id = 'x'", "id > ''", "name = 'name 3' COLLATE NOCASE"}) {
    INFO(where);
    const std::string text = where;
    const json indexed = c.rows("SELECT id FROM person WHERE " + text + " ORDER BY id");
    CHECK(indexed == c.rows("WITH p AS MATERIALIZED (SELECT * FROM person) SELECT id FROM p WHERE " + text + " ORDER BY id"));
  }
}

TEST_CASE("fold() compares as people do, without case and accents") {
  Caseload c;
  c.person("Llŷr");
  c.person("ann");
  c.person("Zoë");
  CHECK(c.rows("SELECT name FROM person WHERE fold(name) = fold(?)", {Cell("LLYR")}) == json::array({{"Llŷr"}}));
  CHECK(c.rows("SELECT name FROM person ORDER BY fold(name)") == json::array({{"ann"}, {"Llŷr"}, {"Zoë"}}));
  CHECK(c.rows("SELECT fold(NULL), fold(7)") == json::array({{nullptr, "7"}}));
}

TEST_CASE("collections are joined by their references, also one with itself, and summed up") {
  Caseload c;
  const RecordId first = c.add(c.scope, "visit", {{"body", "Met at home."}});
  const RecordId second = c.add(c.scope, "visit", {{"amends", model::Reference{"visit", first}}});
  c.person("Ann", 40);
  c.person("Ben", 60);
  c.add(c.other, "person", {{"name", "Cal"}, {"age", int64_t{20}}});
  CHECK(c.rows("SELECT a.id, o.body FROM visit a JOIN visit o ON o.id = a.amends") ==
        json::array({{second.text(), "Met at home."}}));
  CHECK(c.rows("SELECT p.name, count(v.id) FROM person p LEFT JOIN visit v ON v.scope = p.scope GROUP BY p.id ORDER BY p.name") ==
        json::array({{"Ann", 2}, {"Ben", 2}, {"Cal", 0}}));
  CHECK(c.rows("SELECT scope, sum(age), avg(age) FROM person GROUP BY scope HAVING count(*) > 1") ==
        json::array({{c.scope.text(), 100, 50.0}}));
  CHECK(c.rows("SELECT name, rank() OVER (ORDER BY age DESC) FROM person ORDER BY 2") ==
        json::array({{"Ben", 1}, {"Ann", 2}, {"Cal", 3}}));
  // A reference to nothing joins nothing, and is not looked for among all.
  CHECK(c.rows("SELECT count(*) FROM visit a JOIN visit o ON o.id = a.amends WHERE a.amends IS NULL") == json::array({{0}}));
}

TEST_CASE("sets and codes are JSON that SQL can take apart") {
  Caseload c;
  const RecordId id = c.person("Ann");
  store::Change need = assign("person", id, "needs", "large print");
  need.op.action = model::Action::add;
  need.op.kind = model::Kind::set;
  need.op.element = "large print";
  c.amy.commit({need});
  CHECK(c.rows("SELECT needs FROM person") == json::array({{"[\"large print\"]"}}));
  CHECK(c.rows("SELECT p.name, n.value FROM person p, json_each(p.needs) n") == json::array({{"Ann", "large print"}}));
}

TEST_CASE("a collection may be called like a word of SQL, and like a table of the store or of SQLite") {
  const std::string schema = R"({"version": 1, "scopes": {"case": {"opened_by": ["writer"]}}, "collections": {
    "order": {"scopes": ["case"], "fields": {"group": {"kind": "register", "type": "text"}}},
    "outbox": {"scopes": ["case"], "fields": {"bytes": {"kind": "register", "type": "text"}}},
    "json_each": {"scopes": ["case"], "fields": {"value": {"kind": "register", "type": "text"}}},
    "pragma_x": {"scopes": ["case"], "fields": {"value": {"kind": "register", "type": "text"}}}}})";
  World world;
  Tablet& amy = world.tablet("amy");
  amy.close();
  store::Options options = amy.options();
  options.path = world.directory.path("words.db");
  options.schema_json = schema;
  amy.store = take(store::Store::open(options, world.clock, amy.random, amy.logger));
  const ScopeId scope = amy.open_scope("case");
  for (const auto& [collection, field] :
       {std::pair("order", "group"), std::pair("outbox", "bytes"), std::pair("json_each", "value"), std::pair("pragma_x", "value")}) {
    const RecordId id = amy.new_id();
    amy.commit({create(scope, collection, id), assign(collection, id, field, "words")});
    auto reader = take(amy.store->reader());
    const std::string text = "SELECT \"" + std::string(field) + "\" FROM \"" + collection + "\"";
    CHECK(rows_of(take(query::run_sql(*reader, sql(text), patience(1000)))) == json::array({{"words"}}));
  }
}

TEST_CASE("every collection of the domain is a view with all of its fields") {
  World world;
  Tablet& amy = world.tablet("amy");
  amy.close();
  store::Options options = amy.options();
  options.path = world.directory.path("domain.db");
  options.schema_json = domain_schema_text();
  amy.store = take(store::Store::open(options, world.clock, amy.random, amy.logger));
  auto reader = take(amy.store->reader());
  const model::Schema schema = domain_schema();
  for (const auto& [name, collection] : schema.collections()) {
    INFO(name);
    const query::SqlAnswer answer = take(query::run_sql(*reader, sql("SELECT * FROM \"" + name + "\""), patience(1000)));
    CHECK(answer.columns.size() == collection.fields.size() + 6);
    for (const auto& [field, declared] : collection.fields) {
      CHECK(std::count(answer.columns.begin(), answer.columns.end(), field) == 1);
      if (declared.references.empty() || model::has_elements(declared.kind)) continue;
      const std::string join = "SELECT 1 FROM " + name + " a JOIN " + declared.references + " b ON b.id = a.\"" + field + "\"";
      CHECK(take(query::run_sql(*reader, sql(join), patience(1000))).rows.empty());
    }
  }
}

TEST_CASE("records that were put away are rows only when asked for, and what left with its scope is none") {
  Caseload c;
  c.person("Ann");
  c.amy.commit({remove("person", c.person("Ben"))});
  CHECK(c.rows("SELECT name, _void FROM person") == json::array({{"Ann", 0}}));
  query::Sql all = sql("SELECT name, _void FROM person ORDER BY name");
  all.include_voided = true;
  CHECK(rows_of(take(c.ask(all))) == json::array({{"Ann", 0}, {"Ben", 1}}));

  Tablet& beth = c.world.tablet("beth");
  const ScopeId shared = c.world.shared_case({&c.amy, &beth});
  const RecordId gwen = c.add(shared, "person", {{"name", "Gwen"}});
  c.world.settle({&c.amy, &beth});
  CHECK(c.rows("SELECT name, _unsent FROM person WHERE id = ?", {Cell(gwen.text())}) == json::array({{"Gwen", 0}}));
  c.world.centre.withdraw("amy", shared);
  c.world.settle({&c.amy, &beth});
  CHECK(c.amy.record("person", gwen) == std::nullopt);
  CHECK(c.rows("SELECT name FROM person WHERE id = ?", {Cell(gwen.text())}).empty());
  CHECK(c.rows("SELECT name FROM person WHERE scope = ?", {Cell(shared.text())}).empty());
}

TEST_CASE("all of one SELECT is of one moment, whatever is committed meanwhile") {
  Caseload c;
  const RecordId id = c.person("Ann", 1);
  auto reader = take(c.amy.store->reader());
  const store::ReadToken before = c.amy.token();
  bool written = false;
  const auto write_meanwhile = [&] {
    if (!written) c.amy.commit({assign("person", id, "age", int64_t{2}), create(c.scope, "diary", c.amy.new_id())});
    written = true;
    return true;
  };
  const std::string text =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
      " SELECT (SELECT max(i) FROM n), (SELECT age FROM person), (SELECT count(*) FROM diary)";
  const query::SqlAnswer answer = take(query::run_sql(*reader, sql(text), write_meanwhile));
  CHECK(written);
  CHECK(rows_of(answer) == json::array({{500, 1, 0}}));
  CHECK(answer.token == before);
  CHECK(rows_of(take(query::run_sql(*reader, sql(text), patience(1000)))) == json::array({{500, 2, 1}}));
  // In the view that the caller pinned, too.
  take(reader->begin());
  c.amy.commit({assign("person", id, "age", int64_t{3})});
  CHECK(rows_of(take(query::run_sql(*reader, sql("SELECT age FROM person"), patience(10)))) == json::array({{2}}));
  CHECK(reader->pinned());
}

TEST_CASE("an answer ends after so many rows or bytes, and says that there are more") {
  Caseload c;
  for (int i = 0; i < 5; ++i) c.person("P" + std::to_string(i));
  query::Sql asked = sql("SELECT name FROM person ORDER BY id");
  asked.limit = 4;
  CHECK(take(c.ask(asked)).rows.size() == 4);
  CHECK(take(c.ask(asked)).more);
  asked.limit = 5;
  CHECK(!take(c.ask(asked)).more);
  asked.text = "SELECT printf('%.*c', 3000000, 'x') FROM person";
  const query::SqlAnswer large = take(c.ask(asked));
  CHECK(large.rows.size() == 2);
  CHECK(large.more);
  asked.text = "SELECT printf('%.*c', 5000000, 'x'), printf('%.*c', 5000000, 'x')";
  CHECK(c.error(asked).code == Code::limit);
  for (const uint32_t limit : {uint32_t{0}, query::sql_rows_most + 1}) {
    asked.limit = limit;
    CHECK(c.error(asked).place == "/limit");
  }
}

TEST_CASE("SQL that cannot be understood is refused with the place and the reason") {
  Caseload c;
  c.person("Ann", 7);
  const auto check = [&](const std::string& text, const std::string& place, const std::string& words) {
    const Error error = c.error(text);
    INFO(text << ": " << error.message);
    CHECK(error.code == Code::invalid);
    if (place != "/sql:") CHECK(error.place == place);  // else as this SQLite knows it
    CHECK(error.place.rfind("/sql", 0) == 0);
    CHECK(error.message.find(words) != std::string::npos);
  };
  check("SELECT name FORM person", "/sql:1:18", "syntax error");
  check("SELECT 'Llŷr',\n  ,", "/sql:2:3", "syntax error");
  check("SELECT shoe_size\nFROM person", "/sql:1:8", "no such column: shoe_size");
  check("SELECT rowid FROM person", "/sql:1:8", "no such column");
  check("SELECT * FROM unicorn", "/sql:", "no such table: unicorn");
  check("SELECT unhexlify(name) FROM person", "/sql:1:8", "no such function");
  check("SELECT 'open", "/sql:1:8", "unrecognized token");
  check("SELECT 1; SELECT 2", "/sql:1:11", "Only one");
  check("SELECT 1; DROP", "/sql:1:11", "Only one");
  check("SELECT 1 -- more\n;\n  garbage", "/sql:3:3", "Only one");
  check("", "/sql", "no statement");
  check(" ; -- nothing", "/sql", "no statement");
  check(std::string("SELECT 1\0 UNION", 15), "/sql:1:9", "zero character");
  check("SELECT sum(name, age) FROM person", "/sql:1:8", "wrong number of arguments");
  check("SELECT json('{')", "/sql", "malformed JSON");
  check("SELECT abs(-9223372036854775807 - 1)", "/sql", "overflow");
  check("SELECT x'00'", "/sql", "bytes");
  check("SELECT 1 FROM (SELECT age FROM person GROUP BY count(*))", "/sql:", "aggregate");
  CHECK(c.rows("SELECT 1; -- and done\n ; /* really */") == json::array({{1}}));
}

TEST_CASE("parameters are bound by their place and never read as SQL") {
  Caseload c;
  c.person("Ann'; DROP TABLE person; --", 7);
  CHECK(c.rows("SELECT name FROM person WHERE name = ?", {Cell("Ann'; DROP TABLE person; --")}).size() == 1);
  CHECK(c.rows("SELECT ?, ?, ?, ?", {Cell(), Cell(int64_t{7}), Cell(0.5), Cell(std::string("a\0b", 3))}) ==
        json::array({{nullptr, 7, 0.5, std::string("a\0b", 3)}}));
  CHECK(c.rows("SELECT ?2, ?1", {Cell("a"), Cell("b")}) == json::array({{"b", "a"}}));
  for (const auto& [text, count] : {std::pair("SELECT 1", 1), std::pair("SELECT ?", 0), std::pair("SELECT ?, ?", 3)}) {
    const Error error = c.error(text, std::vector<Cell>(static_cast<size_t>(count)));
    CHECK(error.code == Code::invalid);
    CHECK(error.place == "/parameters");
  }
  CHECK(c.error("SELECT ?1001").code == Code::invalid);
  const Error huge = c.error("SELECT ?", {Cell(std::string(sqlite::app_value_bytes + 1, 'x'))});
  CHECK(huge.code == Code::limit);
  CHECK(huge.place == "/parameters/0");
}

TEST_CASE("nothing can be written, opened or looked into that is not a record") {
  Caseload c;
  c.person("Ann", 7);
  const std::string file = c.world.directory.path("made.db");
  const std::vector<std::string> tricks = {
      "DELETE FROM person", "UPDATE person SET age = 1", "UPDATE person SET age = 1 RETURNING age",
      "INSERT INTO person (id) VALUES ('x')", "REPLACE INTO person (id) VALUES ('x') RETURNING id", "DROP TABLE person",
      "WITH gone AS (SELECT id FROM person) DELETE FROM person WHERE id IN gone",
      "CREATE TABLE mine (a)", "CREATE TEMP TABLE mine AS SELECT * FROM person", "CREATE TEMP VIEW mine AS SELECT 1",
      "CREATE VIRTUAL TABLE words USING fts5(a)", "CREATE TRIGGER t AFTER INSERT ON person BEGIN SELECT 1; END",
      "ALTER TABLE person RENAME TO mine", "ATTACH '" + file + "' AS made", "ATTACH '" + c.amy.path + "' AS store", "DETACH main",
      "VACUUM", "VACUUM INTO '" + file + "'", "ANALYZE", "REINDEX", "BEGIN IMMEDIATE", "COMMIT", "SAVEPOINT s", "ROLLBACK",
      "PRAGMA query_only = OFF", "PRAGMA database_list", "PRAGMA writable_schema = ON", "PRAGMA key = 'x'", "PRAGMA data_version",
      "EXPLAIN DELETE FROM person",
      "SELECT * FROM sqlite_schema", "SELECT count(*) FROM sqlite_master", "SELECT 1 FROM sqlite_temp_schema",
      "SELECT * FROM pragma_database_list", "SELECT count(*) FROM pragma_database_list", "SELECT * FROM pragma_table_info('person')",
      "SELECT count(*) FROM pragma_journal_mode('delete')", "SELECT * FROM dbstat", "SELECT * FROM sqlite_dbpage",
      "SELECT * FROM outbox", "SELECT * FROM store", "SELECT * FROM set_aside", "SELECT * FROM held_scopes", "SELECT * FROM overlay",
      "SELECT * FROM search_words", "SELECT * FROM search_words_data", "SELECT * FROM main.outbox", "SELECT * FROM store.outbox",
      "SELECT load_extension('x')", "SELECT writefile('" + file + "', 'x')", "SELECT readfile('" + file + "')", "SELECT fts5(?1)",
      "SELECT fts5_source_id()", "SELECT edit('x')", "SELECT randomblob(9)", "SELECT zeroblob(9)", "SELECT sqlcipher_export('x')",
      "SELECT sqlite_version()", "SELECT last_insert_rowid()", "SELECT name FROM person WHERE name MATCH 'a'"};
  for (const std::string& trick : tricks) {
    const Error error = c.error(trick);
    INFO(trick << ": " << error.message);
    CHECK(error.code == Code::invalid);
    CHECK(error.place.rfind("/sql", 0) == 0);
    CHECK(error.message.size() > 20);
  }
  CHECK(c.error("UPDATE person SET age = 1").message.find("person may not be modified") != std::string::npos);
  CHECK(c.error("PRAGMA query_only = OFF").message.find("One SELECT") != std::string::npos);
  CHECK(c.error("SELECT load_extension('x')").message.find("\"load_extension\"") != std::string::npos);
  CHECK(c.error("SELECT * FROM sqlite_schema").message.find("no collection") != std::string::npos);
  CHECK(!read_file(file).ok());
  CHECK(c.rows("SELECT name, age FROM person") == json::array({{"Ann", 7}}));
  c.amy.verify();
}

TEST_CASE("what runs away is ended, by time, by memory or before it begins") {
  Caseload c;
  c.person("Ann", 7);
  const auto stopped = [&](const std::string& text, int64_t looks) {
    auto answer = c.ask(sql(text), looks);
    REQUIRE(!answer.ok());
    return answer.error();
  };
  const Error slow = stopped("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n", 1000);
  CHECK(slow.code == Code::limit);
  CHECK(slow.place == "/sql");
  CHECK(slow.message.find("too long") != std::string::npos);
  const std::string silent = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0";
  CHECK(stopped(silent, 50).code == Code::limit);
  const std::string many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300) ";
  CHECK(stopped(many + "SELECT count(*) FROM n a, n b, n c, n d", 1000).code == Code::limit);
  const Error large = stopped(
      "WITH RECURSIVE n(i, t) AS (SELECT 1, printf('%.*c', 1000000, 'x') UNION ALL SELECT i + 1, t || 'y' FROM n)"
      " SELECT i FROM n ORDER BY t",
      1'000'000);
  CHECK(large.code == Code::limit);
  CHECK(large.message.find("memory") != std::string::npos);
  CHECK(c.error("SELECT printf('%.*c', 8000000, 'x') || printf('%.*c', 8000000, 'x')").code == Code::limit);
  CHECK(c.error("SELECT '" + std::string(sqlite::app_sql_bytes, 'x') + "'").code == Code::limit);
  std::string deep = "1", wide = "SELECT 1";
  for (int i = 0; i < 150; ++i) deep += " + (1";
  CHECK(c.error("SELECT " + deep + std::string(150, ')')).code == Code::limit);
  for (int i = 0; i < 60; ++i) wide += " UNION ALL SELECT 1";
  CHECK(c.error(wide).code == Code::invalid);
  std::string inner = "SELECT 1", chain = "WITH c0 AS (SELECT 1)";
  for (int i = 0; i < 51; ++i) inner = "select * FROM (" + inner + ")";
  CHECK(c.error(inner).code == Code::limit);
  for (int i = 0; i < 100; ++i) chain += ", c" + std::to_string(i + 1) + " AS (SELECT * FROM c" + std::to_string(i) + ")";
  CHECK(c.error(chain + " SELECT * FROM c100").code == Code::limit);
  // What is quoted or a comment is not deep.
  const std::string many_open(60, '(');
  CHECK(c.rows("SELECT '" + many_open + "' AS \"((\" -- " + many_open + "\n /* " + many_open + " */").size() == 1);
  CHECK(c.rows("SELECT name FROM person") == json::array({{"Ann"}}));
}

TEST_CASE("the deepest SQL that is allowed fits the stack of an app's thread") {
  Caseload c;
  c.person("Ann");
  const auto run_on_small_stack = [&](const std::string& text) {
    struct Work {
      Caseload& c;
      const std::string& text;
    } work{c, text};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, small_stack);
    pthread_t thread;
    const auto run = [](void* given) -> void* {
      auto& [caseload, asked] = *static_cast<Work*>(given);
      auto reader = take(caseload.amy.store->reader());
      (void)query::run_sql(*reader, sql(asked), patience(100'000));  // whether it fits the parser depends on the SQLite
      return nullptr;
    };
    REQUIRE(pthread_create(&thread, &attributes, run, &work) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
  };
  std::string inner = "SELECT * FROM person", expression = "1", joined = "person", exists = "1";
  std::string chain = "WITH c0 AS (SELECT * FROM person)";
  for (int i = 0; i < 49; ++i) {
    inner = "SELECT * FROM (" + inner + ") ORDER BY 1";
    exists = "(SELECT max(age) FROM person WHERE " + exists + ")";
    joined = "(" + joined + " JOIN visit v" + std::to_string(i) + ")";
  }
  for (int i = 0; i < 98; ++i) {
    chain += ", c" + std::to_string(i + 1) + " AS (SELECT DISTINCT * FROM c" + std::to_string(i) + ")";
    expression += " + 1";
  }
  for (const std::string& text :
       {inner, "SELECT " + exists, "SELECT * FROM " + joined, chain + " SELECT * FROM c98", "SELECT " + expression}) {
    run_on_small_stack(text);
  }
  CHECK(c.rows("SELECT name FROM person") == json::array({{"Ann"}}));
}
