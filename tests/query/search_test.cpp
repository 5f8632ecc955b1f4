#include "core/query/search.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>

#include "core/query/search_words.hpp"
#include "core/store/word_indexer.hpp"
#include "tests/store_support/tablet.hpp"
#include "tests/support/store_key.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

uint64_t index_some(Tablet& tablet, size_t most) {
  return take(take(store::WordIndexer::open(tablet.options()))->index_some(most)).waiting;
}

// Until nothing waits.
void index_all(Tablet& tablet) {
  const auto indexer = take(store::WordIndexer::open(tablet.options()));
  while (take(indexer->index_some(7)).waiting != 0) {
  }
}

query::Found find(Tablet& tablet, query::Search search) {
  index_all(tablet);
  auto reader = take(tablet.store->reader());
  return take(query::search(*reader, search));
}

std::vector<RecordId> found(Tablet& tablet, const std::string& text) {
  std::vector<RecordId> ids;
  for (const auto& hit : find(tablet, {text, {}, {}, {}, false, 20}).hits) ids.push_back(hit.record.record);
  return ids;
}

std::string plain(const query::Hit& hit) {
  std::string text;
  for (const auto& piece : hit.snippet) text += piece.hit ? "[" + piece.text + "]" : piece.text;
  return text;
}

struct Searched {
  World world;
  Tablet& amy = world.tablet("amy");
  ScopeId scope = amy.open_scope("case"), other = amy.open_scope("case");

  RecordId with(const std::string& name, const std::string& words, const ScopeId& where) {
    const RecordId id = amy.person(where, name);
    amy.commit({assign("person", id, "wishes", words)});
    return id;
  }
  RecordId with(const std::string& name, const std::string& words) { return with(name, words, scope); }
};

using Ids = std::vector<RecordId>;

}  // namespace

TEST_CASE("words are found without regard to case and accents, whole or by their beginning, alone or as a phrase") {
  Searched c;
  const RecordId llyr = c.with("Llŷr Gwên", "Wants to sing in the choir at Tŷ Gŵyr."), ann = c.with("Ann", "Dâr, ïô, â, û: to sing.");
  CHECK(found(c.amy, "LLYR") == Ids{llyr});
  CHECK(found(c.amy, "llŷr gwen") == Ids{llyr});
  CHECK(found(c.amy, "ty gwyr") == Ids{llyr});
  CHECK(found(c.amy, "dar io a u") == Ids{ann});
  CHECK(found(c.amy, "sing").size() == 2);
  CHECK(found(c.amy, "sing choir") == Ids{llyr});
  CHECK(found(c.amy, "cho").empty());
  CHECK(found(c.amy, "cho*") == Ids{llyr});
  CHECK(found(c.amy, "\"sing in the choir\"") == Ids{llyr});
  CHECK(found(c.amy, "\"choir the\"").empty());
  CHECK(found(c.amy, "\"in the ch\"*") == Ids{llyr});
}

TEST_CASE("whatever a person types is a search; only what has no word is refused") {
  Searched c;
  const RecordId id = c.with("O'Dowd", "one AND two NEAR three (four) title:five -six \"seven");
  for (const char* text : {"o'dowd", "AND", "one AND two", "NEAR(", "title:five", "-six", "\"seven", "se*ven seven", "(four)",
                           "one\ttwo\n three", "*one", "one^", "{two}", "two;--", "three* ***", "\"\" one", "one \"*"}) {
    INFO(text);
    if (std::string(text) == "se*ven seven") CHECK(found(c.amy, text).empty());
    else CHECK(found(c.amy, text) == Ids{id});
  }
  auto reader = take(c.amy.store->reader());
  for (const char* text : {"", " ", "\"", "\"\"", "*", "() - : ^", "\xff\xfe"}) {
    INFO(text);
    const auto refused = query::search(*reader, {text, {}, {}, {}, false, 20});
    REQUIRE(!refused.ok());
    CHECK(refused.error().code == Code::invalid);
    CHECK(refused.error().place == "text");
  }
  std::string many;
  for (int i = 0; i < 33; ++i) many += " w" + std::to_string(i);
  CHECK(query::search(*reader, {many, {}, {}, {}, false, 20}).error().place == "text");
  CHECK(query::search(*reader, {"one", {"unicorn"}, {}, {}, false, 20}).error().place == "collections");
  CHECK(query::search(*reader, {"one", {}, {}, {}, false, 0}).error().place == "limit");
}

