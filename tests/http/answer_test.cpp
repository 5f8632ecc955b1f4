#include "server/http/answer.hpp"

#include <catch2/catch_test_macros.hpp>

#include "proto/messages.hpp"

using namespace satchel;
using namespace satchel::server::http;

namespace {

Head sync_head() {
  Head head;
  head.method = "POST";
  head.path = "/v1/sync";
  head.content_type = "application/x-protobuf";
  head.content_length = 10;
  return head;
}

std::string code_of(const Answer& answer) { return proto::decode_failure(answer.body).value().code; }

}  // namespace

TEST_CASE("a head that follows the protocol is let in") {
  Head head = sync_head();
  CHECK(admit(head, {}).route == Route::sync);
  head.content_type = "Application/X-Protobuf; charset=binary";
  CHECK(admit(head, {}).route == Route::sync);
  head.path = "/v1/session";
  head.content_encoding = " ZSTD ";
  CHECK(admit(head, {}).route == Route::session);
}

TEST_CASE("a head that does not is refused with a word for the program and a sentence for the person") {
  struct Case {
    const char* word;
    int status;
    void (*spoil)(Head&);
  };
  const Case cases[] = {
      {"not_found", 404, [](Head& h) { h.path = "/v1/other"; }},
      {"method", 405, [](Head& h) { h.method = "GET"; }},
      {"content_type", 415, [](Head& h) { h.content_type = "text/html"; }},
      {"content_type", 415, [](Head& h) { h.content_type.clear(); }},
      {"content_encoding", 415, [](Head& h) { h.content_encoding = "gzip"; }},
      {"content_encoding", 415, [](Head& h) { h.content_encoding = "zstd, zstd"; }},
      {"length_required", 411, [](Head& h) { h.content_length.reset(); }},
      {"length_required", 411, [](Head& h) { h.chunked = true; }},
      {"too_large", 413, [](Head& h) { h.content_length = BodyLimits{}.body_bytes_most + 1; }},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.word);
    Head head = sync_head();
    wrong.spoil(head);
    const Admission admission = admit(head, {});
    CHECK_FALSE(admission.route);
    CHECK(admission.refusal.status == wrong.status);
    CHECK(admission.refusal.content_type == "application/x-protobuf");
    CHECK(code_of(admission.refusal) == wrong.word);
  }
}

TEST_CASE("a body of exactly the limit is let in") {
  Head head = sync_head();
  head.content_length = BodyLimits{}.body_bytes_most;
  CHECK(admit(head, {}).route == Route::sync);
}

TEST_CASE("probes take no body and other methods") {
  Head head;
  head.method = "GET";
  head.path = "/healthz";
  CHECK(admit(head, {}).route == Route::health);
  head.path = "/readyz";
  head.method = "HEAD";
  CHECK(admit(head, {}).route == Route::ready);
  head.content_length = 1;
  CHECK(admit(head, {}).refusal.status == 413);
  head.content_length.reset();
  head.method = "POST";
  const Admission refused = admit(head, {});
  CHECK(refused.refusal.status == 405);
  CHECK(refused.refusal.allow == "GET, HEAD");
  CHECK(refused.refusal.content_type == "application/json");
}

TEST_CASE("a body is unpacked up to the limit and not a byte further") {
  Head head = sync_head();
  head.content_encoding = "zstd";
  BodyLimits limits;
  limits.plain_bytes_most = 1000;
  const std::string fits(1000, 'x'), larger(1001, 'x');
  CHECK(plain_body(head, proto::compress(fits), limits).value() == fits);
  const auto refused = plain_body(head, proto::compress(larger), limits);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::limit);
  CHECK(body_refused(head, refused.error()).status == 413);
  const auto broken = plain_body(head, "not zstd at all", limits);
  REQUIRE_FALSE(broken.ok());
  CHECK(body_refused(head, broken.error()).status == 400);
  head.content_encoding.clear();
  CHECK(plain_body(head, "as it is", limits).value() == "as it is");
}

TEST_CASE("an answer is packed for clients that take zstd, when it is worth it") {
  server::Reply reply;
  reply.body = std::string(5000, 'x');
  Head head = sync_head();
  CHECK(reply_answer(head, reply).content_encoding.empty());
  for (const char* accepts : {"zstd", "gzip, zstd", "zstd;q=0.5", "br,  ZSTD ;q=1"}) {
    head.accept_encoding = accepts;
    const Answer packed = reply_answer(head, reply);
    CHECK(packed.content_encoding == "zstd");
    CHECK(proto::decompress(packed.body, 5000).value() == reply.body);
  }
  for (const char* refuses : {"zstd;q=0", "gzip", "zstd;q=0.0, gzip", "xzstd"}) {
    head.accept_encoding = refuses;
    CHECK(reply_answer(head, reply).content_encoding.empty());
  }
  head.accept_encoding = "zstd";
  std::string mixed;  // becomes smaller, but by less than the header that says so
  for (int i = 0; i < 130; ++i) mixed += static_cast<char>(i * 97 % 251);
  mixed += mixed.substr(0, 20);
  reply.body = mixed;
  CHECK(proto::compress(mixed).size() < mixed.size());
  CHECK(reply_answer(head, reply).content_encoding.empty());
  reply.body = "short";
  CHECK(reply_answer(head, reply).content_encoding.empty());
}

TEST_CASE("the log names no path and no method that a client made up") {
  CHECK(path_for_log("/v1/sync") == "/v1/sync");
  CHECK(path_for_log("/v1/sync/Margaret") == "other");
  CHECK(path_for_log("/margaret") == "other");
  CHECK(method_for_log("POST") == "POST");
  CHECK(method_for_log("MARGARET") == "other");
}
