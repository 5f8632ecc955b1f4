// libcurl against real TLS on loopback, over good and bad links.
#include <openssl/ssl.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <random>

#include "sync/transport.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support_tls/bad_link.hpp"
#include "tests/support_tls/tls_server.hpp"

namespace satchel::sync {
namespace {

using test::BadLink;
using test::Certificate;
using test::Faults;
using test::make_certificate;
using test::ScriptedAnswer;
using test::ScriptedRequest;
using test::TemporaryDirectory;
using test::TlsServer;

// An authority whose file the transport trusts, and a server certificate by it.
struct Trust {
  Certificate authority = make_certificate({.authority = true});
  Certificate server = make_certificate({.issuer = &authority});
  TemporaryDirectory directory;
  std::string file() const { return directory.path("authority.pem"); }
  Trust() { directory.write("authority.pem", authority.pem); }
};

ScriptedAnswer echo(const ScriptedRequest& request) { return {.body = "answer to " + request.body}; }

CurlOptions options_for(const std::string& url, const std::string& ca_file) {
  CurlOptions options;
  options.base_url = url;
  options.ca_file = ca_file;
  return options;
}

std::unique_ptr<Transport> make(const CurlOptions& options) {
  auto made = make_curl_transport(options);
  REQUIRE(made.ok());
  return std::move(made).value();
}

HttpRequest request_with(Bytes body, int64_t wait_ms = 0) {
  HttpRequest request;
  request.path = "/v1/sync";
  request.headers["content-type"] = "application/x-protobuf";
  request.body = std::move(body);
  request.wait_ms = wait_ms;
  return request;
}

std::future<Result<HttpResponse>> start(Transport& transport, HttpRequest request, Transport::CallId* call = nullptr) {
  auto promise = std::make_shared<std::promise<Result<HttpResponse>>>();
  const auto id = transport.send(std::move(request),
                                 [promise](Result<HttpResponse> answer) { promise->set_value(std::move(answer)); });
  if (call != nullptr) *call = id;
  return promise->get_future();
}

Result<HttpResponse> ask(Transport& transport, HttpRequest request) {
  auto answer = start(transport, std::move(request));
  REQUIRE(answer.wait_for(std::chrono::seconds(60)) == std::future_status::ready);
  return answer.get();
}

bool says(const Error& error, const std::string& words) { return error.message.find(words) != std::string::npos; }

TEST_CASE("A request reaches the server whole and its answer comes back") {
  const Trust trust;
  TlsServer server(trust.server, [](const ScriptedRequest& request) {
    ScriptedAnswer answer = echo(request);
    answer.headers["X-Extra"] = "  spaced ";
    return answer;
  });
  const auto transport = make(options_for(server.url(), trust.file()));
  HttpRequest request = request_with("question");
  request.headers["authorization"] = "Bearer abc";
  const auto answer = ask(*transport, request);
  REQUIRE(answer.ok());
  CHECK(answer->status == 200);
  CHECK(answer->body == "answer to question");
  CHECK(answer->headers.at("content-type") == "application/x-protobuf");
  CHECK(answer->headers.at("x-extra") == "spaced");
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].method == "POST");
  CHECK(server.requests()[0].path == "/v1/sync");
  CHECK(server.requests()[0].headers.at("authorization") == "Bearer abc");
  CHECK(server.requests()[0].headers.at("content-length") == "8");
  CHECK_FALSE(server.requests()[0].headers.contains("expect"));
}

TEST_CASE("One connection serves many requests") {
  const Trust trust;
  TlsServer server(trust.server, echo);
  const auto transport = make(options_for(server.url(), trust.file()));
  for (int i = 0; i < 5; ++i) CHECK(ask(*transport, request_with("x")).ok());
  CHECK(server.connections() == 1);
}

TEST_CASE("A connection that the server closed while it was idle is opened again without an error") {
  const Trust trust;
  TlsServer server(trust.server, [](const ScriptedRequest& request) {
    ScriptedAnswer answer = echo(request);
    answer.close = true;
    return answer;
  });
  const auto transport = make(options_for(server.url(), trust.file()));
  CHECK(ask(*transport, request_with("x")).ok());
  REQUIRE(server.wait_for_open_connections(0));
  CHECK(ask(*transport, request_with("y")).ok());
  CHECK(server.connections() == 2);
}