TEST_CASE("what a read shows is what is found: unsent words, edits, what was put away, what stands side by side") {
  Searched c;
  const RecordId id = c.with("Ann", "dancing");
  CHECK(found(c.amy, "dancing") == Ids{id});
  const store::ReadToken form = c.amy.token();
  c.amy.commit({assign("person", id, "wishes", "singing")}, form);
  CHECK(found(c.amy, "dancing").empty());
  CHECK(found(c.amy, "singing") == Ids{id});
  c.amy.commit({assign("person", id, "email", "ann@bala.example"), assign("person", id, "story", "Born in Bethesda.")});
  CHECK(found(c.amy, "bala bethesda") == Ids{id});
  c.amy.commit({remove("person", id)});
  CHECK(found(c.amy, "singing").empty());
  query::Search search{"singing", {}, {}, {}, true, 20};
  CHECK(find(c.amy, search).hits.size() == 1);
  c.amy.commit({restore("person", id)});
  CHECK(found(c.amy, "singing") == Ids{id});
}

TEST_CASE("a search shows as many as it may, though the best of all lie among what was removed") {
  Searched c;
  for (int i = 0; i < 3; ++i) c.with("Ann", "A walk, some tea, and then much later a heron by the water.");
  for (int i = 0; i < 8; ++i) {
    const RecordId gone = c.with("Heron", "heron");
    c.amy.commit({remove("person", gone)});
  }
  query::Search search{"heron", {}, {}, {}, false, 2};
  CHECK(find(c.amy, search).hits.size() == 2);
  search.limit = 20;
  CHECK(find(c.amy, search).hits.size() == 3);
  search.include_voided = true;
  CHECK(find(c.amy, search).hits.size() == 11);
}

TEST_CASE("what colleagues wrote is found after a sync, and all its words are gone from the file when the scope left") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben}), stays = world.shared_case({&amy, &ben});
  const RecordId id = ben.person(scope, "Zebedee Quixotic"), left = ben.person(stays, "Zebedee");
  world.settle({&amy, &ben});
  CHECK(found(amy, "zebedee").size() == 2);
  CHECK(found(amy, "quixotic") == Ids{id});
  // Of an encrypted file: by whoever has its key.
  const auto in_a_file = [&](const std::string& word) {
    if (sqlite::can_encrypt()) {
      return take(take(sqlite::Database::open(raw_file(amy.path))).pages()).find(word) != std::string::npos;
    }
    for (const std::string& file : {amy.path, amy.path + "-wal"}) {
      std::ifstream in(file, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      if (bytes.find(word) != std::string::npos) return true;
    }
    return false;
  };
  CHECK(in_a_file("quixotic"));
  world.centre.withdraw("amy", scope);
  world.settle({&amy, &ben});
  auto reader = take(amy.store->reader());
  CHECK(take(query::search(*reader, {"quixotic", {}, {}, {}, true, 20})).hits.empty());
  reader.reset();
  CHECK(found(amy, "zebedee") == Ids{left});
  amy.close();
  CHECK(!in_a_file("quixotic"));
}

