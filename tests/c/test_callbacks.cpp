// What the app puts in: clock, logger, sign-in, HTTP; and what happens when something goes wrong in there.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/c/observer.hpp"
#include "tests/c/opened.hpp"
#include "tests/support_tls/tls_server.hpp"

using nlohmann::json;
using test::Opened;

namespace {

struct Counter {
  std::atomic<int> destroyed = 0;
  static void destroy(void* context) { ++static_cast<Counter*>(context)->destroyed; }
};

void with_counted_callbacks(satchel_options& options, Counter& counter) {
  options.clock = {&counter, nullptr, nullptr, Counter::destroy};
  options.logger = {&counter, nullptr, Counter::destroy};
  options.tokens = {&counter, nullptr, Counter::destroy};
  options.http = {&counter, nullptr, nullptr, Counter::destroy};
  options.connectivity = {&counter, nullptr, Counter::destroy};
  options.secrets = {&counter, nullptr, nullptr, nullptr, Counter::destroy};
}

// HTTP and sign-in of an app: keeps what it is asked, answers when the test says so.
struct App {
  std::mutex mutex;
  std::vector<satchel_http_request*> requests;
  std::vector<uint64_t> cancelled;
  std::function<void(satchel_http_request*)> answer;  // empty: keep
  std::promise<void> asked;
  satchel_code token_refusal = static_cast<satchel_code>(0);

  static void send(void* context, satchel_http_request* request) {
    auto& self = *static_cast<App*>(context);
    if (self.answer) return self.answer(request);
    const std::lock_guard lock(self.mutex);
    self.requests.push_back(request);
    self.asked.set_value();
  }
  static void cancel(void* context, uint64_t id) {
    auto& self = *static_cast<App*>(context);
    const std::lock_guard lock(self.mutex);
    self.cancelled.push_back(id);
  }
  static void token(void* context, satchel_token_request* request) {
    auto& self = *static_cast<App*>(context);
    if (self.token_refusal == 0) return satchel_token_give(request, satchel_text("a.b.c"));
    satchel_token_refuse(request, self.token_refusal, satchel_text("Please sign in on the first page."));
  }
  Opened::Adjust options() {
    return [this](satchel_options& options) {
      options.http = {this, send, cancel, nullptr};
      options.tokens = {this, token, nullptr};
    };
  }
};

}  // namespace

TEST_CASE("what a callback struct took is let go of exactly once, whether opening worked or not") {
  const test::TemporaryDirectory place;
  Counter counter;
  {
    Opened opened(place.path("a.db"), [&](satchel_options& options) { with_counted_callbacks(options, counter); });
    CHECK(counter.destroyed == 0);
  }
  CHECK(counter.destroyed == 6);
  const std::string nowhere = "/no/such/folder/a.db";
  satchel_options options = Opened::basic(nowhere);
  with_counted_callbacks(options, counter);
  satchel_store* store = nullptr;
  CHECK(test::take(satchel_open(&options, &store)).code == SATCHEL_IO);
  CHECK(counter.destroyed == 12);
  options.path = {};
  CHECK(test::take(satchel_open(&options, &store)).place == "path");
  CHECK(counter.destroyed == 18);
  satchel_buffer report = {};
  CHECK(test::take(satchel_rescue(&options, &report)).place == "path");
  CHECK(counter.destroyed == 24);
}

TEST_CASE("what a sync took is let go of also when the call may not be made or the store has ended") {
  const test::TemporaryDirectory place;
  App app;
  Counter counter;
  const satchel_done done = {&counter, nullptr, Counter::destroy};
  satchel_store* store = nullptr;
  app.answer = [&](satchel_http_request* request) {
    CHECK(test::take(satchel_sync(store, done)).code == SATCHEL_INVALID);
    satchel_http_fail(request, SATCHEL_NETWORK, satchel_text("No signal."));
  };
  Opened opened(place.path("a.db"), app.options());
  store = opened.store;
  satchel_buffer out = {};
  CHECK(test::take(satchel_sync_wait(store, 0, &out)).code == SATCHEL_NETWORK);
  CHECK(counter.destroyed == 1);
}

