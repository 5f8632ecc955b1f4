// What an app follows: who is called when, on which thread, and when never again.
#include <atomic>
#include <catch2/generators/catch_generators.hpp>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "tests/c/observer.hpp"
#include "tests/c/opened.hpp"

using nlohmann::json;
using test::Observer;
using test::Opened;

namespace {

satchel_live* follow(Opened& opened, Observer& observer, const json& query = {{"collection", "note"}}) {
  satchel_live* live = nullptr;
  const std::string text = query.dump();
  test::done(satchel_live_query(opened.store, test::slice(text), observer.callbacks(), &live));
  REQUIRE(live != nullptr);
  return live;
}

}  // namespace

TEST_CASE("a query is followed: what there is, then every difference, with its token, on a thread of its own") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  opened.note({{"title", "First"}});
  Observer observer;
  satchel_live* live = follow(opened, observer, {{"collection", "note"}, {"order_by", "title"}});
  json told = observer.next();
  CHECK(told["first"] == true);
  REQUIRE(told["inserted"].size() == 1);
  CHECK(told["inserted"][0]["record"]["fields"]["title"] == "First");
  CHECK(observer.thread() != std::this_thread::get_id());

  const std::string id = opened.note({{"title", "A second"}});
  told = observer.next();
  CHECK(told["first"] == false);
  CHECK(told["inserted"][0]["at"] == 0);
  CHECK(told["inserted"][0]["record"]["id"] == id);
  CHECK(told["removed"].empty());

  json change = opened.change(id, {{"action", "set"}, {"field", "title"}, {"value", "The second"}});
  change["shown"] = told["token"];
  opened.transact(change);
  told = observer.next();
  CHECK(told["moved"].size() == 1);
  CHECK(told["updated"][0]["record"]["fields"]["title"] == "The second");
  CHECK(told["token"] == opened.read(id)["token"]);
  satchel_live_stop(live);
  CHECK(observer.destroyed() == 1);
}

TEST_CASE("what cannot be followed is refused at once, and its observer let go of") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  Observer observer;
  satchel_live* live = nullptr;
  const char* const wrong[] = {R"({"collection": "unicorn"})", R"({"collection": "note", "order_by": "body"})",
                               R"({"collection": "note", "after": "nonsense"})", "no JSON"};
  int refused = 0;
  for (const char* query : wrong) {
    CHECK(test::take(satchel_live_query(opened.store, satchel_text(query), observer.callbacks(), &live)).code ==
          SATCHEL_INVALID);
    CHECK(observer.destroyed() == ++refused);
  }
  const satchel_slice note = satchel_text("note");
  CHECK(test::take(satchel_live_record(opened.store, note, note, observer.callbacks(), &live)).place == "record");
  CHECK(observer.destroyed() == ++refused);
  CHECK(live == nullptr);
}

TEST_CASE("what another handle on the file writes, as another process would, is told") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db")), other(place.path("a.db"));
  Observer observer;
  satchel_live* live = follow(opened, observer);
  observer.next();
  const std::string id = other.note({{"title", "From elsewhere"}});
  CHECK(observer.next()["inserted"][0]["record"]["id"] == id);
  satchel_live_stop(live);
}

TEST_CASE("a count, a record, the inbox, the status and the changes are followed too") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string missing = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6";
  Observer count, record, inbox, status, changes;
  std::vector<satchel_live*> lives(5);
  const std::string counted = R"({"collection": "note", "count": true})";
  test::done(satchel_live_query(opened.store, test::slice(counted), count.callbacks(), &lives[0]));
  test::done(satchel_live_record(opened.store, satchel_text("note"), test::slice(missing), record.callbacks(), &lives[1]));
  test::done(satchel_live_conflicts(opened.store, inbox.callbacks(), &lives[2]));
  test::done(satchel_live_status(opened.store, status.callbacks(), &lives[3]));
  test::done(satchel_live_changes(opened.store, changes.callbacks(), &lives[4]));
  CHECK(count.next()["count"] == 0);
  CHECK(record.next()["record"].is_null());
  CHECK(inbox.next()["conflicts"].empty());
  CHECK(status.next()["unsent"] == 0);
  CHECK(changes.next()["anything"] == true);
  const json draft = {{"open", {{{"kind", "self"}}}},
                      {"changes",
                       {{{"action", "create"}, {"collection", "note"}, {"record", missing}, {"fields", {{"title", "Now"}}}}}}};
  opened.transact(draft);
  CHECK(count.next()["count"] == 1);
  const json now = record.next();
  CHECK(now["record"]["fields"]["title"] == "Now");
  CHECK(now["token"] == opened.read(missing)["token"]);
  CHECK(status.next()["unsent"] == 1);
  const json changed = changes.next();
  CHECK(changed["anything"] == false);
  CHECK(changed["records"] == json::array({{{"collection", "note"}, {"id", missing}}}));
  CHECK(inbox.waiting() == 0);
  for (satchel_live* live : lives) satchel_live_stop(live);
}