TEST_CASE("a search is kept to collections, to a scope, or to where a record lives") {
  Searched c;
  const RecordId ann = c.with("Ann", "kettle", c.scope), ben = c.with("Ben", "kettle", c.other);
  CHECK(found(c.amy, "kettle").size() == 2);
  query::Search search{"kettle", {}, c.scope, {}, false, 20};
  REQUIRE(find(c.amy, search).hits.size() == 1);
  CHECK(find(c.amy, search).hits[0].record.record == ann);
  search = {"kettle", {}, {}, model::RecordKey{"person", ben}, false, 20};
  REQUIRE(find(c.amy, search).hits.size() == 1);
  CHECK(find(c.amy, search).hits[0].scope == c.other);
  search.scope = c.scope;
  CHECK(find(c.amy, search).hits.empty());
  search = {"kettle", {"visit"}, {}, {}, false, 20};
  CHECK(find(c.amy, search).hits.empty());
  search.collections.push_back("person");
  CHECK(find(c.amy, search).hits.size() == 2);
}

TEST_CASE("a name counts more than a mention, and a hit shows the words around it") {
  Searched c;
  std::string long_note = "Rang at ten.";
  for (int i = 0; i < 40; ++i) long_note += " and so on";
  long_note += " until Edith came with the kettle and stayed";
  for (int i = 0; i < 40; ++i) long_note += " for a while";
  const RecordId mention = c.with("Walter", long_note), edith = c.with("Edith Rees", "quiet");
  CHECK(found(c.amy, "edith") == Ids{edith, mention});
  const auto hit = find(c.amy, {"edith kettle", {}, {}, {}, false, 20}).hits.at(0);
  CHECK(hit.record.record == mention);
  CHECK(hit.title == "Walter");
  CHECK(hit.field == "wishes");
  CHECK(plain(hit).find("until [Edith] came with the [kettle] and stayed") != std::string::npos);
  CHECK(plain(hit).size() < 220);
  CHECK(hit.snippet.front().text.substr(0, 3) == "…");
  CHECK(plain(find(c.amy, {"\"edith rees\"", {}, {}, {}, false, 20}).hits.at(0)) == "[Edith Rees]");
}

TEST_CASE("the index is kept up in steps, says how much waits, and writes nothing when no word changed") {
  Searched c;
  index_all(c.amy);
  const RecordId ann = c.with("Ann", "kettle");
  auto reader = take(c.amy.store->reader());
  auto answer = take(query::search(*reader, {"kettle", {}, {}, {}, false, 20}));
  CHECK(answer.hits.empty());
  CHECK(answer.waiting == 2);
  CHECK(index_some(c.amy, 1) == 1);
  CHECK(index_some(c.amy, 1) == 0);
  CHECK(take(query::search(*reader, {"kettle", {}, {}, {}, false, 20})).hits.size() == 1);
  const auto rows = [&] {
    sqlite::StatementScope q(reader->database().prepare("SELECT min(doc) FROM search_docs"));
    take(q->step());
    return q->int64(0);
  };
  const int64_t before = rows();
  c.amy.commit({assign("person", ann, "age", int64_t{40})});
  index_all(c.amy);
  CHECK(rows() == before);
}

TEST_CASE("an index that lost track, or was damaged, is made anew from the records") {
  Searched c;
  const RecordId ann = c.with("Ann", "kettle"), ben = c.with("Ben", "teapot");
  c.amy.commit({assign("person", ann, "wishes", "samovar")});
  SECTION("more was written than is remembered") {
    const auto options = raw_file(c.amy.path);
    auto db = take(sqlite::Database::open(options));
    take(db.exec("DELETE FROM changed_records WHERE number < (SELECT max(number) FROM changed_records)"));
  }
  SECTION("pages of it are wrong") {
    index_all(c.amy);
    c.amy.close();
    {
      const auto options = raw_file(c.amy.path);
      auto db = take(sqlite::Database::open(options));
      take(db.exec("UPDATE search_words_data SET block = x'00ff00ff00ff' WHERE id = 10"));
    }
    c.amy.open();
    c.amy.commit({assign("person", ben, "email", "ben@example.org")});
  }
  CHECK(found(c.amy, "samovar") == Ids{ann});
  CHECK(found(c.amy, "teapot") == Ids{ben});
  CHECK(found(c.amy, "kettle").empty());
  c.amy.verify();
}

namespace {

store::SearchVerdict verdict_of(Tablet& tablet) { return take(take(store::WordIndexer::open(tablet.options()))->verify()); }

}  // namespace