TEST_CASE("Progress counts the bytes each way") {
  const Trust trust;
  TlsServer server(trust.server,
                   [](const ScriptedRequest&) { return ScriptedAnswer{.body = std::string(300'000, 'a')}; });
  const auto transport = make(options_for(server.url(), trust.file()));
  std::mutex mutex;
  Progress last;
  bool fell = false;
  auto promise = std::make_shared<std::promise<Result<HttpResponse>>>();
  auto answer = promise->get_future();
  transport->send(
      request_with(std::string(200'000, 'b')), [promise](Result<HttpResponse> r) { promise->set_value(std::move(r)); },
      [&](const Progress& now) {
        const std::lock_guard lock(mutex);
        fell = fell || now.sent < last.sent || now.received < last.received;
        last = now;
      });
  REQUIRE(answer.get().ok());
  const std::lock_guard lock(mutex);
  CHECK_FALSE(fell);
  CHECK(last.sent == 200'000);
  CHECK(last.received == 300'000);
  CHECK(last.to_receive == 300'000);
}

TEST_CASE("A long poll may be cancelled at once, and the connection of others goes on") {
  const Trust trust;
  TlsServer server(trust.server, [](const ScriptedRequest& request) {
    if (request.body == "poll") return ScriptedAnswer{.silent = true};
    return echo(request);
  });
  const auto transport = make(options_for(server.url(), trust.file()));
  Transport::CallId call = 0;
  auto poll = start(*transport, request_with("poll", 50'000), &call);
  REQUIRE(server.wait_for_requests(1));
  transport->cancel(call);
  const auto cancelled = poll.get();
  REQUIRE_FALSE(cancelled.ok());
  CHECK(cancelled.error().code == Code::cancelled);
  CHECK(ask(*transport, request_with("push")).ok());
  transport->cancel(call);  // long over: no effect
  CHECK(ask(*transport, request_with("push")).ok());
}

TEST_CASE("A long poll that is given up leaves its connection to the next request, once the server has ended it") {
  const Trust trust;
  std::promise<void> news;
  const std::shared_future<void> heard = news.get_future().share();
  TlsServer server(trust.server, [heard](const ScriptedRequest& request) {
    if (request.body == "poll") heard.wait();
    return echo(request);
  });
  const auto transport = make(options_for(server.url(), trust.file()));
  Transport::CallId call = 0;
  auto poll = start(*transport, request_with("poll", 60'000), &call);
  REQUIRE(server.wait_for_requests(1));
  transport->cancel(call);
  const auto cancelled = poll.get();
  REQUIRE_FALSE(cancelled.ok());
  CHECK(cancelled.error().code == Code::cancelled);
  CHECK(ask(*transport, request_with("meanwhile")).ok());
  news.set_value();
  bool reused = false;
  for (int i = 0; i < 1'000 && !reused; ++i) {
    REQUIRE(ask(*transport, request_with("later")).ok());
    reused = server.requests().back().connection == 1;
  }
  CHECK(reused);
  CHECK(server.connections() == 2);
}

TEST_CASE("A transport that is destroyed calls nobody back") {
  const Trust trust;
  std::atomic<int> called{0};
  TlsServer server(trust.server, [](const ScriptedRequest&) { return ScriptedAnswer{.silent = true}; });
  {
    const auto transport = make(options_for(server.url(), trust.file()));
    transport->send(request_with("x", 50'000), [&](const Result<HttpResponse>&) { ++called; });
    REQUIRE(server.wait_for_requests(1));
  }
  CHECK(called == 0);
}

TEST_CASE("A server that accepts and never answers is given up after the stall time") {
  const Trust trust;
  TlsServer server(trust.server, [](const ScriptedRequest&) { return ScriptedAnswer{.silent = true}; });
  CurlOptions options = options_for(server.url(), trust.file());
  options.stall_ms = 150;
  const auto transport = make(options);
  const auto answer = ask(*transport, request_with("x"));
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == Code::timeout);
  CHECK(answer.error().retryable);
}

TEST_CASE("A long poll may be silent for longer than the stall time") {
  const Trust trust;
  std::mutex mutex;
  std::condition_variable never;
  TlsServer server(trust.server, [&](const ScriptedRequest& request) {
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::chrono::milliseconds(600));  // the news that end the poll
    return echo(request);
  });
  CurlOptions options = options_for(server.url(), trust.file());
  options.stall_ms = 200;
  const auto transport = make(options);
  CHECK(ask(*transport, request_with("poll", 5'000)).ok());
  CHECK_FALSE(ask(*transport, request_with("no poll")).ok());
}

TEST_CASE("A link that goes silent in the middle of an answer is given up") {
  const Trust trust;
  TlsServer server(trust.server,
                   [](const ScriptedRequest&) { return ScriptedAnswer{.body = std::string(400'000, 'a')}; });
  BadLink link(server.port(), {.silent_down_after = 60'000});
  CurlOptions options = options_for(link.url(), trust.file());
  options.stall_ms = 200;
  const auto transport = make(options);
  const auto answer = ask(*transport, request_with("x", 30'000));
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == Code::timeout);
}

TEST_CASE("A link that cuts at any byte, either way, is a network error, and the next request gets through") {
  const Trust trust;
  TlsServer server(trust.server,
                   [](const ScriptedRequest&) { return ScriptedAnswer{.body = std::string(3'000, 'a')}; });
  std::mt19937 random(20261121);
  for (int round = 0; round < 30; ++round) {
    const bool up = round % 2 == 0;
    // Handshake and exchange are about 4 KiB up and 5 KiB down.
    const uint64_t at = random() % (up ? 3'500 : 4'500);
    Faults once;
    (up ? once.cut_up_after : once.cut_down_after) = at;
    once.times = 1;
    BadLink link(server.port(), once);
    const auto transport = make(options_for(link.url(), trust.file()));
    const auto broken = ask(*transport, request_with(std::string(3'000, 'b')));
    INFO("cut " << (up ? "up" : "down") << " after " << at);
    REQUIRE_FALSE(broken.ok());
    CHECK(broken.error().code == Code::network);
    CHECK(broken.error().retryable);
    const auto whole = ask(*transport, request_with("again"));
    REQUIRE(whole.ok());
    CHECK(whole->body.size() == 3'000);
  }
}

TEST_CASE("30 kbit/s with a second of round trip carries a request, however long it takes in all") {
  const Trust trust;
  TlsServer server(trust.server, [](const ScriptedRequest& request) { return ScriptedAnswer{.body = request.body}; });
  BadLink link(server.port(), {.bits_per_second = 30'000, .delay_ms = 500});
  CurlOptions options = options_for(link.url(), trust.file());
  options.stall_ms = 4'000;
  const auto transport = make(options);
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = ask(*transport, request_with(std::string(8'000, 'x')));
  REQUIRE(answer.ok());
  CHECK(answer->body.size() == 8'000);
  CHECK(std::chrono::steady_clock::now() - begun > std::chrono::seconds(4));
}

TEST_CASE("An answer larger than the cap is refused before it is held") {
  const Trust trust;
  TlsServer server(trust.server,
                   [](const ScriptedRequest&) { return ScriptedAnswer{.body = std::string(100'000, 'a')}; });
  CurlOptions options = options_for(server.url(), trust.file());
  options.answer_bytes_most = 99'999;
  const auto answer = ask(*make(options), request_with("x"));
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == Code::protocol);
  options.answer_bytes_most = 100'000;
  CHECK(ask(*make(options), request_with("x")).ok());
}

TEST_CASE("Redirects are handed back, not followed") {
  const Trust trust;
  TlsServer server(trust.server, [](const ScriptedRequest&) {
    return ScriptedAnswer{.status = 302, .headers = {{"location", "/portal"}}};
  });
  const auto transport = make(options_for(server.url(), trust.file()));
  const auto answer = ask(*transport, request_with("x"));
  REQUIRE(answer.ok());
  CHECK(answer->status == 302);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("Nobody there is a network error") {
  const Trust trust;
  int port = 0;
  {
    TlsServer gone(trust.server, echo);
    port = gone.port();
  }
  const auto answer =
      ask(*make(options_for("https://127.0.0.1:" + std::to_string(port), trust.file())), request_with("x"));
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == Code::network);
}

TEST_CASE("A proxy that is asked for carries the request, and TLS goes through it to the server") {
  const Trust trust;
  TlsServer server(trust.server, echo);
  const auto proxy = BadLink::http_proxy(server.port());
  CurlOptions options = options_for("https://localhost:1", trust.file());  // only the proxy knows the way
  options.proxy = "http://127.0.0.1:" + std::to_string(proxy->port());
  const auto answer = ask(*make(options), request_with("through"));
  REQUIRE(answer.ok());
  CHECK(answer->body == "answer to through");
  CHECK(proxy->asked_for() == "localhost:1");
  SECTION("a proxy that is not there is a network error") {
    options.proxy = "http://127.0.0.1:1";
    const auto refused = ask(*make(options), request_with("x"));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Code::network);
  }
}

// ---- certificates ---------------------------------------------------------------------------------------------------

Error certificate_failure(const CurlOptions& options) {
  const auto answer = ask(*make(options), request_with("secret"));
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == Code::certificate);
  CHECK(says(answer.error(), "Nothing was sent."));
  return answer.error();
}

TEST_CASE("An untrusted certificate sends nothing and says whose it is and what to do") {
  const Trust trust;
  const Certificate stranger = make_certificate({});
  TlsServer server(stranger, echo);
  const Error error = certificate_failure(options_for(server.url(), trust.file()));
  CHECK(says(error, "does not trust"));
  CHECK(says(error, "127.0.0.1"));
  CHECK(says(error, stranger.valid_until));
  CHECK(says(error, "tell your office"));
  CHECK(server.requests().empty());
}

TEST_CASE("An expired certificate says until when it was good") {
  const Trust trust;
  const Certificate old = make_certificate({.from_days = -40, .until_days = -3, .issuer = &trust.authority});
  TlsServer server(old, echo);
  const Error error = certificate_failure(options_for(server.url(), trust.file()));
  CHECK(says(error, "expired"));
  CHECK(says(error, old.valid_until));
  CHECK(says(error, "date"));
  CHECK(server.requests().empty());
}

TEST_CASE("A certificate that is not valid yet says from when it is") {
  const Trust trust;
  const Certificate early = make_certificate({.from_days = 5, .until_days = 30, .issuer = &trust.authority});
  TlsServer server(early, echo);
  CHECK(says(certificate_failure(options_for(server.url(), trust.file())), "not valid yet"));
}

TEST_CASE("A certificate for another host says for which one it is") {
  const Trust trust;
  const Certificate other = make_certificate({.hosts = {"portal.example"}, .issuer = &trust.authority});
  TlsServer server(other, echo);
  const Error error = certificate_failure(options_for(server.url(), trust.file()));
  CHECK(says(error, "portal.example"));
  CHECK(says(error, "another address"));
  CHECK(server.requests().empty());
}

TEST_CASE("The host's bundle does not trust a certificate made in a test") {
  const Certificate own = make_certificate({});
  TlsServer server(own, echo);
  CHECK(says(certificate_failure(options_for(server.url(), "")), "does not trust"));
}

TEST_CASE("Pins accept the current key and the spare one, and nobody else") {
  const Certificate current = make_certificate({}), spare = make_certificate({}), stranger = make_certificate({});
  CurlOptions options;
  options.pins = {current.pin, spare.pin};
  std::vector<std::string> notices;
  options.on_notice = [&](const std::string& words) { notices.push_back(words); };
  SECTION("the current one") {
    TlsServer server(current, echo);
    options.base_url = server.url();
    CHECK(ask(*make(options), request_with("x")).ok());
    CHECK(notices.empty());
  }
  SECTION("the spare one, with a word of warning that says which and until when") {
    TlsServer server(spare, echo);
    options.base_url = server.url();
    {
      const auto transport = make(options);
      CHECK(ask(*transport, request_with("x")).ok());
      CHECK(ask(*transport, request_with("x")).ok());
    }
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].find(spare.pin) != std::string::npos);
    CHECK(notices[0].find(spare.valid_until) != std::string::npos);
    CHECK(notices[0].find("Update the app") != std::string::npos);
  }
  SECTION("a stranger's: which key it was, until when, which are accepted, what to do") {
    TlsServer server(stranger, echo);
    options.base_url = server.url();
    const Error error = certificate_failure(options);
    for (const std::string& words : {stranger.pin, stranger.valid_until, current.pin, spare.pin})
      CHECK(says(error, words));
    CHECK(says(error, "update the app"));
    CHECK(server.requests().empty());
  }
  SECTION("a renewed certificate with the same key is no change") {
    const Certificate renewed = make_certificate({.until_days = 90, .same_key_as = &current});
    TlsServer server(renewed, echo);
    options.base_url = server.url();
    CHECK(ask(*make(options), request_with("x")).ok());
  }
}

TEST_CASE("TLS older than 1.2 is refused") {
  const Trust trust;
  TlsServer server(trust.server, echo, {.newest_tls = TLS1_1_VERSION});
  const auto answer = ask(*make(options_for(server.url(), trust.file())), request_with("x"));
  REQUIRE_FALSE(answer.ok());
  CHECK(server.requests().empty());
}

TEST_CASE("Options that cannot be safe are refused with their place") {
  const Certificate certificate = make_certificate({});
  const auto refused = [](const CurlOptions& options) {
    const auto made = make_curl_transport(options);
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().code == Code::invalid);
    return made.error().place;
  };
  CurlOptions options;
  options.base_url = "http://example.org";
  CHECK(refused(options) == "base_url");
  options.base_url = "https://user:word@example.org";
  CHECK(refused(options) == "base_url");
  options.base_url = "https://example.org";
  options.pins = {certificate.pin};
  CHECK(refused(options) == "pins");
  options.pins = {certificate.pin, "sha256/short"};
  CHECK(refused(options) == "pins/1");
  options.pins = {certificate.pin, certificate.pin};
  options.ca_file = "x";
  CHECK(refused(options) == "pins");
}

}  // namespace
}  // namespace satchel::sync