TEST_CASE("a slow observer holds up neither commits nor readers, and hears of all of them in one go") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  Observer observer;
  std::promise<void> entered, go_on;
  bool once = true;
  observer.inside = [&] {
    if (!std::exchange(once, false)) return;
    entered.set_value();
    go_on.get_future().wait();
  };
  satchel_live* live = follow(opened, observer);
  entered.get_future().wait();
  for (const char* title : {"One", "Two", "Three"}) opened.note({{"title", title}});
  CHECK(opened.query({{"collection", "note"}, {"count", true}})["count"] == 3);
  go_on.set_value();
  CHECK(observer.next()["inserted"].empty());
  CHECK(observer.next()["inserted"].size() == 3);
  satchel_live_stop(live);
}

TEST_CASE("stopping waits for the call under way, and none comes afterwards") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  Observer observer;
  std::promise<void> entered, go_on;
  std::atomic<bool> left = false, once = true;
  observer.inside = [&] {
    if (!once.exchange(false)) return;
    entered.set_value();
    go_on.get_future().wait();
    left = true;
  };
  satchel_live* live = follow(opened, observer);
  entered.get_future().wait();
  opened.note({{"title", "Perhaps still told"}});
  std::thread stopping([&] {
    satchel_live_stop(live);
    CHECK(left);
    CHECK(observer.destroyed() == 1);
  });
  go_on.set_value();
  stopping.join();
  const size_t heard = observer.waiting();
  opened.note({{"title", "Not to be told"}});
  Observer later;
  satchel_live* other = follow(opened, later);
  CHECK(later.next()["inserted"].size() == 2);  // by now the first would have been told
  CHECK(observer.waiting() == heard);
  satchel_live_stop(other);
}

TEST_CASE("inside a call one may write, read, follow and stop, also oneself, but not close the store") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  Observer observer, other, third;
  satchel_live *live = nullptr, *of_other = nullptr, *of_third = nullptr;
  int close_code = 0;
  std::promise<void> left;  // nobody checks anything outside before: Catch2 is for one thread at a time
  of_other = follow(opened, other);
  other.next();
  bool once = true;
  observer.inside = [&] {
    if (!std::exchange(once, false)) return;
    opened.note({{"title", "Written inside"}});
    CHECK(opened.query({{"collection", "note"}, {"count", true}})["count"] == 1);
    of_third = follow(opened, third);
    close_code = test::take(satchel_close(opened.store)).code;
    satchel_live_stop(of_other);
    CHECK(other.destroyed() == 1);
    satchel_live_stop(live);
    CHECK(observer.destroyed() == 0);  // when this call returns
    left.set_value();
  };
  const auto followed =
      test::take(satchel_live_query(opened.store, satchel_text(R"({"collection": "note"})"), observer.callbacks(), &live));
  left.get_future().wait();
  CHECK(followed.code == 0);
  CHECK(close_code == SATCHEL_INVALID);
  CHECK(third.next()["inserted"].size() == 1);
  satchel_live_stop(of_third);
  CHECK(observer.destroyed() == 1);
  CHECK(observer.waiting() == 1);
}

TEST_CASE("what is paused is told nothing while others are, and all of it in one go when it resumes") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  const std::string old = opened.note({{"title", "Old"}});
  Observer query, changes, other;
  satchel_live* of_query = follow(opened, query);
  satchel_live* of_changes = nullptr;
  test::done(satchel_live_changes(opened.store, changes.callbacks(), &of_changes));
  satchel_live* of_other = follow(opened, other);
  for (Observer* each : {&query, &changes, &other}) each->next();
  for (satchel_live* live : {of_query, of_changes}) satchel_live_pause(live);
  const std::string first = opened.note({{"title", "First"}});
  other.next();
  const std::string second = opened.note({{"title", "Second"}});
  other.next();
  opened.transact(opened.change(old, {{"action", "void"}}));
  other.next();
  CHECK(query.waiting() + changes.waiting() == 0);
  for (satchel_live* live : {of_query, of_changes}) satchel_live_resume(live);
  const json told = query.next();
  CHECK(told["first"] == false);
  CHECK(told["inserted"].size() == 2);
  CHECK(told["removed"] == json::array({{{"from", 0}, {"id", old}}}));
  const json named = changes.next();
  CHECK(named["anything"] == false);
  CHECK(named["records"].size() == 3);

  // Of nothing twice.
  for (satchel_live* live : {of_query, of_changes}) satchel_live_pause(live);
  for (satchel_live* live : {of_query, of_changes}) satchel_live_resume(live);
  const std::string third = opened.note({{"title", "Third"}});
  CHECK(query.next()["inserted"].size() == 1);
  CHECK(changes.next()["records"] == json::array({{{"collection", "note"}, {"id", third}}}));
  for (satchel_live* live : {of_query, of_changes, of_other}) satchel_live_stop(live);
}

