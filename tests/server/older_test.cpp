// Older history: whoever may read a scope may ask for what its snapshot covers, and gets it whole, in pieces.
#include <catch2/catch_test_macros.hpp>

#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;

namespace {

struct Fetched {
  Fetched() : scope(world.grant("ana")), ana(world, "ana") {
    for (int i = 0; i < 30; ++i) ana.note(scope, "note " + std::to_string(i) + std::string(300, 'a'));
    ana.sync_all();
  }
  // One piece from the top down; false when all is there.
  bool fetch(Tablet& tablet, uint64_t budget) {
    const auto wanted = must(tablet.mirror.older_wanted(tablet.state(scope).key));
    if (!wanted) return false;
    proto::SyncRequest request = tablet.request();
    request.budget_bytes = budget;
    request.older = {{scope, wanted->up_to, wanted->digest}};
    const auto answer = tablet.answer(request);
    REQUIRE(answer.older.size() == 1);
    must(tablet.mirror.add_older(tablet.state(scope).key, answer.older[0].entries, answer.older[0].log_digest));
    CHECK(answer.more == must(tablet.mirror.older_wanted(tablet.state(scope).key)).has_value());
    return true;
  }
  proto::SyncResponse ask(Tablet& tablet, uint64_t up_to, const Hash256& digest) {
    proto::SyncRequest request = tablet.request();
    request.older = {{scope, up_to, digest}};
    return tablet.answer(request);
  }
  World world;
  ScopeId scope;
  Tablet ana;
};

}  // namespace

TEST_CASE("older history is given in pieces within the budget, and leads down to the first transaction") {
  Fetched fetched;
  fetched.world.grant_in("ben", fetched.scope);
  Tablet ben(fetched.world, "ben");
  ben.sync_all();
  const log::ScopeKey key = ben.state(fetched.scope).key;
  CHECK(must(ben.mirror.kept_after(key, 0, SIZE_MAX)).empty());  // a snapshot is all it got
  must(ben.mirror.keep_older(key, true));
  int pieces = 0;
  while (fetched.fetch(ben, 3000)) ++pieces;
  CHECK(pieces > 4);
  uint64_t seen = 0;
  must(ben.mirror.each_entry(key, [&](const model::Entry& entry, const proto::DecodedTransaction* content) {
    CHECK(content != nullptr);
    CHECK(content->transaction == fetched.ana.written.at(seen).transaction);  // base and shown too
    CHECK(entry.bytes == fetched.ana.written.at(seen).bytes);
    ++seen;
    return Result<bool>(true);
  }));
  CHECK(seen == 30);
  must(ben.mirror.verify(key));
}

TEST_CASE("its author gets older history with the content too") {
  Fetched fetched;
  Tablet again(fetched.world, "ana");
  again.sync_all();
  must(again.mirror.keep_older(again.state(fetched.scope).key, true));
  while (fetched.fetch(again, 1 << 20)) {
  }
  CHECK(must(again.mirror.kept_after(again.state(fetched.scope).key, 0, SIZE_MAX)).size() == 30);
}

TEST_CASE("not a byte of older history without a right to read the scope now") {
  Fetched fetched;
  const log::ScopeState state = fetched.ana.state(fetched.scope);
  fetched.world.grant("eve");
  Tablet eve(fetched.world, "eve");
  eve.sync_all();
  CHECK(fetched.ask(eve, state.head, state.log_digest).older.empty());
  CHECK(fetched.ask(fetched.ana, state.head, state.log_digest).older.size() == 1);
  must(fetched.world.admin()->withdraw(org, "ana", fetched.scope));
  CHECK(fetched.ask(fetched.ana, state.head, state.log_digest).older.empty());
}

TEST_CASE("older history of another past, or of positions that were never given, is not made up") {
  Fetched fetched;
  const log::ScopeState state = fetched.ana.state(fetched.scope);
  CHECK(fetched.ask(fetched.ana, state.head, Hash256{{9}}).older.empty());
  CHECK(fetched.ask(fetched.ana, state.head - 1, state.log_digest).older.empty());
  CHECK(fetched.ask(fetched.ana, state.head + 1, state.log_digest).older.empty());
  CHECK(fetched.ask(fetched.ana, INT64_MAX, state.log_digest).older.empty());
}