namespace {

// What the logger was told.
struct Told {
  std::mutex mutex;
  std::string log;
  static void log_line(void* context, satchel_level, satchel_slice event, satchel_slice fields) {
    auto& self = *static_cast<Told*>(context);
    const std::lock_guard lock(self.mutex);
    self.log += std::string(event.data, event.size) + " " + std::string(fields.data, fields.size) + "\n";
  }
};

}  // namespace

TEST_CASE("that the central store uses its spare key reaches the log and the status") {
  const test::TemporaryDirectory place;
  const auto current = satchel::test::make_certificate({}), spare = satchel::test::make_certificate({});
  satchel::test::TlsServer server(spare, [](const satchel::test::ScriptedRequest&) {
    return satchel::test::ScriptedAnswer{.status = 503, .body = "busy"};
  });
  const std::string url = server.url();
  const satchel_slice pins[] = {test::slice(current.pin), test::slice(spare.pin)};
  Told told;
  test::Observer status;
  App app;
  Opened opened(place.path("a.db"), [&](satchel_options& options) {
    options.base_url = test::slice(url);
    options.pins = pins;
    options.pin_count = 2;
    options.tokens = {&app, App::token, nullptr};
    options.logger = {&told, Told::log_line, nullptr};
  });
  CHECK(opened.ask(satchel_status)["notice"].is_null());
  satchel_live* live = nullptr;
  test::done(satchel_live_status(opened.store, status.callbacks(), &live));
  satchel_buffer out = {};
  CHECK(test::take(satchel_sync_wait(opened.store, 0, &out)).code == SATCHEL_SERVER);
  const std::string notice = opened.ask(satchel_status)["notice"];
  CHECK(notice.find(spare.pin) != std::string::npos);
  json heard;
  while (heard["notice"].is_null()) heard = status.next();
  CHECK(heard["notice"] == notice);
  satchel_live_stop(live);
  const std::lock_guard lock(told.mutex);
  CHECK(told.log.find("sync_notice") != std::string::npos);
}

TEST_CASE("without a central store there is nothing to sync with, and the callback is let go of") {
  const test::TemporaryDirectory place;
  Opened opened(place.path("a.db"));
  Counter counter;
  const satchel_done done = {&counter, nullptr, Counter::destroy};
  CHECK(test::take(satchel_sync(opened.store, done)).place == "base_url");
  CHECK(counter.destroyed == 1);
  CHECK(test::take(satchel_watch_start(opened.store)).code == SATCHEL_INVALID);
}

TEST_CASE("the app's HTTP is asked for the session with the token, and its failure is told") {
  const test::TemporaryDirectory place;
  App app;
  std::string path, body;
  app.answer = [&](satchel_http_request* request) {
    path.assign(satchel_http_path(request).data, satchel_http_path(request).size);
    body.assign(satchel_http_body(request).data, satchel_http_body(request).size);
    CHECK(std::string(satchel_http_method(request).data, satchel_http_method(request).size) == "POST");
    CHECK(satchel_http_timeout_ms(request) > 0);
    CHECK(satchel_http_header_count(request) > 0);
    CHECK(satchel_http_header(request, 1000).name.data == nullptr);
    satchel_http_progress(request, 1, 2, 0, 0);
    satchel_http_fail(request, SATCHEL_CERTIFICATE, satchel_text("The certificate is for another host."));
  };
  Opened opened(place.path("a.db"), app.options());
  satchel_buffer out = {};
  const auto failed = test::take(satchel_sync_wait(opened.store, 0, &out));
  CHECK(failed.code == SATCHEL_CERTIFICATE);
  CHECK(failed.message.find("another host") != std::string::npos);
  CHECK(path == "/v1/session");
  CHECK_FALSE(body.empty());
}

TEST_CASE("a refused sign-in is told in the app's own words") {
  const test::TemporaryDirectory place;
  App app;
  app.token_refusal = SATCHEL_SIGN_IN;
  Opened opened(place.path("a.db"), app.options());
  satchel_buffer out = {};
  const auto failed = test::take(satchel_sync_wait(opened.store, 0, &out));
  CHECK(failed.code == SATCHEL_SIGN_IN);
  CHECK(failed.message.find("first page") != std::string::npos);
}

