// What an app does when the system takes the screen from it, and when it gives it some time in the background.
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/c/observer.hpp"
#include "tests/c/opened.hpp"

using nlohmann::json;
using test::Opened;

namespace {

// HTTP of an app on a network that swallows everything; it answers when it is told to.
struct SilentNetwork {
  std::mutex mutex;
  std::vector<satchel_http_request*> requests;
  std::promise<void> asked;
  std::atomic<int> cancelled = 0;

  static void send(void* context, satchel_http_request* request) {
    auto& self = *static_cast<SilentNetwork*>(context);
    const std::lock_guard lock(self.mutex);
    self.requests.push_back(request);
    if (self.requests.size() == 1) self.asked.set_value();
  }
  static void cancel(void* context, uint64_t) { ++static_cast<SilentNetwork*>(context)->cancelled; }
  static void token(void*, satchel_token_request* request) { satchel_token_give(request, satchel_text("a.b.c")); }
  Opened::Adjust options() {
    return [this](satchel_options& options) {
      options.http = {this, send, cancel, nullptr};
      options.tokens = {this, token, nullptr};
    };
  }
  void fail_all(satchel_code code) {
    const std::lock_guard lock(mutex);
    for (satchel_http_request* request : requests) satchel_http_fail(request, code, satchel_text("No signal."));
    requests.clear();
  }
};

void refuse_token(void*, satchel_token_request* request) {
  satchel_token_refuse(request, SATCHEL_SIGN_IN, satchel_text("Please sign in."));
}

// Closes the store when it hears that a sync failed, and holds the store's thread up until that has surely begun.
struct ClosingLogger {
  satchel_store* store = nullptr;
  std::thread closing;
  static void log(void* context, satchel_level, satchel_slice event, satchel_slice) {
    auto& self = *static_cast<ClosingLogger*>(context);
    if (std::string(event.data, event.size) != "sync_failed" || self.closing.joinable()) return;
    self.closing = std::thread([&self] { satchel_error_free(satchel_close(self.store)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // nothing tells that it has begun
  }
};

// How a sync in the background ended.
struct Heard {
  std::promise<std::pair<int, std::string>> told;
  satchel_done done() {
    return {this,
            [](void* context, const satchel_error* error, satchel_slice text) {
              static_cast<Heard*>(context)->told.set_value(
                  {error == nullptr ? 0 : satchel_error_code(error), std::string(text.data, text.size)});
            },
            nullptr};
  }
  json outcome() {
    const auto [code, text] = told.get_future().get();
    REQUIRE(code == 0);
    return json::parse(text);
  }
};

json within(satchel_store* store, int64_t within_ms) {
  satchel_buffer out = {};
  test::done(satchel_sync_within_wait(store, within_ms, &out));
  return test::take(out);
}

json enter_background(satchel_store* store, int64_t within_ms = 0) {
  satchel_buffer out = {};
  test::done(satchel_enter_background(store, within_ms, &out));
  return test::take(out);
}

}  // namespace

TEST_CASE("opening, writing and reading do not wait for a network that swallows every request") {
  const test::TemporaryDirectory place;
  SilentNetwork network;
  Opened opened(place.path("a.db"), network.options());
  test::done(satchel_watch_start(opened.store));
  network.asked.get_future().wait();  // and nobody answers until the end of this
  const std::string id = opened.note({{"title", "kettle"}});
  opened.transact(opened.change(id, {{"action", "set"}, {"field", "title"}, {"value", "a new kettle"}}));
  CHECK(opened.read(id)["record"]["fields"]["title"] == "a new kettle");
  CHECK(opened.query({{"collection", "note"}})["records"].size() == 1);
  CHECK(opened.ask(satchel_status)["unsent"] == 2);
  const Opened beside(place.path("a.db"), network.options());
  CHECK(network.cancelled == 0);
  network.fail_all(SATCHEL_NETWORK);
}

TEST_CASE("entering the background says that all is on the disk, and what is not at base yet") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"), [](satchel_options& options) { options.durability = SATCHEL_GROUPED; });
  CHECK(enter_background(opened.store)["left"]["unsent"] == 0);
  const std::string id = opened.note({{"title", "kettle"}});
  opened.note({{"title", "cups"}});
  opened.transact(opened.change(id, {{"action", "set"}, {"field", "title"}, {"value", "a new kettle"}}));
  const json told = enter_background(opened.store);
  CHECK(told["flushed"] == true);
  CHECK(told["left"]["unsent"] == 3);
  CHECK(told["left"]["records"] == 2);
  CHECK(told["left"]["oldest_unsent"].is_string());
  CHECK(told["left"]["words"].get<std::string>().find("3 items not yet at base") != std::string::npos);
  opened.note({{"title", "the app goes on as if nothing had been"}});
  CHECK(enter_background(opened.store)["left"]["unsent"] == 4);
}

TEST_CASE("entering the background ends watching, and leaves a sync that somebody waits for alone") {
  const test::TemporaryDirectory place;
  SilentNetwork network;
  Opened opened(place.path("a.db"), network.options());
  test::done(satchel_watch_start(opened.store));
  network.asked.get_future().wait();
  CHECK(enter_background(opened.store)["flushed"] == true);
  CHECK(network.cancelled == 1);
  CHECK(opened.ask(satchel_status)["phase"] == "stopped");

  test::done(satchel_watch_start(opened.store));
  Heard heard;
  test::done(satchel_sync_within(opened.store, 60'000, heard.done()));
  enter_background(opened.store);
  CHECK(network.cancelled == 1);
  network.fail_all(SATCHEL_NETWORK);
  CHECK(heard.outcome()["ended"] == "offline");
}

TEST_CASE("entering the background stops the request of a sync that was cancelled while the store watched") {
  const test::TemporaryDirectory place;
  SilentNetwork network;
  Opened opened(place.path("a.db"), network.options());
  test::done(satchel_watch_start(opened.store));
  network.asked.get_future().wait();
  Heard heard;
  test::done(satchel_sync_within(opened.store, 60'000, heard.done()));
  test::done(satchel_sync_cancel(opened.store, &heard));
  enter_background(opened.store);
  CHECK(network.cancelled == 1);
  CHECK(opened.ask(satchel_status)["phase"] == "stopped");
  network.fail_all(SATCHEL_CANCELLED);  // what was cancelled is ended, too
}

TEST_CASE("a sync in the background leaves standing that somebody has to sign in") {
  const test::TemporaryDirectory place;
  SilentNetwork network;
  Opened opened(place.path("a.db"), [&](satchel_options& options) {
    network.options()(options);
    options.tokens = {&network, refuse_token, nullptr};
  });
  CHECK(within(opened.store, 60'000)["ended"] == "needs_sign_in");
  enter_background(opened.store);  // behind whatever the store's thread had to do
  CHECK(opened.ask(satchel_status)["phase"] == "needs_sign_in");
}

TEST_CASE("a store may be closed in the moment in which a sync in the background fails") {
  const test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  SilentNetwork network;
  ClosingLogger logger;
  satchel_options options = Opened::basic(path);
  network.options()(options);
  options.logger = {&logger, ClosingLogger::log, nullptr};
  test::done(satchel_open(&options, &logger.store));
  Heard heard;
  test::done(satchel_sync_within(logger.store, 60'000, heard.done()));
  network.asked.get_future().wait();
  network.fail_all(SATCHEL_CERTIFICATE);
  const auto [code, text] = heard.told.get_future().get();
  logger.closing.join();
  CHECK((code == SATCHEL_CANCELLED || json::parse(text)["ended"] == "failed"));
}

TEST_CASE("a sync that has no answer when its time is over is stopped, and says what is left") {
  const test::TemporaryDirectory place;
  SilentNetwork network;
  Opened opened(place.path("a.db"), network.options());
  opened.note({{"title", "kettle"}});
  Heard heard;
  test::done(satchel_sync_within(opened.store, 20, heard.done()));
  const json outcome = heard.outcome();
  CHECK(outcome["ended"] == "out_of_time");
  CHECK(outcome["error"].is_null());
  CHECK(outcome["left"]["unsent"] == 1);
  CHECK(outcome["left"]["records"] == 1);
  const json again = within(opened.store, 20);
  CHECK(again["ended"] == "out_of_time");
  CHECK(again["left"] == outcome["left"]);
  enter_background(opened.store);  // behind whatever the store's thread had to do
  CHECK(network.cancelled == 2);
  network.fail_all(SATCHEL_NETWORK);
}

TEST_CASE("why a sync in the background did not come to its end is no error of the call") {
  const test::TemporaryDirectory place;
  SilentNetwork network;
  Opened opened(place.path("a.db"), network.options());
  for (const auto& [code, name] : {std::pair(SATCHEL_NETWORK, "offline"), std::pair(SATCHEL_CERTIFICATE, "failed")}) {
    network.asked = {};
    Heard heard;
    test::done(satchel_sync_within(opened.store, 60'000, heard.done()));
    network.asked.get_future().wait();
    network.fail_all(code);
    const json outcome = heard.outcome();
    CHECK(outcome["ended"] == name);
    CHECK(outcome["error"]["code"] == satchel_code_name(code));
    CHECK_FALSE(outcome["left"]["words"].get<std::string>().empty());
  }
}

TEST_CASE("a sync in the background may be cancelled, and is told when the store is closed") {
  const test::TemporaryDirectory place;
  SilentNetwork network;
  Heard cancelled, closed;
  {
    Opened opened(place.path("a.db"), network.options());
    test::done(satchel_sync_within(opened.store, 60'000, cancelled.done()));
    test::done(satchel_sync_cancel(opened.store, &cancelled));
    CHECK(cancelled.told.get_future().get().first == SATCHEL_CANCELLED);
    test::done(satchel_sync_within(opened.store, 60'000, closed.done()));
  }
  CHECK(closed.told.get_future().get().first == SATCHEL_CANCELLED);
  network.fail_all(SATCHEL_NETWORK);
}

TEST_CASE("threads that wait for a sync return when all are stopped, and none begins another") {
  const test::TemporaryDirectory place;
  SilentNetwork network;
  Opened opened(place.path("a.db"), network.options());
  const auto wait = [&](satchel_error* (*function)(satchel_store*, int64_t, satchel_buffer*), int64_t ms) {
    satchel_buffer answer = {};
    return test::take(function(opened.store, ms, &answer)).code;
  };
  auto one = std::async(std::launch::async, wait, satchel_sync_wait, 0);
  auto other = std::async(std::launch::async, wait, satchel_sync_within_wait, 600'000);
  network.asked.get_future().wait();
  test::done(satchel_watch_start(opened.store));
  test::done(satchel_sync_stop(opened.store));
  CHECK(one.get() == SATCHEL_CANCELLED);
  CHECK(other.get() == SATCHEL_CANCELLED);

  CHECK(wait(satchel_sync_wait, 0) == SATCHEL_CANCELLED);
  CHECK(wait(satchel_sync_within_wait, 600'000) == SATCHEL_CANCELLED);
  CHECK(test::take(satchel_watch_start(opened.store)).code == SATCHEL_CANCELLED);
  test::done(satchel_sync_stop(opened.store));
  CHECK(network.cancelled == 1);
  CHECK(opened.ask(satchel_status)["phase"] == "stopped");
  opened.note({{"title", "the rest works as before"}});
  network.fail_all(SATCHEL_NETWORK);
}

TEST_CASE("a time that is none is refused, and without a central store there is nothing to sync with") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  satchel_buffer out = {};
  CHECK(test::take(satchel_sync_within_wait(opened.store, 0, &out)).place == "within_ms");
  CHECK(test::take(satchel_enter_background(opened.store, -1, &out)).place == "within_ms");
  CHECK(test::take(satchel_sync_within_wait(opened.store, 1000, &out)).place == "base_url");
  Heard heard;
  CHECK(test::take(satchel_sync_within(opened.store, 1000, heard.done())).place == "base_url");
  CHECK(enter_background(opened.store)["flushed"] == true);
}

namespace {

// A clock that holds up the store's thread when it is asked.
struct StuckClock {
  std::promise<void> stuck, go_on;
  std::shared_future<void> gate = go_on.get_future().share();
  std::atomic<bool> waits = false;
  static int64_t wall(void* context) {
    auto& self = *static_cast<StuckClock*>(context);
    if (self.waits.exchange(false)) {
      self.stuck.set_value();
      self.gate.wait();
    }
    return 1'700'000'000'000;
  }
  static int64_t monotonic(void*) { return 1; }
};

}  // namespace

TEST_CASE("however long the store's thread is busy, both calls return in time and say what is left") {
  const test::TemporaryDirectory place;
  SilentNetwork network;
  StuckClock clock;
  Opened opened(place.path("a.db"), [&](satchel_options& options) {
    network.options()(options);
    options.clock = {&clock, StuckClock::wall, StuckClock::monotonic, nullptr};
  });
  opened.note({{"title", "kettle"}});
  clock.waits = true;
  std::thread writer([&] { opened.note({{"title", "cups"}}); });
  clock.stuck.get_future().wait();
  const json told = enter_background(opened.store, 20);
  CHECK(told["flushed"] == false);
  CHECK(told["left"]["unsent"] == 1);
  const json outcome = within(opened.store, 20);
  CHECK(outcome["ended"] == "out_of_time");
  CHECK(outcome["left"]["unsent"] == 1);
  clock.go_on.set_value();
  writer.join();
  CHECK(enter_background(opened.store)["left"]["unsent"] == 2);
  const std::lock_guard lock(network.mutex);
  CHECK(network.requests.empty());  // nobody waited any more when its turn came
}