TEST_CASE("who pauses inside a call gets one thing at a time, and what came meanwhile in one go") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  Observer paced, other;
  satchel_live* live = nullptr;
  paced.inside = [&live] { satchel_live_pause(live); };
  test::done(satchel_live_query(opened.store, satchel_text(R"({"collection": "note"})"), paced.callbacks(), &live));
  satchel_live* of_other = follow(opened, other);
  paced.next();
  other.next();
  for (size_t round = 0; round < 3; ++round) {
    for (const char* title : {"One", "Two"}) {
      opened.note({{"title", title}});
      other.next();
    }
    CHECK(paced.waiting() == 0);
    satchel_live_resume(live);
    CHECK(paced.next()["inserted"].size() == 2);
  }
  satchel_live_stop(live);
  satchel_live_stop(of_other);
}

TEST_CASE("the status is told after a commit, also where there is no central store") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  Observer status;
  satchel_live* live = nullptr;
  test::done(satchel_live_status(opened.store, status.callbacks(), &live));
  CHECK(status.next()["unsent"] == 0);
  opened.note({{"title", "One"}});
  CHECK(status.next()["unsent"] == 1);
  CHECK(status.thread() != std::this_thread::get_id());
  satchel_live_stop(live);
}

TEST_CASE("closing stops what is followed; the handles are given back before or after") {
  const test::TemporaryDirectory place;
  Observer before, after;
  satchel_live* live = nullptr;
  {
    Opened opened(place.path("a.db"));
    satchel_live_stop(follow(opened, before));
    live = follow(opened, after);
    after.next();
  }
  CHECK(before.destroyed() == 1);
  CHECK(after.destroyed() == 1);
  satchel_live_pause(live);
  satchel_live_resume(live);
  satchel_live_stop(live);
  satchel_live_stop(nullptr);
  CHECK(after.destroyed() == 1);
}

TEST_CASE("who closes waits for an observer that is let go of on another thread, and who stops likewise") {
  const test::TemporaryDirectory place;
  auto opened = std::make_unique<Opened>(place.path("a.db"));
  Observer observer;
  satchel_live* const live = follow(*opened, observer);
  const std::function<void()> stop = [&] { satchel_live_stop(live); }, close = [&] { opened.reset(); };
  const bool closes_last = GENERATE(true, false);
  std::promise<void> entered, returned;
  bool was_waited_for = false;
  observer.letting_go = [&] {
    entered.set_value();
    was_waited_for = returned.get_future().wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout;
  };
  std::thread first(closes_last ? stop : close);
  entered.get_future().wait();
  (closes_last ? close : stop)();
  returned.set_value();
  first.join();
  CHECK(was_waited_for);
  CHECK(observer.destroyed() == 1);
}

TEST_CASE("an observer that is let go of may give its handle back then") {
  const test::TemporaryDirectory place;
  Observer observer;
  satchel_live* live = nullptr;
  observer.letting_go = [&] { satchel_live_stop(live); };
  {
    Opened opened(place.path("a.db"));
    live = follow(opened, observer);
    observer.next();
  }
  CHECK(observer.destroyed() == 1);
}

namespace {

struct BreakingClock {
  std::atomic<bool> breaks = false;
  static int64_t wall(void* context) {
    if (static_cast<BreakingClock*>(context)->breaks) throw std::runtime_error("a clock that breaks");
    return 1'790'000'000'000;
  }
  static int64_t monotonic(void*) { return 0; }
};

}  // namespace

TEST_CASE("when the store ends because of a mistake inside, who follows hears of it once") {
  const test::TemporaryDirectory place;
  BreakingClock clock;
  Opened opened(place.path("a.db"), [&](satchel_options& options) {
    options.clock = {&clock, BreakingClock::wall, BreakingClock::monotonic, nullptr};
  });
  Observer observer, asleep;
  satchel_live* live = follow(opened, observer);
  satchel_live* paused = follow(opened, asleep);
  observer.next();
  asleep.next();
  satchel_live_pause(paused);
  clock.breaks = true;
  CHECK(opened.refused({{"open", {{{"kind", "self"}}}}, {"changes", json::array()}}).code != 0);
  if (observer.destroyed() == 0) {
    const std::string draft = R"({"open": [{"kind": "self"}], "changes": [{"action": "create", "collection": "note"}]})";
    CHECK(opened.refused(json::parse(draft)).code == SATCHEL_INTERNAL);
  }
  CHECK(observer.failure() == SATCHEL_INTERNAL);
  satchel_live_stop(live);
  CHECK(observer.destroyed() == 1);
  CHECK_FALSE(asleep.failed());
  satchel_live_resume(paused);
  CHECK(asleep.failure() == SATCHEL_INTERNAL);
  satchel_live_stop(paused);
}
