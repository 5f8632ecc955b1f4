// The engine over real stores and the real service, with every fault a link has.
#include <catch2/catch_test_macros.hpp>

#include "core/store/store_row.hpp"
#include "proto/codec.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/sync/world.hpp"

namespace satchel::sync {
namespace {

EngineOptions watching() {
  EngineOptions options;
  options.watch = true;
  return options;
}

// A centre with a case of Amira's; what most tests begin with.
struct OneCase {
  World w;
  const ScopeId scope = w.centre.grant("amira");
};
struct OneTablet : OneCase {
  Tablet a{w, "amira"};
};
struct OneWatching : OneCase {
  Tablet a{w, "amira", watching()};
  OneWatching() { a.engine->start(); }
};
struct TwoTablets : OneTablet {
  Tablet b{w, "ben"};
  TwoTablets() { w.centre.grant("ben", "case", scope); }
};

Fault fault(Fault::Kind kind) { return {.kind = kind, .answer_delay_ms = 20}; }

// Plays `kind` for the first request to `path`, then nothing.
FaultPlan once(Fault::Kind kind, std::string path = "/v1/sync") {
  return [=, done = std::make_shared<bool>(false)](const HttpRequest& request) {
    if (*done || request.path != path) return Fault{};
    *done = true;
    return fault(kind);
  };
}

void require_agreement(Tablet& a, Tablet& b, const ScopeId& scope) {
  CHECK(a.status().unsent == 0);
  CHECK(b.status().unsent == 0);
  CHECK(a.log_digest(scope) == b.log_digest(scope));
  CHECK(a.state_digest(scope) == b.state_digest(scope));
  take(a.store->verify());
  take(b.store->verify());
}

TEST_CASE_METHOD(TwoTablets, "Engine: what one tablet writes is on the other after each has synced") {
  take(a.sync());
  RecordId id;
  a.commit(note(w, scope, "walked to the garden group", &id));
  CHECK(a.status().unsent == 1);
  const EngineStatus after = take(a.sync());
  CHECK(after.store.unsent == 0);
  CHECK(after.words == "Everything is up to date.");
  take(b.sync());
  CHECK(b.note_text(id) == "walked to the garden group");
  require_agreement(a, b, scope);
  CHECK(after.phase == Phase::stopped);
}

TEST_CASE_METHOD(TwoTablets, "Engine: an answer lost after the commit is no second commit") {
  take(a.sync());
  a.commit(note(w, scope, "one"));
  a.plan = once(Fault::Kind::lose_answer);
  const auto broken = a.sync();
  REQUIRE_FALSE(broken.ok());
  CHECK(broken.error().code == Code::network);
  CHECK(a.status().unsent == 1);
  take(a.sync());
  take(b.sync());
  require_agreement(a, b, scope);
  CHECK(take(a.reader->scopes()).front().position == 1);
}

TEST_CASE("Engine: a doubled request and one overtaken by its repetition change nothing") {
  for (const Fault::Kind kind :
       {Fault::Kind::duplicate, Fault::Kind::hold, Fault::Kind::lose_request, Fault::Kind::cut_answer}) {
    World w;
    const ScopeId scope = w.centre.grant("amira");
    w.centre.grant("ben", "case", scope);
    Tablet a(w, "amira"), b(w, "ben");
    take(a.sync());
    for (int i = 0; i < 3; ++i) a.commit(note(w, scope, "note " + std::to_string(i)));
    a.plan = once(kind);
    const auto first = a.sync();
    if (!first.ok()) CHECK(take(a.sync()).store.unsent == 0);
    w.executor.run_for(1'000);
    take(b.sync());
    require_agreement(a, b, scope);
    CHECK(take(a.reader->scopes()).front().position == 3);
  }
}

TEST_CASE_METHOD(OneTablet, "Engine: a sign-in whose answer is lost is repeated") {
  a.plan = once(Fault::Kind::lose_answer, "/v1/session");
  CHECK_FALSE(a.sync().ok());
  take(a.sync());
}

TEST_CASE_METHOD(OneTablet, "Engine: a credential that ended at the centre is renewed in the middle, unseen") {
  take(a.sync());
  w.centre.clock.advance(3'600'000);  // the tablet's own clock has not moved: it takes its credential for good
  a.commit(note(w, scope, "x"));
  const int asked = a.tokens.asked;
  CHECK(take(a.sync()).store.unsent == 0);
  CHECK(a.tokens.asked == asked + 1);
}

TEST_CASE_METHOD(OneTablet, "Engine: a credential is renewed before it ends") {
  take(a.sync());
  w.clock.advance(14 * 60'000 + 30'000);
  const uint64_t before = w.centre.requests();
  a.commit(note(w, scope, "x"));
  take(a.sync());
  CHECK(w.centre.requests() == before + 2);  // one sign-in, one round: no refused request between
}

TEST_CASE("Engine: a watching tablet sees a colleague's change while its poll is open") {
  World w;
  const ScopeId scope = w.centre.grant("amira");
  w.centre.grant("ben", "case", scope);
  Tablet a(w, "amira"), b(w, "ben", watching());
  b.engine->start();
  w.executor.run_for(5'000);
  CHECK(b.last_status.phase == Phase::connected);
  take(a.sync());
  RecordId id;
  a.commit(note(w, scope, "seen at once", &id));
  take(a.sync());
  w.executor.run_ready();
  CHECK(b.note_text(id) == "seen at once");
}

TEST_CASE_METHOD(OneWatching, "Engine: a commit during a long poll is pushed at once") {
  w.executor.run_for(5'000);
  REQUIRE(a.last_status.phase == Phase::connected);
  a.commit(note(w, scope, "x"));
  CHECK(a.status().unsent == 1);
  w.executor.run_ready();
  CHECK(a.status().unsent == 0);
  CHECK(a.last_status.phase == Phase::connected);
}

TEST_CASE_METHOD(OneWatching, "Engine: a watching tablet asks rarely when nothing happens") {
  w.executor.run_for(60'000);
  const uint64_t before = w.centre.requests();
  w.executor.run_for(600'000);
  CHECK(w.centre.requests() - before <= 6);  // polls of two and a half minutes, and a sign-in
}

TEST_CASE_METHOD(OneWatching, "Engine: commits of another process on the same file are sent too") {
  w.executor.run_for(5'000);
  store::Options opening;
  opening.path = a.path;
  opening.create = false;
  auto other = take(store::Store::open(opening, w.clock, w.random, a.logger));
  take(other->commit(note(w, scope, "from the other process")));
  CHECK(a.status().unsent == 1);
  w.executor.run_for(1'500);
  CHECK(a.status().unsent == 0);
}

TEST_CASE_METHOD(OneTablet, "Engine: a new replica id drawn by another process is signed in before anything is sent under it") {
  take(a.sync());
  const int asked = a.tokens.asked;
  {
    sqlite::OpenOptions opening;
    opening.path = a.path;
    opening.create = false;
    auto other = take(sqlite::Database::open(opening));
    store::StoreRow row = take(store::load_store_row(other));
    row.replica = ReplicaId{random_128(w.random)};
    row.secret = Bytes(store::secret_bytes, 's');
    take(store::make_file_secrets(a.path)->put(store::secret_name(row.replica), row.secret));
    take(store::save_store_row(other, row));
  }
  a.commit(note(w, scope, "under the new id"));
  CHECK(take(a.sync()).store.unsent == 0);
  CHECK(a.tokens.asked == asked + 1);
}

TEST_CASE_METHOD(OneWatching, "Engine: no connection, then a connection") {
  w.executor.run_for(5'000);
  a.engine->network_changed(false);
  w.executor.run_ready();
  CHECK(a.last_status.phase == Phase::offline);
  a.commit(note(w, scope, "x"));
  w.executor.run_for(3'600'000);
  CHECK(a.status().unsent == 1);
  CHECK(a.last_status.words.find("1 item not yet at base") != std::string::npos);
  a.engine->network_changed(true);
  w.executor.run_ready();
  CHECK(a.status().unsent == 0);
}

TEST_CASE_METHOD(OneTablet, "Engine: a captive portal is named and costs nothing") {
  take(a.sync());
  a.commit(note(w, scope, "x"));
  w.centre.instead = [](const HttpRequest&) { return HttpResponse{200, {{"content-type", "text/html"}}, "<html>"}; };
  const auto ended = a.sync();
  REQUIRE_FALSE(ended.ok());
  CHECK(ended.error().code == Code::network);
  CHECK(ended.error().message.find("sign in first") != std::string::npos);
  CHECK(a.status().unsent == 1);
  w.centre.instead = nullptr;
  take(a.sync());
  CHECK(a.status().unsent == 0);
}

TEST_CASE_METHOD(OneTablet, "Engine: 503 with Retry-After is obeyed to the second") {
  a.engine->start();
  w.executor.run_for(1'500);
  a.commit(note(w, scope, "x"));
  w.centre.instead = [](const HttpRequest&) {
    return HttpResponse{503, {{"retry-after", "600"}, {"content-type", "application/x-protobuf"}}, ""};
  };
  w.executor.run_ready();
  CHECK(a.last_status.phase == Phase::waiting_to_retry);
  CHECK(a.last_status.retry_at_ms == w.clock.monotonic_ms() + 600'000);
  w.centre.instead = nullptr;
  w.executor.run_for(599'000);
  CHECK(a.status().unsent == 1);
  w.executor.run_for(1'000);
  CHECK(a.status().unsent == 0);
}

TEST_CASE_METHOD(OneTablet, "Engine: without a valid token it asks to sign in again, and goes on after that") {
  take(a.sync());
  a.commit(note(w, scope, "x"));
  w.centre.clock.advance(40 * 86'400'000LL);
  w.clock.advance(40 * 86'400'000LL);
  const auto ended = a.sync();
  REQUIRE_FALSE(ended.ok());
  CHECK(ended.error().code == Code::sign_in);
  CHECK(a.last_status.phase == Phase::needs_sign_in);
  CHECK(a.last_status.words.find("Please sign in again.") != std::string::npos);
  CHECK(a.status().unsent == 1);
  a.tokens.next = w.centre.token("amira");
  take(a.sync());
  CHECK(a.status().unsent == 0);
}

TEST_CASE("Engine: another worker's token is refused by the store and nothing is sent") {
  World w;
  const ScopeId scope = w.centre.grant("amira");
  w.centre.grant("ben", "case", scope);
  Tablet a(w, "amira");
  take(a.sync());
  a.commit(note(w, scope, "x"));
  w.clock.advance(20 * 60'000);
  w.centre.clock.advance(20 * 60'000);
  a.tokens.next = w.centre.token("ben");
  const auto ended = a.sync();
  REQUIRE_FALSE(ended.ok());
  CHECK(a.last_status.phase == Phase::blocked);
  CHECK(a.status().unsent == 1);
}

TEST_CASE("Engine: a full disk while applying loses nothing and is over when there is room") {
  World w;
  const ScopeId scope = w.centre.grant("amira");
  w.centre.grant("ben", "case", scope);
  support::MemoryDisk disk;
  Tablet a(w, "amira"), b(w, "ben", {}, disk.vfs());
  take(b.sync());
  take(a.sync());
  std::vector<RecordId> ids(60);
  for (size_t i = 0; i < ids.size(); ++i)
    a.commit(note(w, scope, std::string(9'000, static_cast<char>('a' + i % 26)), &ids[i]));
  take(a.sync());
  RecordId own;
  b.commit(note(w, scope, "mine", &own));
  disk.set_capacity(disk.used() + 20'000);
  const auto ended = b.sync();
  REQUIRE_FALSE(ended.ok());
  CHECK(ended.error().code == Code::disk_full);
  disk.set_capacity(UINT64_MAX);
  take(b.sync());
  take(a.sync());
  CHECK(b.note_text(ids.back()).size() == 9'000);
  CHECK(a.note_text(own) == "mine");
  require_agreement(a, b, scope);
}

TEST_CASE_METHOD(OneTablet, "Engine: a withdrawn case is delivered, purged and confirmed within one sync_once") {
  take(a.sync());
  a.commit(note(w, scope, "late note"));
  w.centre.withdraw("amira", scope);
  take(a.sync());
  CHECK_FALSE(a.holds(scope));
  CHECK(a.status().unsent == 0);
  CHECK(w.centre.logger.text.find("purge_confirmed") != std::string::npos);
}

TEST_CASE_METHOD(OneWatching, "Engine: a centre that was restarted in mid-sync asks for what it forgot") {
  w.executor.run_for(2'000);
  w.centre.close();
  a.commit(note(w, scope, "x"));
  w.centre.open();
  w.executor.run_for(120'000);
  CHECK(a.status().unsent == 0);
}

TEST_CASE_METHOD(TwoTablets, "Engine: thousands of unsent notes go in several requests of bounded size") {
  take(a.sync());
  for (int i = 0; i < 120; ++i) {
    store::Draft draft;
    for (int k = 0; k < 5; ++k) {
      const store::Draft one = note(w, scope, "note " + std::to_string(i * 5 + k) + std::string(900, 'x'));
      draft.changes.insert(draft.changes.end(), one.changes.begin(), one.changes.end());
    }
    take(a.store->commit(draft));
  }
  const uint64_t before = w.centre.requests();
  CHECK(take(a.sync()).store.unsent == 0);
  CHECK(w.centre.requests() - before >= 2);
  take(b.sync());
  require_agreement(a, b, scope);
}

TEST_CASE_METHOD(OneTablet, "Engine: every wait for sync_once ends, also when the engine is stopped or destroyed") {
  std::vector<Code> ends;
  const auto keep = [&](const Result<EngineStatus>& ended) {
    ends.push_back(ended.ok() ? Code::internal : ended.error().code);
  };
  a.engine->sync_once(keep);
  a.engine->sync_once(keep);
  a.engine->stop();
  w.executor.run_ready();
  CHECK(ends == std::vector<Code>{Code::cancelled, Code::cancelled});
  a.engine->sync_once(keep);
  REQUIRE(w.executor.run_next());
  a.end_engine();
  w.executor.run_ready();
  CHECK(ends.size() == 3);
}

TEST_CASE_METHOD(OneTablet, "Engine: an app may end the engine from a status callback") {
  a.engine->observe([&](const EngineStatus& status) {
    if (status.phase == Phase::syncing) a.end_engine();
  });
  a.engine->start();
  w.executor.run_for(10'000);
  CHECK_FALSE(a.engine);
}

TEST_CASE("Engine: whatever the link does, two watching tablets agree once it is good again") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    World w;
    SeededRandom luck(seed);
    const ScopeId scope = w.centre.grant("amira");
    w.centre.grant("ben", "case", scope);
    Tablet a(w, "amira", watching()), b(w, "ben", watching());
    bool bad = true;
    const FaultPlan plan = [&](const HttpRequest&) {
      if (!bad || luck.below(3) == 0) return Fault{};
      Fault now{static_cast<Fault::Kind>(luck.below(6)), static_cast<int64_t>(luck.below(800)),
                static_cast<int64_t>(luck.below(800)), static_cast<size_t>(luck.below(300))};
      return now;
    };
    a.plan = b.plan = plan;
    a.engine->start();
    b.engine->start();
    w.executor.run_for(20'000);
    uint64_t written = 0;
    for (int step = 0; step < 40; ++step) {
      Tablet& tablet = luck.below(2) == 0 ? a : b;
      if (tablet.holds(scope)) {
        tablet.commit(note(w, scope, "note " + std::to_string(step)));
        ++written;
      }
      if (luck.below(8) == 0) tablet.engine->network_changed(luck.below(2) == 0);
      if (luck.below(20) == 0) w.centre.clock.advance(16 * 60'000);
      w.executor.run_for(static_cast<int64_t>(luck.below(4'000)));
    }
    bad = false;
    a.engine->network_changed(true);
    b.engine->network_changed(true);
    w.executor.run_for(700'000);
    require_agreement(a, b, scope);
    CHECK(written > 5);
    CHECK(take(a.reader->scopes()).front().position == written);
  }
}

TEST_CASE_METHOD(OneTablet, "Engine: no word that a worker wrote, no token and no credential is in any log") {
  take(a.sync());
  a.commit(note(w, scope, "Zuzanna Quetzalcoatl"));
  a.plan = once(Fault::Kind::lose_answer);
  CHECK_FALSE(a.sync().ok());
  take(a.sync());
  for (const std::string& text : {a.logger.text, w.centre.logger.text}) {
    CHECK_FALSE(text.empty());
    CHECK(text.find("Zuzanna") == std::string::npos);
    CHECK(text.find(a.tokens.next.value().substr(0, 30)) == std::string::npos);
    CHECK(text.find("amira") == std::string::npos);
  }
}

}  // namespace
}  // namespace satchel::sync
