#include <catch2/catch_test_macros.hpp>

#include "core/log/appender.hpp"
#include "tests/log/support.hpp"

namespace satchel::log {
namespace {

using namespace test;

TEST_CASE("a scope is found by its id, keeps its number, and no other scope ever gets it") {
  sqlite::Database db = open_database();
  Log log(db);
  const EpochId epoch = id_of<EpochId>(3);
  const ScopeId a = id_of<ScopeId>(1), b = id_of<ScopeId>(2), c = id_of<ScopeId>(3);
  CHECK_FALSE(must(log.find_scope(1, a)).has_value());
  const ScopeKey key = must(log.create_scope(1, organisation, a, "case", b, epoch));
  const ScopeKey last = must(log.create_scope(1, organisation, b, "team", ScopeId{}, epoch));
  const auto found = must(log.find_scope(1, a));
  REQUIRE(found.has_value());
  CHECK(found->key == key);
  CHECK(found->id == a);
  CHECK(found->kind == "case");
  CHECK(found->parent == b);
  CHECK(found->organisation == organisation);
  CHECK(found->epoch == epoch);
  CHECK(found->head == 0);
  CHECK_FALSE(must(log.find_scope(2, a)).has_value());
  CHECK(must(log.scopes(1)).size() == 2);
  must(log.forget_scope(last));
  CHECK(log.scope(last).error().code == Code::not_found);
  CHECK(Appender::open(db, last).error().code == Code::not_found);
  CHECK_FALSE(must(log.find_scope(1, b)).has_value());
  CHECK(must(log.create_scope(1, organisation, c, "case", ScopeId{}, epoch)) != last);
  CHECK(must(log.create_scope(1, organisation, b, "team", ScopeId{}, epoch)) == last);
}

TEST_CASE("scopes and organisations do not touch each other") {
  sqlite::Database db = open_database();
  Log log(db);
  World mine(1), other_scope(2), other_org(3);
  other_scope.scope = id_of<ScopeId>(2);
  const ScopeKey a = mine.create(db, 1, 1);
  const ScopeKey b = other_scope.create(db, 1, 2);
  const ScopeKey c = other_org.create(db, 2, 1);
  for (World* world : {&mine, &other_scope, &other_org}) world->history(40);
  append_all(log, b, other_scope.entries);
  append_all(log, c, other_org.entries);
  must(log.fold_away(b, 20));
  const std::string rows_b = dump(db, 1, b.scope), rows_c = dump(db, 2);

  append_all(log, a, mine.entries);
  must(log.fold_away(a, 10));
  Touched touched;
  must(log.rewind(a, 15, touched));
  must(log.begin_epoch(a, id_of<EpochId>(9)));
  must(log.set_kept_to(a, 12));
  must(log.begin_snapshot(a, 3));
  must(log.finish_snapshot(a, 3, {}, {}));
  CHECK(dump(db, 2) == rows_c);
  must(log.forget_scope(a));
  // Names are shared by the scopes of one organisation; nothing else of another scope changes.
  const auto without_names = [](const std::string& text) { return text.substr(text.find("scopes|")); };
  CHECK(without_names(dump(db, 1, b.scope)) == without_names(rows_b));
  CHECK(dump(db, 2) == rows_c);
  must(log.verify(b));
  must(log.verify(c));
  CHECK(must(log.version(a)).empty());
  CHECK(must(log.records_after(a, std::nullopt, SIZE_MAX)).empty());
}

TEST_CASE_METHOD(OneScope, "a forgotten scope leaves no row but its name") {
  world.history(40);
  append_all(log, key, world.entries);
  must(log.fold_away(key, 20));
  must(log.forget_scope(key));
  const std::string left = dump(db);
  for (const std::string& table : tables()) {
    if (table != "names") CHECK(left.find("\n" + table + "|") == std::string::npos);
  }
}

TEST_CASE_METHOD(OneScope, "a new epoch begins at the next position, once") {
  const EpochId next = id_of<EpochId>(201);
  world.history(5);
  append_all(log, key, world.entries);
  must(log.begin_epoch(key, world.epoch));  // is the current one: no effect
  CHECK(must(log.history(key)) == proto::History{{world.epoch, 1}});
  must(log.begin_epoch(key, next));
  must(log.begin_epoch(key, next));
  CHECK(must(log.history(key)) == proto::History{{world.epoch, 1}, {next, 6}});
  CHECK(must(log.scope(key)).epoch == next);
  must(log.verify(key));

  const proto::History given{{world.epoch, 1}, {id_of<EpochId>(202), 3}, {id_of<EpochId>(203), 3}};
  must(log.set_history(key, given));
  CHECK(must(log.history(key)) == given);
  CHECK(must(log.scope(key)).epoch == id_of<EpochId>(203));
  CHECK(log.set_history(key, {{world.epoch, 4}, {next, 2}}).error().code == Code::protocol);
  CHECK(must(log.history(key)) == given);
  must(log.verify(key));
}

TEST_CASE_METHOD(OneScope, "a new epoch takes the place of those that begin above what is held") {
  world.history(5);
  append_all(log, key, world.entries);
  const EpochId ahead = id_of<EpochId>(201), next = id_of<EpochId>(202);
  must(log.set_history(key, {{world.epoch, 1}, {ahead, 9}}));  // of a head that was not fetched yet
  must(log.begin_epoch(key, next));
  CHECK(must(log.history(key)) == proto::History{{world.epoch, 1}, {next, 6}});
  must(log.verify(key));
}

TEST_CASE_METHOD(OneScope, "the time of the last entry received never goes back") {
  Writer& writer = world.writer(0);
  for (int i = 0; i < 2; ++i) world.write(writer, {on_record("task", 1, model::Action::create)});
  const Sequenced first = world.sequence(writer);
  Sequenced second = world.sequence(writer);
  second.entry.envelope.received_ms = 5;  // an offer after a restore
  must(log.append(key, first.entry, first.content()));
  must(log.append(key, second.entry, second.content()));
  CHECK(must(log.scope(key)).last_received_ms == first.entry.envelope.received_ms);
}

}  // namespace
}  // namespace satchel::log
