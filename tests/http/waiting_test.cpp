// Long polls: what ends them and what does not, over real TLS against the real service.
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <nlohmann/json.hpp>

#include "tests/http/client.hpp"
#include "tests/http/running_centre.hpp"

using namespace satchel;
using namespace satchel::http_test;
using server::http::HttpOptions;

namespace {

// A tablet that has everything and now waits for news.
class WaitingTablet {
 public:
  WaitingTablet(RunningCentre& centre, const std::string& worker, const ScopeId& scope, uint64_t seed)
      : client_(centre.client()), tablet_(client_, RunningCentre::organisation, worker, seed), scope_(scope) {
    if (!tablet_.sign_in(centre.token(worker))) throw std::runtime_error("could not sign in");
    cursor_ = tablet_.cursor(scope_);
    proto::SyncRequest first;
    first.cursors = {cursor_};
    first.all_cursors = true;
    const auto answer = tablet_.sync(first);
    grants_version_ = answer.grants_version;
    if (!answer.pages.empty()) {
      cursor_.epoch = answer.pages[0].epoch;
      cursor_.position = answer.pages[0].head;
      cursor_.log_digest = answer.pages[0].head_log_digest.value_or(Hash256{});
    }
  }

  Tablet& tablet() { return tablet_; }

  proto::SyncRequest poll(uint32_t wait_ms) const {
    proto::SyncRequest request;
    request.cursors = {cursor_};
    request.all_cursors = true;
    request.grants_version = grants_version_;
    request.wait_ms = wait_ms;
    return request;
  }

  std::future<Response> wait(uint32_t wait_ms) {
    return std::async(std::launch::async, [this, request = poll(wait_ms)] { return tablet_.raw_sync(request); });
  }

 private:
  Client client_;
  Tablet tablet_;
  ScopeId scope_;
  proto::Cursor cursor_;
  uint64_t grants_version_ = 0;
};

ScopeId shared_case(RunningCentre& centre) {
  const ScopeId scope = centre.grant_case("amira");
  REQUIRE(centre.admin()->grant(RunningCentre::organisation, "ben", scope, "", "writer", "", ScopeId{}).ok());
  return scope;
}

}  // namespace

