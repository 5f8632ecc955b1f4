// Over real TLS on loopback, against the real service.
#include <openssl/ssl.h>

#include <catch2/catch_test_macros.hpp>
#include <future>
#include <nlohmann/json.hpp>

#include "tests/http/client.hpp"
#include "tests/http/running_centre.hpp"
#include "tests/support/text.hpp"

using namespace satchel;
using namespace satchel::http_test;
using server::http::HttpOptions;
using test::has;

namespace {

std::string request_head(const std::string& first_line, const std::string& rest = {}) {
  return first_line + "\r\nHost: localhost\r\n" + rest;
}

}  // namespace

TEST_CASE("what one tablet pushed, another one of the same case receives") {
  RunningCentre centre;
  const ScopeId scope = centre.grant_case("amira");
  REQUIRE(centre.admin()->grant(RunningCentre::organisation, "ben", scope, "", "writer", "", ScopeId{}).ok());
  Client one = centre.client(), two = centre.client();
  Tablet amira(one, RunningCentre::organisation, "amira", 1), ben(two, RunningCentre::organisation, "ben", 2);
  REQUIRE(amira.sign_in(centre.token("amira")));
  REQUIRE(ben.sign_in(centre.token("ben")));

  proto::SyncRequest push;
  push.push = {amira.write_task(scope, "Ring the housing office"), amira.write_task(scope, "Ask about the lift")};
  push.cursors = {amira.cursor(scope)};
  const auto answer = amira.sync(push);
  REQUIRE(answer.verdicts.size() == 2);
  CHECK(answer.verdicts[0].kind == proto::VerdictKind::accepted);
  CHECK(answer.verdicts[1].position == answer.verdicts[0].position + 1);

  proto::SyncRequest pull;
  pull.cursors = {ben.cursor(scope)};
  pull.all_cursors = true;
  const auto received = ben.sync(pull);
  REQUIRE(received.pages.size() == 1);
  CHECK(received.pages[0].head == answer.verdicts[1].position);
}

TEST_CASE("bodies travel as zstd when both sides take it") {
  RunningCentre centre;
  const ScopeId scope = centre.grant_case("amira");
  Client client = centre.client();
  Tablet amira(client, RunningCentre::organisation, "amira", 1);
  REQUIRE(amira.sign_in(centre.token("amira")));
  proto::SyncRequest request;
  for (int i = 0; i < 20; ++i) request.push.push_back(amira.write_task(scope, std::string(200, 'a')));
  request.cursors = {amira.cursor(scope)};
  Call call{"POST", "/v1/sync", {"content-type: application/x-protobuf", "content-encoding: zstd",
                                 "accept-encoding: zstd", amira.authorization()},
            proto::compress(proto::encode(request))};
  const Response response = client.send(call);
  REQUIRE(response.status == 200);
  CHECK(response.headers.at("content-encoding") == "zstd");
  const auto plain = proto::decompress(response.body, 1 << 20);
  REQUIRE(plain.ok());
  CHECK(proto::decode_sync_response(*plain)->verdicts.size() == 20);
}