TEST_CASE("closing during a request cancels it; its late answer harms nobody") {
  const test::TemporaryDirectory place;
  App app;
  std::promise<int> told;
  {
    Opened opened(place.path("a.db"), app.options());
    const satchel_done done = {&told,
                               [](void* context, const satchel_error* error, satchel_slice) {
                                 static_cast<std::promise<int>*>(context)->set_value(satchel_error_code(error));
                               },
                               nullptr};
    test::done(satchel_sync(opened.store, done));
    app.asked.get_future().wait();
  }
  CHECK(told.get_future().get() == SATCHEL_CANCELLED);
  REQUIRE(app.requests.size() == 1);
  CHECK(app.cancelled == std::vector{satchel_http_id(app.requests[0])});
  satchel_http_respond(app.requests[0], 200, nullptr, 0, satchel_text("late"));
}

TEST_CASE("a token that comes after the store was closed harms nobody") {
  const test::TemporaryDirectory place;
  struct Late {
    std::promise<satchel_token_request*> asked;
  } late;
  {
    Opened opened(place.path("a.db"), [&](satchel_options& options) {
      options.base_url = satchel_text("https://127.0.0.1:1");
      options.tokens = {&late, [](void* context, satchel_token_request* request) {
                          static_cast<Late*>(context)->asked.set_value(request);
                        }, nullptr};
    });
    satchel_buffer out = {};
    CHECK(test::take(satchel_sync_wait(opened.store, 1, &out)).code == SATCHEL_TIMEOUT);
  }
  satchel_token_give(late.asked.get_future().get(), satchel_text("a.b.c"));
}

TEST_CASE("a wait may be given up; the sync goes on") {
  const test::TemporaryDirectory place;
  App app;
  Opened opened(place.path("a.db"), app.options());
  satchel_buffer out = {};
  CHECK(test::take(satchel_sync_wait(opened.store, 1, &out)).code == SATCHEL_TIMEOUT);
  app.asked.get_future().wait();
  satchel_http_fail(app.requests[0], SATCHEL_NETWORK, satchel_text("No signal."));
}

namespace {

// How a sync ended.
struct Ended {
  std::promise<int> code;  // 0: it worked
  satchel_done done() {
    return {this,
            [](void* context, const satchel_error* error, satchel_slice) {
              static_cast<Ended*>(context)->code.set_value(error == nullptr ? 0 : satchel_error_code(error));
            },
            nullptr};
  }
};

}  // namespace

TEST_CASE("a sync that nobody wants any more is told so, its request is stopped, and the next one begins anew") {
  const test::TemporaryDirectory place;
  App app;
  Opened opened(place.path("a.db"), app.options());
  Ended unwanted, next;
  test::done(satchel_sync(opened.store, unwanted.done()));
  app.asked.get_future().wait();
  test::done(satchel_sync_cancel(opened.store, &unwanted));
  CHECK(unwanted.code.get_future().get() == SATCHEL_CANCELLED);
  app.answer = [](satchel_http_request* request) {
    satchel_http_fail(request, SATCHEL_CERTIFICATE, satchel_text("The certificate is for another host."));
  };
  test::done(satchel_sync(opened.store, next.done()));
  CHECK(next.code.get_future().get() == SATCHEL_CERTIFICATE);
  CHECK(app.cancelled == std::vector{satchel_http_id(app.requests[0])});
  satchel_http_respond(app.requests[0], 200, nullptr, 0, satchel_text("late"));
  test::done(satchel_sync_cancel(opened.store, &next));  // it has ended: nothing happens
}

TEST_CASE("cancelling one sync leaves another one and its request alone") {
  const test::TemporaryDirectory place;
  App app;
  Opened opened(place.path("a.db"), app.options());
  Ended unwanted, wanted;
  test::done(satchel_sync(opened.store, unwanted.done()));
  test::done(satchel_sync(opened.store, wanted.done()));
  app.asked.get_future().wait();
  test::done(satchel_sync_cancel(opened.store, &unwanted));
  CHECK(unwanted.code.get_future().get() == SATCHEL_CANCELLED);
  CHECK(app.cancelled.empty());
  satchel_http_fail(app.requests[0], SATCHEL_CERTIFICATE, satchel_text("The certificate is for another host."));
  CHECK(wanted.code.get_future().get() == SATCHEL_CERTIFICATE);
}

