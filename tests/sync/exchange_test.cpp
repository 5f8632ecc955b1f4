// What answers mean, and what a worker reads about them.
#include "sync/exchange.hpp"

#include <catch2/catch_test_macros.hpp>

#include "proto/messages.hpp"
#include "sync/engine.hpp"

namespace satchel::sync {
namespace {

HttpResponse ours(int status, Bytes body = {}) {
  return {status, {{"content-type", "application/x-protobuf"}}, std::move(body)};
}
HttpResponse html(int status) { return {status, {{"content-type", "text/html"}}, "<html>Welcome</html>"}; }

Failure failure_of(const Result<HttpResponse>& answer, std::string_view path = sync_path) {
  auto read = read_answer(path, answer, 0);
  REQUIRE(std::holds_alternative<Failure>(read));
  return std::get<Failure>(read);
}

TEST_CASE("A body is packed when that makes it smaller, and marked as such") {
  const HttpRequest large = make_request(sync_path, Bytes(10'000, 'a'), "cred");
  CHECK(large.headers.at("content-encoding") == "zstd");
  CHECK(large.body.size() < 200);
  CHECK(large.headers.at("authorization") == "Bearer cred");
  CHECK(large.headers.at("content-type") == media_type);
  CHECK(large.headers.at("accept-encoding") == "zstd");
  CHECK(*proto::decompress(large.body, 10'000) == Bytes(10'000, 'a'));
  const HttpRequest small = make_request(session_path, "ab", {});
  CHECK_FALSE(small.headers.contains("content-encoding"));
  CHECK_FALSE(small.headers.contains("authorization"));
  CHECK(small.body == "ab");
  const Bytes repeats = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklm";  // smaller, but not with that header
  CHECK(proto::compress(repeats).size() < repeats.size());
  CHECK_FALSE(make_request(sync_path, repeats, {}).headers.contains("content-encoding"));
}

TEST_CASE("A packed answer is unpacked, within bounds") {
  HttpResponse answer = ours(200, proto::compress(Bytes(5'000, 'b')));
  answer.headers["content-encoding"] = "zstd";
  auto read = read_answer(sync_path, answer, 0);
  REQUIRE(std::holds_alternative<Bytes>(read));
  CHECK(std::get<Bytes>(read) == Bytes(5'000, 'b'));
  SECTION("a bomb is refused") {
    answer.body = proto::compress(Bytes(plain_answer_bytes_most + 1, 'b'));
    CHECK(failure_of(answer).kind == FailureKind::transient);
  }
  SECTION("what is cut is refused") {
    answer.body.resize(answer.body.size() / 2);
    CHECK(failure_of(answer).kind == FailureKind::transient);
  }
  SECTION("an unknown packing is refused") {
    answer.headers["content-encoding"] = "br";
    CHECK(failure_of(answer).error.code == Code::protocol);
  }
}

TEST_CASE("A captive portal is told apart from the central store") {
  for (const int status : {200, 302, 303, 511}) {
    const Failure failure = failure_of(html(status));
    CHECK(failure.kind == FailureKind::transient);
    CHECK(failure.error.code == Code::network);
    CHECK(failure.error.message.find("sign in first") != std::string::npos);
  }
  // A portal that forbids does not take the worker's sign-in away.
  for (const int status : {401, 403}) {
    for (const auto path : {session_path, sync_path}) {
      CHECK(failure_of(html(status), path).kind == FailureKind::transient);
    }
  }
  HttpResponse without_type;
  without_type.status = 200;
  CHECK(failure_of(without_type).error.code == Code::network);
}

TEST_CASE("The media type may carry parameters and capitals") {
  HttpResponse answer = ours(200, "x");
  answer.headers["content-type"] = "Application/X-Protobuf ; v=1";
  CHECK(std::holds_alternative<Bytes>(read_answer(sync_path, answer, 0)));
}

TEST_CASE("The central store's refusals lead to their states") {
  const Bytes told = proto::encode(proto::Failure{"word", "Said in plain words.", 0});
  const Failure token = failure_of(ours(401, told), session_path);
  CHECK(token.kind == FailureKind::needs_sign_in);
  CHECK(token.error.message == "Said in plain words.");
  CHECK(failure_of(ours(401, told), sync_path).kind == FailureKind::credential_refused);
  CHECK(failure_of(ours(403, told)).kind == FailureKind::blocked);
  CHECK(failure_of(ours(403, told)).error.code == Code::permission);
  CHECK(failure_of(ours(403, told)).from_centre);
  CHECK(failure_of(ours(403, told)).error.message.find("Said in plain words. Please show this to your office.") == 0);
  CHECK(failure_of(ours(426)).kind == FailureKind::blocked);
  CHECK(failure_of(ours(426)).error.code == Code::newer_format);
  CHECK(failure_of(ours(413)).kind == FailureKind::too_large);
  for (const int status : {400, 404, 408, 429, 500, 502, 503, 504}) {
    CHECK(failure_of(ours(status)).kind == FailureKind::transient);
    CHECK_FALSE(failure_of(ours(status)).error.message.empty());
  }
}

TEST_CASE("Retry-After is heard, from the header first, from the body otherwise") {
  HttpResponse busy = ours(503, proto::encode(proto::Failure{"busy", "", 7}));
  CHECK(failure_of(busy).retry_after_ms == 7'000);
  busy.headers["retry-after"] = "30";
  CHECK(failure_of(busy).retry_after_ms == 30'000);
  busy.headers["retry-after"] = "Sun, 06 Nov 1994 08:50:37 GMT";
  busy.headers["date"] = "Sun, 06 Nov 1994 08:49:37 GMT";
  CHECK(failure_of(busy).retry_after_ms == 60'000);
  HttpResponse balancer = html(503);
  balancer.headers["retry-after"] = "9";
  CHECK(failure_of(balancer).retry_after_ms == 9'000);
  CHECK(failure_of(balancer).by_another);
  balancer.headers["retry-after"] = "86400";
  CHECK(failure_of(balancer).retry_after_ms == 300'000);
  balancer.headers["retry-after"] = "0";
  CHECK_FALSE(failure_of(balancer).retry_after_ms);
  busy.headers["retry-after"] = "3600";
  CHECK(failure_of(busy).retry_after_ms == 3'600'000);
  CHECK_FALSE(failure_of(busy).by_another);
  CHECK_FALSE(failure_of(ours(500)).retry_after_ms);
}

TEST_CASE("What the transport, the store and the token provider say leads to its state") {
  CHECK(failure_of(make_error(Code::network, "x")).kind == FailureKind::transient);
  CHECK(failure_of(make_error(Code::timeout, "x")).kind == FailureKind::transient);
  CHECK(failure_of(make_error(Code::certificate, "x")).kind == FailureKind::blocked);
  for (const Code code : {Code::disk_full, Code::busy, Code::io, Code::protocol}) {
    CHECK(failure_of_store(make_error(code, "x")).kind == FailureKind::transient);
  }
  for (const Code code : {Code::wrong_owner, Code::corrupt, Code::newer_format}) {
    CHECK(failure_of_store(make_error(code, "x")).kind == FailureKind::blocked);
  }
  CHECK(failure_of_token(make_error(Code::network, "x")).kind == FailureKind::transient);
  CHECK(failure_of_token(make_error(Code::sign_in, "x")).kind == FailureKind::needs_sign_in);
}

// ---- words ----------------------------------------------------------------------------------------------------------

constexpr int64_t kNow = 1'790'000'000'000, kDay = 86'400'000;

TEST_CASE("The status says in plain words what is where") {
  EngineStatus status;
  status.phase = Phase::connected;
  status.store.last_sync_ms = kNow;
  CHECK(status_words(status, kNow) == "Everything is up to date.");
  status.store.unsent = 12;
  status.store.oldest_unsent_ms = kNow - 3 * kDay - 5'000;
  status.phase = Phase::idle;
  CHECK(status_words(status, kNow) == "12 items not yet at base, oldest 3 days.");
  status.store.unsent = 1;
  CHECK(status_words(status, kNow) == "1 item not yet at base, 3 days old.");
  status.store.oldest_unsent_ms = kNow - 5'000;
  CHECK(status_words(status, kNow) == "1 item not yet at base.");
  status.phase = Phase::needs_sign_in;
  status.last_error = make_error(Code::sign_in, "Please sign in again.");
  CHECK(status_words(status, kNow) == "1 item not yet at base. Please sign in again.");
  status.phase = Phase::offline;
  CHECK(status_words(status, kNow) ==
        "1 item not yet at base. No connection. Everything you write is safe on this tablet.");
}

TEST_CASE("A wrong clock is said, a small difference is not") {
  EngineStatus status;
  status.phase = Phase::connected;
  status.store.last_sync_ms = kNow;
  status.store.clock_skew_ms = -9 * kDay;
  CHECK(status_words(status, kNow - 9 * kDay) == "Everything is up to date. This tablet's clock is 9 days wrong.");
  status.store.clock_skew_ms = 366 * kDay;
  CHECK(status_words(status, kNow).find("366 days wrong") != std::string::npos);
  status.store.clock_skew_ms = 90'000;
  CHECK(status_words(status, kNow) == "Everything is up to date.");
}

TEST_CASE("Refused items, open questions and the last contact are said") {
  EngineStatus status;
  status.phase = Phase::stopped;
  CHECK(status_words(status, kNow) == "This tablet has not been in touch with base yet.");
  status.store.last_sync_ms = kNow - 2 * 3'600'000;
  CHECK(status_words(status, kNow) == "Everything you wrote is at base. Last in touch 2 hours ago.");
  status.store.set_aside = 2;
  status.store.to_decide = 1;
  CHECK(status_words(status, kNow) ==
        "Everything you wrote is at base. Last in touch 2 hours ago. 2 items were not accepted. You can still read "
        "them, with the reason. 1 question waits for you.");
}

TEST_CASE("What does not fit and what is kept sealed is said") {
  EngineStatus status;
  status.phase = Phase::connected;
  status.store.last_sync_ms = kNow;
  status.store.scopes_unfit = 2;
  CHECK(status_words(status, kNow) ==
        "Everything is up to date. What comes for 2 places does not fit together. Please tell your support team.");
  status.store.scopes_unfit = 0;
  status.store.sealed = 1;
  CHECK(status_words(status, kNow) ==
        "Everything is up to date. This tablet keeps 1 sealed item for base until base has a backup.");
  status.store.sealed = 3;
  status.store.sealed_to_send = 1;
  CHECK(status_words(status, kNow) ==
        "Everything is up to date. This tablet keeps 3 sealed items for base and is giving back what base has lost.");
}

TEST_CASE("The status speaks Welsh to whoever asked for it") {
  const auto welsh = [](const EngineStatus& status) { return status_words(status, kNow, merge::Language::welsh); };
  EngineStatus status;
  status.phase = Phase::connected;
  status.store.last_sync_ms = kNow;
  CHECK(welsh(status) == "Mae popeth yn gyfredol.");
  status.store.unsent = 12;
  status.store.oldest_unsent_ms = kNow - 2 * kDay;
  CHECK(welsh(status) == "12 eitem heb gyrraedd y ganolfan eto, yr hynaf ers 2 ddiwrnod.");
  status.store.unsent = 1;
  status.store.set_aside = 1;
  status.store.to_decide = 2;
  status.store.clock_skew_ms = 5 * 366 * kDay;
  CHECK(welsh(status) ==
        "1 eitem heb gyrraedd y ganolfan eto, ers 2 ddiwrnod. Ni dderbyniwyd 1 eitem. Gallwch ei darllen o hyd, gyda'r "
        "rheswm. Cwestiynau sy'n aros amdanoch: 2. Mae cloc y llechen hon 5 mlynedd yn anghywir.");
}

TEST_CASE("What the status tells below has a line of its own, in the language that was asked for") {
  EngineStatus status;
  CHECK(status_details(status, merge::Language::english).empty());
  status.store.to_decide = 2;
  status.store.to_know = 1;
  status.store.set_aside = 1;
  status.store.scopes_unfit = 3;
  status.store.last_sync_ms = kNow;
  const auto lines = [&](merge::Language language) {
    std::vector<std::string> all;
    for (const StatusDetail& detail : status_details(status, language)) {
      all.push_back(std::string(detail.what) + ": " + detail.words);
    }
    return all;
  };
  CHECK(lines(merge::Language::english) ==
        std::vector<std::string>{"to_decide: 2 things wait for you to decide", "to_know: 1 thing for you to know",
                                 "set_aside: 1 item was not accepted", "scopes_unfit: 3 places need your support team",
                                 "last_sync: Last at base: " + format_instant(kNow)});
  CHECK(lines(merge::Language::welsh) ==
        std::vector<std::string>{"to_decide: Pethau sy'n aros am eich penderfyniad: 2",
                                 "to_know: Pethau i chi eu gwybod: 1", "set_aside: Eitemau na dderbyniwyd: 1",
                                 "scopes_unfit: Lleoedd sydd angen eich tîm cymorth: 3",
                                 "last_sync: Yn y ganolfan ddiwethaf: " + format_instant(kNow)});
}

TEST_CASE("Whatever is the matter, the Welsh status has no sentence of the English one") {
  for (int phase = 0; phase <= static_cast<int>(Phase::blocked); ++phase) {
    for (int matter = 0; matter < 6; ++matter) {
      EngineStatus status;
      status.phase = static_cast<Phase>(phase);
      if (matter > 0) status.store.last_sync_ms = kNow - kDay;
      status.store.scopes_incomplete = matter == 1;
      status.store.scopes_unfit = matter == 2;
      status.store.sealed = matter >= 3;
      status.store.sealed_to_send = matter == 4;
      const std::string english = status_words(status, kNow);
      const std::string welsh = status_words(status, kNow, merge::Language::welsh);
      INFO(english << " / " << welsh);
      REQUIRE_FALSE(welsh.empty());
      for (size_t from = 0; from < english.size();) {
        const size_t end = std::min(english.find(". ", from), english.size() - 1) + 1;
        CHECK(welsh.find(english.substr(from, end - from)) == std::string::npos);
        from = end + 1;
      }
    }
  }
}

}  // namespace
}  // namespace satchel::sync
