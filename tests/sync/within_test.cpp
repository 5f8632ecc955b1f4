// A sync that has so much time, as a task in the background has: wherever the time ends, everything is whole, what is left
// is told, and the next sync goes on from there.
#include <catch2/catch_test_macros.hpp>

#include "tests/sync/world.hpp"

namespace satchel::sync {
namespace {

// Small pieces, so that a sync takes several requests.
EngineOptions in_pieces() {
  EngineOptions options;
  options.limits.push_bytes = 2'000;
  options.limits.answer_bytes = 4'000;
  return options;
}

struct SlowLink {
  World w;
  const ScopeId scope = w.centre.grant("amira");
  Tablet a{w, "amira", in_pieces()};
  std::optional<SyncOutcome> ended;
  int64_t ended_at = 0;

  SlowLink() {
    a.plan = [](const HttpRequest&) { return Fault{.request_delay_ms = 40, .answer_delay_ms = 60}; };
  }
  void write(int notes) {
    for (int i = 0; i < notes; ++i) take(a.store->commit(note(w, scope, "note " + std::to_string(i) + std::string(300, 'x'))));
  }
  void begin(int64_t within_ms) {
    ended.reset();
    a.engine->sync_within(within_ms, [this](const SyncOutcome& outcome) {
      CHECK_FALSE(ended);
      ended = outcome;
      ended_at = w.clock.monotonic_ms();
    });
  }
  SyncOutcome sync_within(int64_t within_ms) {
    begin(within_ms);
    while (!ended && w.executor.run_next()) {
    }
    REQUIRE(ended);
    return *ended;
  }
};

TEST_CASE_METHOD(SlowLink, "Sync within a time: one that has enough of it is finished, and says that nothing is left") {
  take(a.sync());
  write(20);
  const int64_t begun = w.clock.monotonic_ms();
  const SyncOutcome outcome = sync_within(600'000);
  CHECK(outcome.end == SyncEnd::finished);
  CHECK_FALSE(outcome.error);
  CHECK(outcome.status.store.unsent == 0);
  CHECK(outcome.status.phase == Phase::stopped);
  CHECK(ended_at - begun < 600'000);
  w.executor.run_for(700'000);  // the end of the time is no event any more
  CHECK(a.last_status.phase == Phase::stopped);
}

TEST_CASE("Sync within a time: wherever the time ends everything is whole, and the next sync goes on from there") {
  size_t in_the_middle = 0, finished = 0;
  for (int64_t within_ms = 20; within_ms <= 1'400; within_ms += 60) {
    INFO("within " << within_ms << " ms");
    SlowLink link;
    take(link.a.sync());
    link.write(12);
    const int64_t begun = link.w.clock.monotonic_ms();
    const SyncOutcome outcome = link.sync_within(within_ms);
    CHECK(link.ended_at - begun <= within_ms);
    CHECK(outcome.status.store.unsent == link.a.status().unsent);
    CHECK(outcome.end == (outcome.status.store.unsent == 0 ? SyncEnd::finished : SyncEnd::out_of_time));
    if (outcome.end == SyncEnd::out_of_time) {
      CHECK_FALSE(outcome.error);
      CHECK(outcome.status.words.find("not yet at base") != std::string::npos);
      CHECK(outcome.status.phase == Phase::stopped);
    }
    in_the_middle += outcome.status.store.unsent > 0 && outcome.status.store.unsent < 12;
    finished += outcome.end == SyncEnd::finished;
    take(link.a.store->verify());
    link.w.executor.run_for(10'000);  // an answer that comes late is for nobody
    CHECK(link.a.status().unsent == outcome.status.store.unsent);

    CHECK(link.sync_within(600'000).end == SyncEnd::finished);
    take(link.a.store->verify());
    link.w.centre.grant("ben", "case", link.scope);
    Tablet ben(link.w, "ben");
    take(ben.sync());
    CHECK(ben.state_digest(link.scope) == link.a.state_digest(link.scope));
    CHECK(take(ben.reader->scopes()).front().position == 12);  // each once
  }
  CHECK(in_the_middle > 3);
  CHECK(finished > 0);
}

TEST_CASE_METHOD(SlowLink, "Sync within a time: a first sync that is cut off goes on with what it has not got") {
  take(a.sync());
  write(40);
  take(a.sync());
  w.centre.grant("ben", "case", scope);
  Tablet ben(w, "ben", in_pieces());
  ben.plan = a.plan;
  int cut = 0;
  for (std::optional<SyncOutcome> outcome; !outcome || outcome->end != SyncEnd::finished;) {
    outcome.reset();
    ben.engine->sync_within(250, [&](const SyncOutcome& now) { outcome = now; });
    while (!outcome && w.executor.run_next()) {
    }
    REQUIRE(outcome);
    take(ben.store->verify());
    cut += outcome->end == SyncEnd::out_of_time;
    REQUIRE(cut < 50);
  }
  CHECK(cut > 1);
  CHECK(ben.state_digest(scope) == a.state_digest(scope));
}

TEST_CASE_METHOD(SlowLink, "Sync within a time: offline, sign-in and other failures are told as what they are") {
  take(a.sync());
  write(1);
  a.plan = [](const HttpRequest&) { return Fault{.kind = Fault::Kind::lose_request, .answer_delay_ms = 5}; };
  const SyncOutcome offline = sync_within(1'000);
  CHECK(offline.end == SyncEnd::offline);
  CHECK(offline.error->code == Code::network);
  CHECK(offline.status.store.unsent == 1);

  a.plan = nullptr;
  w.centre.instead = [](const HttpRequest&) { return HttpResponse{503, {{"retry-after", "600"}}, ""}; };
  const SyncOutcome busy = sync_within(1'000);
  CHECK(busy.end == SyncEnd::failed);
  CHECK(busy.error->code == Code::server);

  w.centre.instead = nullptr;
  w.clock.advance(3'600'000);
  a.tokens.next = make_error(Code::sign_in, "Please sign in again.");
  const SyncOutcome stranger = sync_within(1'000);
  CHECK(stranger.end == SyncEnd::needs_sign_in);
  CHECK(stranger.status.phase == Phase::needs_sign_in);
  CHECK(stranger.status.store.unsent == 1);
}

TEST_CASE_METHOD(SlowLink, "Sync within a time: who waits longer, or watches, keeps the request that it gives up") {
  take(a.sync());
  write(8);
  std::optional<Result<EngineStatus>> other;
  a.engine->sync_once([&](Result<EngineStatus> result) { other = std::move(result); });
  CHECK(sync_within(150).end == SyncEnd::out_of_time);
  CHECK_FALSE(other);
  while (!other && w.executor.run_next()) {
  }
  CHECK(take(*other).store.unsent == 0);

  write(8);
  a.engine->start();
  CHECK(sync_within(150).end == SyncEnd::out_of_time);
  w.executor.run_for(10'000);
  CHECK(a.status().unsent == 0);
  CHECK(a.last_status.phase == Phase::idle);
}

TEST_CASE_METHOD(SlowLink, "Engine: who stops watching leaves the sync that somebody waits for alone") {
  take(a.sync());
  write(8);
  a.engine->start();
  begin(60'000);
  w.executor.run_for(50);
  a.engine->stop_watching();
  while (!ended && w.executor.run_next()) {
  }
  CHECK(ended->end == SyncEnd::finished);
  CHECK(a.status().unsent == 0);
  w.executor.run_ready();
  CHECK(a.last_status.phase == Phase::stopped);
}

TEST_CASE_METHOD(SlowLink, "Engine: who stops watching stops a request that a sync out of time left to the watch") {
  take(a.sync());
  write(8);
  a.engine->start();
  CHECK(sync_within(20).end == SyncEnd::out_of_time);
  a.engine->stop_watching();
  w.executor.run_ready();
  CHECK(a.last_status.phase == Phase::stopped);
  const uint64_t unsent = a.status().unsent;
  w.executor.run_for(10'000);
  CHECK(a.status().unsent == unsent);
}

TEST_CASE_METHOD(SlowLink, "Sync within a time: who waits for it hears when the engine is stopped or gone, once") {
  begin(60'000);
  w.executor.run_for(50);
  a.engine->stop();
  w.executor.run_ready();
  REQUIRE(ended);
  CHECK(ended->end == SyncEnd::failed);
  CHECK(ended->error->code == Code::cancelled);
  begin(100);
  w.executor.run_for(50);
  a.end_engine();
  w.executor.run_for(60'000);
  REQUIRE(ended);
  CHECK(ended->error->code == Code::cancelled);
}

}  // namespace
}  // namespace satchel::sync