TEST_CASE("the index is found whole as it is made, followed and walked, and what waits is not held against it") {
  Searched c;
  for (int i = 0; i < 20; ++i) c.with("Person " + std::to_string(i), "Tŷ Gŵyr, kettle " + std::to_string(i % 3));
  CHECK(verdict_of(c.amy).damage.empty());
  CHECK(verdict_of(c.amy).records == 0);  // nothing was indexed yet
  for (size_t i = 0; i < 4; ++i) {
    index_some(c.amy, 7);
    const auto verdict = verdict_of(c.amy);
    INFO(verdict.damage);
    CHECK(verdict.damage.empty());
  }
  index_all(c.amy);
  CHECK(verdict_of(c.amy).records == 20);
  CHECK(verdict_of(c.amy).waiting == 0);
  const RecordId ann = c.with("Ann", "samovar");
  index_all(c.amy);
  c.amy.commit({assign("person", ann, "wishes", "not indexed yet")});
  const auto behind = verdict_of(c.amy);
  CHECK(behind.damage.empty());
  CHECK(behind.records == 20);
  CHECK(behind.waiting > 0);
  take(take(store::WordIndexer::open(c.amy.options()))->make_anew());
  for (size_t i = 0; i < 3; ++i) {
    index_some(c.amy, 8);
    INFO(i);
    CHECK(verdict_of(c.amy).damage.empty());
  }
  CHECK(verdict_of(c.amy).records == 21);
}

TEST_CASE("a damaged index is told from a whole one, and made anew without touching a record") {
  Searched c;
  const RecordId ann = c.with("Ann", "kettle and cups"), ben = c.with("Ben", "teapot");
  index_all(c.amy);
  REQUIRE(verdict_of(c.amy).damage.empty());
  const char* damages[] = {
      // another record's words, none, of a record that is not there, in another place, pages, what it says of itself
      "UPDATE search_docs SET doc = doc - 100; UPDATE search_docs SET doc = -103 - doc",
      "DELETE FROM search_docs WHERE doc = -1",
      "UPDATE search_docs SET record = zeroblob(16) WHERE doc = -2",
      "INSERT INTO search_words (rowid, title, text) VALUES (-1, '', 'words of nobody')",
      "UPDATE search_words_data SET block = zeroblob(length(block)) WHERE id > 10",
      "UPDATE search_words_data SET block = x'00ff00ff00ff' WHERE id = 10",
      "DELETE FROM search_words_data WHERE id > 10",
      "UPDATE search_docs SET print = x'00'"};
  for (const char* damage : damages) {
    INFO(damage);
    {
      auto db = take(sqlite::Database::open(raw_file(c.amy.path)));
      take(db.exec(damage));
    }
    CHECK_FALSE(verdict_of(c.amy).damage.empty());
    take(take(store::WordIndexer::open(c.amy.options()))->make_anew());
    CHECK(found(c.amy, "cups") == Ids{ann});
    CHECK(found(c.amy, "teapot") == Ids{ben});
    const auto verdict = verdict_of(c.amy);
    CHECK(verdict.damage.empty());
    CHECK(verdict.records == 2);
    c.amy.verify();
  }
}

TEST_CASE("after many edits of the same words the index does not keep what nobody finds") {
  Searched c;
  const RecordId ann = c.with("Ann", "word");
  const auto indexer = take(store::WordIndexer::open(c.amy.options()));
  for (int i = 0; i < 1300; ++i) {
    c.amy.commit({assign("person", ann, "wishes", "word number" + std::to_string(i))});
    take(indexer->index_some(10));
  }
  CHECK(found(c.amy, "number1299") == Ids{ann});
  CHECK(found(c.amy, "number7").empty());
  auto reader = take(c.amy.store->reader());
  sqlite::StatementScope q(reader->database().prepare("SELECT last_doc FROM search_state"));
  take(q->step());
  CHECK(q->int64(0) < 1300);
}
