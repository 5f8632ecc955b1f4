// The bytes are what arrives on a connection of the central store, or choose it: through the reader of HTTP, the rules
// for heads and bodies, and the real service. Every request gets a well-formed answer, none of them a mistake of the
// centre's own; whatever was written, the log still follows from itself, also after a restart.
//
//   first byte   the rest
//   0            arrives as it is, in pieces as long as the next byte says; CREDENTIAL and TOKEN stand for valid ones
//   1, 2         the body of a sync: as it is, packed with zstd
//   3            what claims to be zstd
//   4            the body of a sign-in
//   5            chooses the fields of well-formed requests, one after the other on one connection
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "server/http/message.hpp"
#include "tests/fuzz/fresh_centre.hpp"
#include "tests/fuzz/sync_requests.hpp"
#include "tests/support/domain_schema.hpp"

namespace {

using namespace satchel;
using server::http::Answer;
using server::http::Head;
using server::http::RequestReader;

const server::http::BodyLimits limits;
constexpr size_t header_bytes_most = 16 << 10;
constexpr int requests_most = 8;

fuzz::FreshCentre& centre() {
  static fuzz::FreshCentre one;
  return one;
}

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s; the centre said: %s\n", what, centre().last_error().c_str());
  std::abort();
}

bool is_failure(BytesView body) {
  const auto failure = proto::decode_failure(body);
  return failure.ok() && !failure->code.empty() && !failure->message.empty();
}

void check_body(const Head& head, const Answer& answer) {
  if (answer.content_type != server::http::protobuf_type) {
    return require(nlohmann::json::accept(answer.body), "an answer is no JSON");
  }
  Bytes plain = answer.body;
  if (!answer.content_encoding.empty()) {
    auto unpacked = proto::decompress(answer.body, limits.plain_bytes_most);
    require(answer.content_encoding == "zstd" && unpacked.ok(), "an answer cannot be unpacked");
    plain = std::move(*unpacked);
  }
  if (answer.status != 200) return require(is_failure(plain), "a refusal has no words");
  const bool sync = head.path == "/v1/sync";
  require(sync ? proto::decode_sync_response(plain).ok() : proto::decode_session_response(plain).ok(),
          "an answer is malformed");
}

void check(const Head& head, Answer answer, bool keep) {
  static constexpr int statuses[] = {200, 400, 401, 403, 404, 405, 409, 411, 413, 415, 426, 431};
  const bool ours = std::find(std::begin(statuses), std::end(statuses), answer.status) != std::end(statuses);
  require(ours, "a status of no rule");
  check_body(head, answer);
  const Bytes bytes = server::http::answer_bytes(answer, keep, true);
  const std::string first = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  const size_t end = bytes.find("\r\n\r\n");
  require(bytes.rfind(first, 0) == 0 && end != bytes.npos, "an answer has no head");
  require(bytes.size() - end - 4 == answer.body.size(), "an answer is cut short");
  const std::string length = "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  require(bytes.find(length) < end, "an answer does not say how long it is");
}

Answer ask(const Head& head, Bytes body) {
  server::Request request{head.path, head.authorization, std::move(body), false};
  auto replies = centre().service().handle({request});
  require(replies.size() == 1, "a request has no answer");
  if (replies[0].park_ms > 0) {  // it waits, and nothing comes
    request.resumed = true;
    replies = centre().service().handle({request});
    require(replies.size() == 1, "a request that waited has no answer");
  }
  return reply_answer(head, std::move(replies[0]));
}

// A connection as server/http/connection.cpp serves it, without TLS and times.
class Wire {
 public:
  Wire(std::string_view bytes, size_t piece) : bytes_(bytes), piece_(piece) {}

  void run() {
    for (int left = requests_most; left > 0 && (reader_.has_bytes() || receive()) && exchange(); --left) {
    }
  }

 private:
  using Progress = RequestReader::Progress;

  bool receive() {
    if (bytes_.empty()) return false;
    const auto room = reader_.room();
    const size_t count = std::min({room.size(), piece_, bytes_.size()});
    std::memcpy(room.data(), bytes_.data(), count);
    bytes_.remove_prefix(count);
    reader_.arrived(count);
    return true;
  }

