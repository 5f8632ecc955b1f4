// Older history on a tablet: fetched when asked for, kept from then on, refused when it does not lead to what is held.
#include <catch2/catch_test_macros.hpp>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

struct Late {
  Late() : amy(world.tablet("amy")), ben(world.tablet("ben")), scope(world.shared_case({&amy})) {
    edith = amy.person(scope, "Edith");
    for (int i = 0; i < 20; ++i) amy.commit({assign("person", edith, "name", "Edith " + std::to_string(i))});
    world.settle({&amy});
    world.centre.grant("ben", scope);
    world.centre.snapshot_at = world.centre.state(scope).head;  // all that he gets of the past is a snapshot
    ben.sync(world.centre);
  }
  store::ScopeInfo info(Tablet& tablet) {
    for (auto& each : take(take(tablet.store->reader())->scopes())) {
      if (each.id == scope) return each;
    }
    throw std::runtime_error("not held");
  }
  // Every name that was ever written, in order.
  Result<std::vector<std::string>> names(Tablet& tablet) {
    std::vector<std::string> found;
    const auto reader = take(tablet.store->reader());
    SATCHEL_TRY(reader->history(scope, [&](const model::Entry&, const proto::DecodedTransaction* content) {
      for (const model::Op& op : content->transaction.ops) {
        if (op.field == "name") found.push_back(std::get<std::string>(take(proto::decode_value(op.value))));
      }
      return Result<bool>(true);
    }));
    return found;
  }

  World world;
  Tablet &amy, &ben;
  ScopeId scope;
  RecordId edith;
};

}  // namespace

TEST_CASE("older history is not here until it is asked for, and then every version of a field is, offline") {
  Late late;
  CHECK(late.names(late.ben).error().code == Code::not_found);
  CHECK_FALSE(late.info(late.ben).keeps_history);
  CHECK(late.info(late.ben).history_from == 22);
  CHECK(late.ben.request().older.empty());
  take(late.ben.store->keep_history(late.scope, true));
  late.ben.limits.answer_bytes = 1500;
  int rounds = 0;
  while (late.info(late.ben).history_from > 1) {
    late.ben.round(late.world.centre);
    REQUIRE(++rounds < 50);
    late.ben.verify();
    if (rounds == 2) {  // a break in between
      late.ben.close();
      late.ben.open();
    }
  }
  CHECK(rounds > 3);
  const auto names = take(late.names(late.ben));
  REQUIRE(names.size() == 21);
  CHECK(names.front() == "Edith");
  CHECK(names.back() == "Edith 19");
  CHECK(late.ben.request().older.empty());
}

TEST_CASE("what is folded away afterwards stays in the history, and letting go of it drops all") {
  Late late;
  take(late.ben.store->keep_history(late.scope, true));
  late.ben.sync(late.world.centre);
  late.amy.commit({assign("person", late.edith, "name", "Edie")});
  late.world.settle({&late.amy, &late.ben});
  CHECK(take(late.names(late.ben)).back() == "Edie");
  CHECK(take(late.names(late.ben)).size() == 22);
  late.ben.verify();
  CHECK(late.names(late.amy).error().code == Code::not_found);  // who did not ask keeps a snapshot
  take(late.ben.store->keep_history(late.scope, false));
  CHECK(late.names(late.ben).error().code == Code::not_found);
  CHECK(late.ben.text(late.edith, "name") == "Edie");
  late.ben.verify();
}

TEST_CASE("a page of older history that lies is refused with a word, and the rest of the answer stands") {
  Late late;
  late.world.centre.bend_older = [](proto::OlderPage& page) {
    auto& entry = page.entries.front();
    entry.hash.bytes[0] ^= 1;
  };
  take(late.ben.store->keep_history(late.scope, true));
  late.amy.commit({assign("person", late.edith, "name", "Edie")});
  late.amy.sync(late.world.centre);
  const auto notes = late.ben.sync(late.world.centre);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("does not fit") != std::string::npos);
  CHECK(late.ben.text(late.edith, "name") == "Edie");
  CHECK_FALSE(late.info(late.ben).keeps_history);
  CHECK(late.names(late.ben).error().code == Code::not_found);
  late.ben.verify();
  late.world.centre.bend_older = {};  // asked for again, it comes
  take(late.ben.store->keep_history(late.scope, true));
  late.ben.sync(late.world.centre);
  CHECK(take(late.names(late.ben)).size() == 22);
}

TEST_CASE("a page that came twice changes nothing") {
  Late late;
  take(late.ben.store->keep_history(late.scope, true));
  const auto request = late.ben.request();
  const auto answer = late.world.centre.answer(request, late.ben.store->identity().replica, "ben");
  late.ben.apply(answer, request);
  const auto again = late.ben.apply(answer, request);
  CHECK(again.notes.empty());
  CHECK(late.info(late.ben).keeps_history);
  CHECK(take(late.names(late.ben)).size() == 21);
}

TEST_CASE("a purge takes older history along, and a scope that is not held has none") {
  Late late;
  take(late.ben.store->keep_history(late.scope, true));
  late.ben.sync(late.world.centre);
  late.world.centre.withdraw("ben", late.scope);
  late.ben.sync(late.world.centre);
  auto reader = take(late.ben.store->reader());
  sqlite::StatementScope q(*take(reader->database().prepare_dynamic("SELECT count(*) FROM entries")));
  take(q->step());
  CHECK(q->int64(0) == 0);
  CHECK(late.ben.store->keep_history(late.scope, true).error().code == Code::not_found);
}