TEST_CASE("a colleague's change answers a waiting tablet at once") {
  RunningCentre centre;
  const ScopeId scope = shared_case(centre);
  WaitingTablet amira(centre, "amira", scope, 1);
  Client client = centre.client();
  Tablet ben(client, RunningCentre::organisation, "ben", 2);
  REQUIRE(ben.sign_in(centre.token("ben")));
  auto waiting = amira.wait(50'000);
  REQUIRE(centre.wait_until_parked(1));
  const SystemClock clock;
  const int64_t began_ms = clock.monotonic_ms();
  proto::SyncRequest push;
  push.push = {ben.write_task(scope, "Bring the form")};
  push.cursors = {ben.cursor(scope)};
  CHECK(ben.sync(push).verdicts.at(0).kind == proto::VerdictKind::accepted);
  const Response response = waiting.get();
  CHECK(clock.monotonic_ms() - began_ms < 20'000);
  REQUIRE(response.status == 200);
  const auto news = proto::decode_sync_response(response.body).value();
  REQUIRE(news.pages.size() == 1);
  CHECK(news.pages[0].head >= 1);
}

TEST_CASE("an operator's withdrawal answers a waiting tablet at once") {
  RunningCentre centre;
  const ScopeId scope = shared_case(centre);
  WaitingTablet amira(centre, "amira", scope, 1);
  auto waiting = amira.wait(50'000);
  REQUIRE(centre.wait_until_parked(1));
  REQUIRE(centre.admin()->withdraw(RunningCentre::organisation, "amira", scope).ok());
  const Response response = waiting.get();
  REQUIRE(response.status == 200);
  const auto news = proto::decode_sync_response(response.body).value();
  REQUIRE(news.grants.size() == 1);
  CHECK(news.grants[0].withdrawn);
}

TEST_CASE("without news a waiting tablet is answered when its time is over") {
  RunningCentre centre;
  const ScopeId scope = shared_case(centre);
  WaitingTablet amira(centre, "amira", scope, 1);
  const SystemClock clock;
  const int64_t began_ms = clock.monotonic_ms();
  const Response response = amira.wait(200).get();
  CHECK(clock.monotonic_ms() - began_ms >= 200);
  REQUIRE(response.status == 200);
  CHECK(proto::decode_sync_response(response.body).ok());
}

TEST_CASE("the centre's own limit ends a wait that asks for more") {
  HttpOptions options;
  options.queue.park_ms_most = 200;
  RunningCentre centre(options);
  const ScopeId scope = shared_case(centre);
  WaitingTablet amira(centre, "amira", scope, 1);
  CHECK(amira.wait(50'000).get().status == 200);
}

TEST_CASE("a graceful stop answers those who wait and those under way, then takes nobody") {
  RunningCentre centre;
  const ScopeId scope = shared_case(centre);
  WaitingTablet amira(centre, "amira", scope, 1), ben(centre, "ben", scope, 2);
  auto first = amira.wait(50'000), second = ben.wait(50'000);
  REQUIRE(centre.wait_until_parked(2));
  RawClient idle(centre.port());
  const SystemClock clock;
  const int64_t began_ms = clock.monotonic_ms();
  const int port = centre.port();
  centre.http().stop();
  CHECK(clock.monotonic_ms() - began_ms < 9'000);
  for (auto* waiting : {&first, &second}) {
    const Response response = waiting->get();
    CHECK(response.status == 200);
    CHECK(proto::decode_sync_response(response.body).ok());
  }
  CHECK(idle.read_all().empty());
  Client late(port, centre.authority());
  CHECK(late.get("/healthz").status == 0);
}

TEST_CASE("a tablet that vanished while it waited does not hold its connection") {
  HttpOptions options;
  options.connections_most = 2;
  RunningCentre centre(options);
  const ScopeId scope = centre.grant_case("amira");
  std::string authorization, body;
  {
    WaitingTablet amira(centre, "amira", scope, 1);
    authorization = amira.tablet().authorization();
    body = proto::encode(amira.poll(50'000));
  }
  RawClient gone(centre.port());
  REQUIRE(gone.write("POST /v1/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n" +
                     authorization + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
  REQUIRE(centre.wait_until_parked(1));
  const auto status_within = [&](Client& client, int64_t patience_ms) {
    const SystemClock clock;
    const int64_t until_ms = clock.monotonic_ms() + patience_ms;
    int status = 503;
    while (status == 503 && clock.monotonic_ms() < until_ms) status = client.get("/healthz").status;
    return status;
  };
  Client holder = centre.client(), next = centre.client();
  REQUIRE(status_within(holder, 30'000) == 200);  // the second and last place, kept open
  CHECK(next.get("/healthz").status == 503);
  gone.vanish();
  CHECK(status_within(next, 30'000) == 200);      // well before the 50 seconds are over
}

TEST_CASE("no word of a worker and no name gets into the log") {
  RunningCentre centre;
  const ScopeId scope = centre.grant_case("margaret-worker");
  Client client = centre.client();
  Tablet tablet(client, RunningCentre::organisation, "margaret-worker", 1);
  const std::string token = centre.token("margaret-worker");
  REQUIRE(tablet.sign_in(token));
  proto::SyncRequest push;
  push.push = {tablet.write_task(scope, "plantedtitle")};
  push.cursors = {tablet.cursor(scope)};
  CHECK(tablet.sync(push).verdicts.size() == 1);
  push.push[0].transaction += "plantedtail";
  CHECK(tablet.raw_sync(push).status == 400);
  CHECK(client.get("/planted/path?name=plantedquery").status == 404);
  CHECK(client.send({"PLANTED", "/healthz", {"x-planted: plantedheader"}, {}}).status == 405);
  CHECK(client.send({"POST", "/v1/sync", {"content-type: plantedtype"}, "plantedbody"}).status == 415);
  CHECK_FALSE(Tablet(client, RunningCentre::organisation, "margaret-worker", 3).sign_in("planted.token.word"));
  REQUIRE(centre.admin()->suspend(RunningCentre::organisation, "margaret-worker", 1).ok());
  push.push = {tablet.write_task(scope, "plantedagain")};
  static_cast<void>(tablet.raw_sync(push));
  centre.http().stop();
  const std::string log = centre.log();
  CHECK(log.find("\"event\":\"request\"") != std::string::npos);
  CHECK(log.find(tablet.replica().text().substr(0, 8)) != std::string::npos);
  CHECK(log.find("lanted") == std::string::npos);
  CHECK(log.find("LANTED") == std::string::npos);
  CHECK(log.find("margaret") == std::string::npos);
  CHECK(log.find(token) == std::string::npos);
  CHECK(log.find(token.substr(token.size() - 20)) == std::string::npos);
  CHECK(log.find(tablet.authorization().substr(23, 12)) == std::string::npos);
}