TEST_CASE("a request that breaks the rules gets words, and the connection goes on where it can") {
  HttpOptions options;
  options.body.body_bytes_most = 100'000;
  options.header_bytes_most = 4'096;
  RunningCentre centre(options);
  Client client = centre.client();

  const Response html = client.send({"POST", "/v1/sync", {"content-type: text/html"}, "x"});
  CHECK(html.status == 415);
  CHECK(failure_of(html).code == "content_type");
  const Response large = client.post("/v1/sync", std::string(100'001, 'x'));
  CHECK(large.status == 413);
  CHECK(failure_of(large).code == "too_large");
  const Response fits = client.post("/v1/sync", std::string(100'000, 'x'));
  CHECK(fits.status == 401);
  const Response broken = client.send(
      {"POST", "/v1/sync", {"content-type: application/x-protobuf", "content-encoding: zstd"}, "this is not zstd"});
  CHECK(broken.status == 400);
  CHECK(failure_of(broken).code == "content_encoding");
  CHECK(client.get("/nowhere").status == 404);
  CHECK(client.connections() == 0);
  const Response wordy = client.send({"GET", "/healthz", {"x-long: " + std::string(5'000, 'x')}, {}});
  CHECK(wordy.status == 431);
  CHECK(client.get("/healthz").status == 200);
  const Response method = client.send({"DELETE", "/v1/sync", {}, {}});
  CHECK(method.status == 405);
  CHECK(method.headers.at("allow") == "POST");
}

TEST_CASE("a zstd body that unpacks to more than the limit is refused before it is unpacked") {
  HttpOptions options;
  options.body.plain_bytes_most = 1 << 20;
  options.body.body_bytes_most = 1 << 20;
  RunningCentre centre(options);
  Client client = centre.client();
  const Response bomb = client.send({"POST", "/v1/sync",
                                     {"content-type: application/x-protobuf", "content-encoding: zstd"},
                                     proto::compress(std::string(64 << 20, '\0'))});
  CHECK(bomb.status == 413);
  CHECK(failure_of(bomb).code == "too_large");
}

TEST_CASE("a request that is not HTTP is told so, a chunked one that it must say its length") {
  RunningCentre centre;
  RawClient junk(centre.port());
  REQUIRE(junk.write("\x16\x03\x01 what is this\r\n\r\n"));
  CHECK(has(junk.read_all(), "400 Bad Request"));
  RawClient chunked(centre.port());
  REQUIRE(chunked.write(request_head("POST /v1/sync HTTP/1.1",
                                     "Content-Type: application/x-protobuf\r\nTransfer-Encoding: chunked\r\n\r\n")));
  CHECK(has(chunked.read_all(), "411 Length Required"));
}

TEST_CASE("a head that trickles in is given up after header_ms, a silent connection after idle_ms") {
  HttpOptions options;
  options.header_ms = 150;
  options.idle_ms = 150;
  RunningCentre centre(options);
  RawClient slow(centre.port());
  REQUIRE(slow.write("POST /v1/sync HT"));
  CHECK(has(slow.read_all(), "408 Request Timeout"));
  RawClient silent(centre.port());
  CHECK(silent.read_all().empty());
  Client client = centre.client();
  CHECK(client.get("/healthz").status == 200);
}

TEST_CASE("a body that stops moving is given up after stall_ms, one that creeps after transfer_ms") {
  HttpOptions options;
  options.stall_ms = 150;
  RunningCentre centre(options);
  RawClient stalled(centre.port());
  REQUIRE(stalled.write(request_head("POST /v1/sync HTTP/1.1",
                                     "Content-Type: application/x-protobuf\r\nContent-Length: 1000\r\n\r\nhalf")));
  CHECK(has(stalled.read_all(), "408 Request Timeout"));
  options.stall_ms = 60'000;
  options.transfer_ms = 150;
  RunningCentre impatient(options);
  RawClient creeping(impatient.port());
  REQUIRE(creeping.write(request_head("POST /v1/sync HTTP/1.1",
                                      "Content-Type: application/x-protobuf\r\nContent-Length: 1000\r\n\r\nhalf")));
  CHECK(has(creeping.read_all(), "408 Request Timeout"));
}

TEST_CASE("one connection too many is told to come back, and the others go on") {
  HttpOptions options;
  options.connections_most = 2;
  RunningCentre centre(options);
  Client first = centre.client(), second = centre.client(), third = centre.client();
  CHECK(first.get("/healthz").status == 200);
  CHECK(second.get("/healthz").status == 200);
  const Response refused = third.post("/v1/sync", "x");
  CHECK(refused.status == 503);
  CHECK(refused.headers.contains("retry-after"));
  CHECK(failure_of(refused).code == "busy");
  CHECK(failure_of(refused).retry_after_s > 0);
  CHECK(first.get("/healthz").status == 200);
  CHECK(first.connections() == 0);
}

TEST_CASE("bodies that together would take too much memory are told to come back") {
  HttpOptions options;
  options.memory_bytes_most = 50'000;
  RunningCentre centre(options);
  Client client = centre.client();
  const Response refused = client.post("/v1/sync", std::string(60'000, 'x'));
  CHECK(refused.status == 503);
  CHECK(failure_of(refused).code == "busy");
  CHECK(client.post("/v1/sync", std::string(20'000, 'x')).status == 401);
  CHECK(client.post("/v1/sync", std::string(20'000, 'x')).status == 401);
}

TEST_CASE("health and readiness answer without signing in") {
  RunningCentre centre;
  Client client = centre.client("127.0.0.1");
  const Response health = client.get("/healthz");
  CHECK(health.status == 200);
  CHECK(nlohmann::json::parse(health.body)["status"] == "alive");
  const Response ready = client.get("/readyz");
  CHECK(ready.status == 200);
  CHECK(nlohmann::json::parse(ready.body)["status"] == "ready");
  CHECK(client.send({"HEAD", "/healthz", {}, {}}).status == 200);
}

TEST_CASE("TLS sessions are resumed, and old versions of TLS are not spoken") {
  RunningCentre centre;
  RawClient first(centre.port());
  CHECK((first.version() == "TLSv1.3" || first.version() == "TLSv1.2"));
  REQUIRE(first.write(request_head("GET /healthz HTTP/1.1", "\r\n")));
  CHECK(has(first.read_some(), "200 OK"));  // with it come the tickets
  CHECK_FALSE(first.resumed());
  RawClient second(centre.port(), &first);
  CHECK(second.resumed());
  CHECK(RawClient(centre.port(), nullptr, TLS1_2_VERSION).version() == "TLSv1.2");
  CHECK_THROWS(RawClient(centre.port(), nullptr, TLS1_1_VERSION));
}

TEST_CASE("a new certificate is used for new connections while old ones go on") {
  RunningCentre centre;
  Client before = centre.client();
  CHECK(before.get("/healthz").status == 200);
  std::filesystem::remove(centre.directory().path("authority.pem"));
  std::filesystem::remove(centre.directory().path("authority.key"));
  const SystemClock clock;
  REQUIRE(server::http::make_development_certificates(centre.directory().path(), {"localhost"}, clock.wall_ms()).ok());
  REQUIRE(centre.http().reload_certificate().ok());
  Client after = centre.client();
  CHECK(after.get("/healthz").status == 200);
  CHECK(before.get("/healthz").status == 200);
  CHECK(before.connections() == 0);
  centre.directory().write("server.pem", "junk");
  CHECK_FALSE(centre.http().reload_certificate().ok());
  Client still = centre.client();
  CHECK(still.get("/healthz").status == 200);
}
