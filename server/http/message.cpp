#include "server/http/message.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <sstream>
#include <utility>

namespace satchel::server::http {

namespace beast_http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr size_t piece = 16 << 10;

std::string to_string(boost::beast::string_view text) { return std::string(text.data(), text.size()); }

}  // namespace

struct RequestReader::Parser {
  explicit Parser(size_t header_bytes) : header_bytes_most(header_bytes) {}

  const size_t header_bytes_most;
  boost::beast::flat_buffer bytes;  // received and not yet used
  std::optional<beast_http::request_parser<beast_http::string_body>> request;
  Head head;
  error_code error;

  // Until `done`, or until there is nothing left to use.
  template <class Done>
  Progress read(Done done) {
    while (!done()) {
      if (bytes.size() == 0) return Progress::more;
      const size_t used = request->put(bytes.data(), error);
      bytes.consume(used);
      if (error == beast_http::error::need_more) return Progress::more;
      if (error) return Progress::failed;
    }
    return Progress::done;
  }

  void note_start_line() {
    const std::string target = to_string(request->get().target());
    head.path = target.substr(0, target.find('?'));
    head.method = to_string(request->get().method_string());
  }

  void note_fields() {
    const auto& message = request->get();
    head.authorization = to_string(message[beast_http::field::authorization]);
    head.content_type = to_string(message[beast_http::field::content_type]);
    head.content_encoding = to_string(message[beast_http::field::content_encoding]);
    head.accept_encoding = to_string(message[beast_http::field::accept_encoding]);
    head.chunked = request->chunked();
    if (const auto length = request->content_length()) head.content_length = *length;
  }
};

RequestReader::RequestReader(size_t header_bytes_most) : parser_(std::make_unique<Parser>(header_bytes_most)) {}
RequestReader::~RequestReader() = default;

std::span<char> RequestReader::room() {
  const auto free = parser_->bytes.prepare(piece);
  return {static_cast<char*>(free.data()), free.size()};
}

void RequestReader::arrived(size_t bytes) { parser_->bytes.commit(bytes); }

bool RequestReader::has_bytes() const { return parser_->bytes.size() > 0; }

void RequestReader::begin() {
  auto& request = parser_->request.emplace();
  request.header_limit(static_cast<uint32_t>(parser_->header_bytes_most));
  request.body_limit(boost::none);  // admit() judges the length, so that a refusal has words
  parser_->head = {};
  parser_->error = {};
}

RequestReader::Progress RequestReader::read_head() {
  const Progress progress = parser_->read([this] { return parser_->request->is_header_done(); });
  if (progress != Progress::more) parser_->note_start_line();
  if (progress == Progress::done) parser_->note_fields();
  return progress;
}

RequestReader::Progress RequestReader::read_body() {
  return parser_->read([this] { return parser_->request->is_done(); });
}

const Head& RequestReader::head() const { return parser_->head; }

bool RequestReader::expects_continue() const {
  return boost::beast::iequals(parser_->request->get()[beast_http::field::expect], "100-continue");
}

bool RequestReader::keep_alive() const { return parser_->request->keep_alive(); }

Bytes RequestReader::take_body() { return std::move(parser_->request->get().body()); }

Answer RequestReader::failure() const {
  if (parser_->error == beast_http::error::header_limit) {
    return failure_answer(parser_->head.path, 431, "header_too_large", "The head of the request is too large.");
  }
  return failure_answer(parser_->head.path, 400, "bad_request", "This is not a request in HTTP/1.1.");
}

Bytes answer_bytes(Answer& answer, bool keep_alive, bool whole) {
  beast_http::response<beast_http::empty_body> message;
  message.result(static_cast<unsigned>(answer.status));
  // An answer to POST is never kept by a cache (RFC 9110, 9.3.3), and each byte of it is paid for by a tablet.
  if (answer.content_type != protobuf_type) message.set(beast_http::field::cache_control, "no-store");
  message.set(beast_http::field::content_type, answer.content_type);
  if (!answer.content_encoding.empty()) message.set(beast_http::field::content_encoding, answer.content_encoding);
  if (!answer.allow.empty()) message.set(beast_http::field::allow, answer.allow);
  if (answer.retry_after_s > 0) message.set(beast_http::field::retry_after, std::to_string(answer.retry_after_s));
  message.keep_alive(keep_alive);
  message.content_length(answer.body.size());
  std::ostringstream head;
  head << message.base();
  Bytes bytes = std::move(head).str();
  if (whole) bytes += answer.body;
  return bytes;
}

}  // namespace satchel::server::http