TEST_CASE("a call from inside a callback is refused instead of waiting for itself") {
  const test::TemporaryDirectory place;
  App app;
  satchel_store* store = nullptr;
  std::promise<std::pair<int, int>> codes;
  app.answer = [&](satchel_http_request* request) {
    satchel_buffer out = {};
    const int transact = test::take(satchel_transact(store, satchel_text("{}"), &out)).code;
    codes.set_value({transact, test::take(satchel_close(store)).code});
    CHECK(test::take(satchel_conflicts(store, &out)).code == 0);  // a read waits for nobody
    satchel_buffer_free(&out);
    satchel_http_fail(request, SATCHEL_NETWORK, satchel_text("No signal."));
  };
  Opened opened(place.path("a.db"), app.options());
  store = opened.store;
  satchel_buffer out = {};
  CHECK(test::take(satchel_sync_wait(opened.store, 0, &out)).code == SATCHEL_NETWORK);
  CHECK(codes.get_future().get() == std::pair<int, int>(SATCHEL_INVALID, SATCHEL_INVALID));
}

namespace {

struct OddClock {
  std::atomic<bool> throws = false;
  std::atomic<bool> waits = false;
  std::promise<void> waiting, go_on;
  static int64_t wall(void* context) {
    auto& self = *static_cast<OddClock*>(context);
    if (self.throws) throw std::runtime_error("a clock that breaks");
    if (self.waits.exchange(false)) {
      self.waiting.set_value();
      self.go_on.get_future().wait();
    }
    return 1'790'000'000'000;
  }
  static int64_t monotonic(void*) { return 0; }
};

}  // namespace

TEST_CASE("reading does not wait for the writer") {
  const test::TemporaryDirectory place;
  OddClock clock;
  Opened opened(place.path("a.db"), [&](satchel_options& options) {
    options.clock = {&clock, OddClock::wall, OddClock::monotonic, nullptr};
  });
  const std::string id = opened.note({{"title", "Visit"}});
  clock.waits = true;
  std::thread writer(
      [&] { opened.transact(opened.change(id, {{"action", "set"}, {"field", "title"}, {"value", "Second"}})); });
  clock.waiting.get_future().wait();  // the writer stands in the middle of its commit
  CHECK(opened.read(id)["record"]["fields"]["title"] == "Visit");
  CHECK(opened.query({{"collection", "note"}})["records"].size() == 1);
  clock.go_on.set_value();
  writer.join();
  CHECK(opened.read(id)["record"]["fields"]["title"] == "Second");
}

TEST_CASE("a mistake inside ends the handle and not the app; unsent work can still be copied out") {
  const test::TemporaryDirectory place;
  OddClock clock;
  {
    Opened opened(place.path("a.db"), [&](satchel_options& options) {
      options.clock = {&clock, OddClock::wall, OddClock::monotonic, nullptr};
    });
    const std::string id = opened.note({{"title", "Visit"}});
    clock.throws = true;
    CHECK(opened.refused(opened.change(id, {{"action", "void"}})).code == SATCHEL_INTERNAL);
    clock.throws = false;
    const auto later = opened.refused(opened.change(id, {{"action", "void"}}));
    CHECK(later.code == SATCHEL_INTERNAL);
    CHECK_FALSE(later.place.empty());
    satchel_buffer out = {};
    CHECK(test::take(satchel_status(opened.store, &out)).code == SATCHEL_INTERNAL);
    CHECK(test::take(satchel_read(opened.store, satchel_text("note"), test::slice(id), &out)).code ==
          SATCHEL_INTERNAL);
    test::done(satchel_copy(opened.store, satchel_text(place.path("copy.db").c_str())));
  }
  for (const char* name : {"a.db", "copy.db"}) {
    Opened again(place.path(name));
    CHECK(again.query({{"collection", "note"}, {"count", true}})["count"] == 1);
    CHECK(again.ask(satchel_status)["unsent"] == 1);
  }
}
