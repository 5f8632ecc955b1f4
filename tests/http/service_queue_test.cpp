// What becomes of requests that wait for news, when others come at the same moment. The service is scripted; the queue
// and its thread are real.
#include "server/http/service_queue.hpp"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <future>
#include <mutex>

using namespace satchel;
using namespace satchel::server;
using http::ServiceQueue;

namespace {

// "change" moves wake(); "wait" is answered once something has changed after it first came, and parks until then.
class Scripted final : public Service {
 public:
  std::vector<Reply> handle(const std::vector<Request>& requests) override {
    std::vector<Reply> replies(requests.size());
    for (const Request& request : requests) {
      if (request.path == "change") ++changes_;
    }
    for (size_t i = 0; i < requests.size(); ++i) {
      if (requests[i].path != "wait") continue;
      if (requests[i].resumed) ++asked_again_;
      const uint64_t wanted = std::stoull(requests[i].body);
      if (changes_ < wanted) replies[i].park_ms = 55'000;
    }
    return replies;
  }
  uint64_t wake() override { return changes_; }
  Result<> ready() override { return {}; }

  std::atomic<uint64_t> asked_again_{0};

 private:
  std::atomic<uint64_t> changes_{0};
};

class SetClock final : public Clock {
 public:
  int64_t wall_ms() const override { return now_ms; }
  int64_t monotonic_ms() const override { return now_ms; }
  std::atomic<int64_t> now_ms{1'000};
};

struct World {
  explicit World(http::QueueOptions options) : queue(service, clock, logger, options) {}
  std::future<Reply> submit(const std::string& path, const std::string& body = {}, const std::string& session = {}) {
    auto promise = std::make_shared<std::promise<Reply>>();
    Request request;
    request.path = path;
    request.body = body;
    request.authorization = session;
    queue.submit(std::move(request), [promise](Reply reply) { promise->set_value(std::move(reply)); });
    return promise->get_future();
  }
  void do_now(const std::string& path) { submit(path).wait(); }

  Scripted service;
  SetClock clock;
  NullLogger logger;
  ServiceQueue queue;
};

bool answered(std::future<Reply>& reply) { return reply.wait_for(std::chrono::seconds(20)) == std::future_status::ready; }

}  // namespace

TEST_CASE("what one request changes is passed on to who waits without waiting for the next look") {
  http::QueueOptions options;
  options.wake_poll_ms = 3'600'000;
  World world(options);
  auto waiting = world.submit("wait", "1");
  world.do_now("change");
  CHECK(answered(waiting));
}

TEST_CASE("news between two looks are not lost when another request comes before the next look") {
  World world({});
  auto waiting = world.submit("wait", "2");
  world.do_now("change");
  while (world.service.asked_again_ == 0) world.do_now("nothing");  // it was looked at; the clock stands still from here
  world.do_now("change");
  world.do_now("nothing");
  world.clock.now_ms += 20;
  CHECK(answered(waiting));
}

TEST_CASE("a request that waits is answered when its tablet asks for something else") {
  World world({});
  auto waiting = world.submit("wait", "1", "amira"), of_another = world.submit("wait", "1", "ben");
  world.submit("nothing", {}, "amira").wait();
  CHECK(answered(waiting));
  CHECK(of_another.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
}