  template <class Read>
  Progress until_read(Read read) {
    for (;;) {
      const Progress progress = read();
      if (progress != Progress::more || !receive()) return progress;
    }
  }

  // True: the connection may serve another request.
  bool exchange() {
    reader_.begin();
    const Progress head_read = until_read([this] { return reader_.read_head(); });
    if (head_read == Progress::more) return false;
    const Head head = reader_.head();
    if (head_read == Progress::failed) {
      check(head, reader_.failure(), false);
      return false;
    }
    auto admission = admit(head, limits);
    if (!admission.route) {
      const bool unread = head.chunked || head.content_length.value_or(0) > 0;
      check(head, std::move(admission.refusal), reader_.keep_alive() && !unread);
      return reader_.keep_alive() && !unread;
    }
    if (*admission.route == server::http::Route::health) {
      check(head, server::http::health_answer(), reader_.keep_alive());
    } else if (*admission.route == server::http::Route::ready) {
      check(head, server::http::ready_answer(centre().service().ready(), false), reader_.keep_alive());
    } else {
      if (until_read([this] { return reader_.read_body(); }) != Progress::done) return false;
      auto plain = plain_body(head, reader_.take_body(), limits);
      require(!plain.ok() || plain->size() <= limits.plain_bytes_most, "a body has grown beyond its limit");
      check(head, plain.ok() ? ask(head, std::move(*plain)) : body_refused(head, plain.error()), reader_.keep_alive());
    }
    return reader_.keep_alive();
  }

  std::string_view bytes_;
  const size_t piece_;
  RequestReader reader_{header_bytes_most};
};

std::string with_words(std::string_view input) {
  std::string bytes(input);
  for (const auto& [word, means] : {std::pair<std::string, std::string>{"CREDENTIAL", centre().known().credential},
                                    std::pair<std::string, std::string>{"TOKEN", centre().known().token}}) {
    for (size_t at = bytes.find(word); at != bytes.npos; at = bytes.find(word, at + means.size())) {
      bytes.replace(at, word.size(), means);
    }
  }
  return bytes;
}

std::string post(const std::string& path, bool zstd, const Bytes& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: centre\r\nContent-Type: application/x-protobuf\r\n" +
         "Authorization: Bearer " + centre().known().credential + "\r\nAccept-Encoding: zstd\r\n" + (zstd ? "Content-Encoding: zstd\r\n" : "") +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void chosen(std::string_view bytes) {
  static const model::Schema schema = test::domain_schema();
  text_test::ByteChoices choices(bytes);
  fuzz::TabletOfChoices tablet(choices, centre().known(), schema);
  std::string all;
  for (int left = requests_most; left > 0 && !choices.exhausted(); --left) {
    const uint32_t what = choices.below(8);
    const Bytes body = what == 7 ? encode(tablet.session_request()) : encode(tablet.sync_request());
    all += post(what == 7 ? "/v1/session" : "/v1/sync", what % 2 == 0, what % 2 == 0 ? proto::compress(body) : body);
  }
  Wire(all, SIZE_MAX).run();
}

// What is written has to hold, now and after a restart; the next input finds the centre as this one did.
void settle(bool restart) {
  if (!centre().changed()) return;
  const auto holds = centre().admin().verify();
  require(holds.ok(), holds.ok() ? "" : holds.error().message.c_str());
  if (restart) require(centre().restart().ok() && centre().admin().verify().ok(), "the centre does not start again");
  centre().renew();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  centre();
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0: Wire(with_words(rest.substr(1)), data[1] == 0 ? SIZE_MAX : data[1]).run(); break;
    case 1: Wire(post("/v1/sync", false, Bytes(rest)), SIZE_MAX).run(); break;
    case 2: Wire(post("/v1/sync", true, proto::compress(rest)), SIZE_MAX).run(); break;
    case 3: Wire(post("/v1/sync", true, Bytes(rest)), SIZE_MAX).run(); break;
    case 4: Wire(post("/v1/session", false, Bytes(rest)), SIZE_MAX).run(); break;
    default: chosen(rest);
  }
  settle(size % 8 == 0);
  return 0;
}
