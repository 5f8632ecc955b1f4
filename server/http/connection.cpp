#include "server/http/connection.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

namespace satchel::server::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int64_t linger_ms = 2'000;
constexpr size_t linger_bytes_most = 1 << 20;

// Bodies count against one allowance, so that many large requests at once cannot exhaust the machine.
class Allowance {
 public:
  explicit Allowance(Shared& shared) : shared_(shared) {}
  Allowance(const Allowance&) = delete;
  ~Allowance() { shared_.memory_bytes -= bytes_; }
  bool take(uint64_t bytes) {
    if (shared_.memory_bytes + bytes > shared_.options.memory_bytes_most) return false;
    shared_.memory_bytes += bytes;
    bytes_ += bytes;
    return true;
  }

 private:
  Shared& shared_;
  uint64_t bytes_ = 0;
};

// Lets a vanished tablet be noticed (keep-alive, unanswered data), and answers leave at once. A tablet that waits for
// news is not asked whether it is still there: each time would wake its radio.
void tune(asio::ip::tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int idle_s = 300, interval_s = 10, probes = 3;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

Answer busy(std::string_view path) {
  return failure_answer(path, 503, "busy", "The central store is busy. Please try again in a moment.", 5);
}

}  // namespace

struct Connection::Exchange {
  explicit Exchange(Shared& shared) : allowance(shared) {}
  Head head;
  Allowance allowance;
  bool keep = false;        // the connection may serve another request
  bool body_unread = false; // the client may still be sending
  int64_t started_ms = 0;
};

Connection::Connection(Shared& shared, asio::ip::tcp::socket socket, asio::ssl::context& tls, bool surplus)
    : shared_(shared),
      stream_(std::move(socket), tls),
      timer_(stream_.get_executor()),
      surplus_(surplus),
      reader_(shared.options.header_bytes_most) {
  tune(stream_.next_layer());
  shared_.connections.insert(this);
}

Connection::~Connection() { shared_.connections.erase(this); }

asio::awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  arm(shared_.options.handshake_ms, Expiry::close);
  auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, awaiting);
  if (error) {
    shared_.logger.log(LogLevel::debug, "handshake_failed", {{"reason", error.message()}});
    co_return;
  }
  while (co_await exchange()) {
  }
  disarm();
}

void Connection::stop() {
  if (!idle_) return;
  error_code ignored;
  stream_.next_layer().shutdown(asio::socket_base::shutdown_receive, ignored);
}

void Connection::cut() {
  error_code ignored;
  stream_.next_layer().close(ignored);
}

asio::awaitable<bool> Connection::wait_for_request() {
  if (reader_.has_bytes()) co_return true;  // the next request came along with the last one
  if (shared_.stopping) co_return false;
  arm(shared_.options.idle_ms, Expiry::end_of_input);
  idle_ = true;
  const bool more = co_await receive();
  idle_ = false;
  co_return more;
}

asio::awaitable<bool> Connection::receive() {
  const std::span<char> room = reader_.room();
  auto [error, count] = co_await stream_.async_read_some(asio::buffer(room.data(), room.size()), awaiting);
  reader_.arrived(count);
  co_return !error;
}

asio::awaitable<bool> Connection::exchange() {
  if (!co_await wait_for_request()) {
    co_await close();
    co_return false;
  }
  Exchange exchange(shared_);
  exchange.started_ms = shared_.clock.monotonic_ms();
  Answer answer;
  const bool head_came = co_await read_head(answer);
  exchange.head = reader_.head();
  exchange.keep = head_came && reader_.keep_alive();
  if (!head_came) {
    exchange.body_unread = true;
    if (answer.status == 0) co_return false;
  } else if (surplus_) {
    exchange.body_unread = true;
    answer = busy(exchange.head.path);
  } else {
    Admission admission = admit(exchange.head, shared_.options.body);
    exchange.body_unread = !admission.route && (exchange.head.chunked || exchange.head.content_length.value_or(0) > 0);
    answer = std::move(admission.refusal);
    if (admission.route) answer = co_await answer_to(exchange, *admission.route);
  }
  if (answer.status == 0) co_return false;
  const bool keep = exchange.keep && !exchange.body_unread && !shared_.stopping;
  exchange.keep = keep;
  if (!co_await send(exchange, std::move(answer))) co_return false;
  if (!keep) co_await close();
  co_return keep;
}

// False: `answer` says why, or has status 0, when there is nobody to tell.
asio::awaitable<bool> Connection::read_head(Answer& answer) {
  using Progress = RequestReader::Progress;
  reader_.begin();
  arm(shared_.options.header_ms, Expiry::end_of_input);
  for (;;) {
    const Progress progress = reader_.read_head();
    if (progress == Progress::done) co_return true;
    if (progress == Progress::failed) {
      answer = reader_.failure();
      co_return false;
    }
    if (co_await receive()) continue;
    answer.status = 0;
    if (timed_out_) {
      answer = failure_answer(reader_.head().path, 408, "timeout", "The request did not arrive in time.");
    }
    co_return false;
  }
}

asio::awaitable<Answer> Connection::answer_to(Exchange& exchange, Route route) {
  if (route == Route::health) co_return health_answer();
  if (route == Route::ready) co_return co_await probe_ready();
  exchange.body_unread = true;
  if (!exchange.allowance.take(*exchange.head.content_length)) co_return busy(exchange.head.path);
  if (!co_await read_body(exchange)) {
    if (timed_out_) co_return failure_answer(exchange.head.path, 408, "timeout", "The body did not arrive in time.");
    Answer nobody;
    nobody.status = 0;
    co_return nobody;
  }
  exchange.body_unread = false;
  auto plain = plain_body(exchange.head, reader_.take_body(), shared_.options.body);
  if (!plain) co_return body_refused(exchange.head, plain.error());
  if (!exchange.allowance.take(plain->size())) co_return busy(exchange.head.path);
  Request request;
  request.path = exchange.head.path;
  request.authorization = exchange.head.authorization;
  request.body = std::move(*plain);
  Reply reply = co_await ask(std::move(request));
  co_return reply_answer(exchange.head, std::move(reply));
}

asio::awaitable<bool> Connection::read_body(Exchange& exchange) {
  const HttpOptions& options = shared_.options;
  const int64_t until_ms = shared_.clock.monotonic_ms() + options.transfer_ms;
  if (reader_.expects_continue() && *exchange.head.content_length > 0) {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    arm(options.stall_ms, Expiry::close);
    auto [error, count] = co_await asio::async_write(stream_, asio::buffer(go_on), awaiting);
    static_cast<void>(count);
    if (error) co_return false;
  }
  for (;;) {
    const RequestReader::Progress progress = reader_.read_body();
    if (progress == RequestReader::Progress::done) break;
    if (progress == RequestReader::Progress::failed) co_return false;
    const int64_t left_ms = until_ms - shared_.clock.monotonic_ms();
    arm(std::clamp<int64_t>(left_ms, 0, options.stall_ms), Expiry::end_of_input);
    if (!co_await receive()) co_return false;
  }
  disarm();
  co_return true;
}

// Waits for the service. Looks once a second whether the client is still there: a parked poll whose tablet has gone
// would otherwise hold its connection for as long as it may wait.
asio::awaitable<Reply> Connection::ask(Request request) {
  struct Slot {
    explicit Slot(const asio::any_io_executor& executor) : ready(executor) {}
    asio::steady_timer ready;
    Reply reply;
    bool done = false;
  };
  const auto slot = std::make_shared<Slot>(stream_.get_executor());
  const auto executor = stream_.get_executor();
  const ServiceQueue::Ticket ticket = shared_.queue.submit(std::move(request), [slot, executor](Reply reply) {
    asio::post(executor, [slot, reply = std::move(reply)]() mutable {
      slot->reply = std::move(reply);
      slot->done = true;
      slot->ready.cancel();
    });
  });
  while (!slot->done) {
    slot->ready.expires_after(std::chrono::seconds(1));
    co_await slot->ready.async_wait(awaiting);
    if (!slot->done && peer_gone()) shared_.queue.abandon(ticket);
  }
  co_return std::move(slot->reply);
}

asio::awaitable<Answer> Connection::probe_ready() {
  struct Slot {
    explicit Slot(const asio::any_io_executor& executor) : ready(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer ready;
    Result<> result;
    bool done = false;
  };
  const auto slot = std::make_shared<Slot>(stream_.get_executor());
  const auto executor = stream_.get_executor();
  shared_.queue.ask_ready([slot, executor](Result<> result) {
    asio::post(executor, [slot, result = std::move(result)] {
      slot->result = result;
      slot->done = true;
      slot->ready.cancel();
    });
  });
  while (!slot->done) co_await slot->ready.async_wait(awaiting);
  co_return ready_answer(slot->result, shared_.stopping);
}

asio::awaitable<bool> Connection::send(Exchange& exchange, Answer answer) {
  const bool whole = exchange.head.method != "HEAD";
  const Bytes bytes = answer_bytes(answer, exchange.keep, whole);
  const int64_t until_ms = shared_.clock.monotonic_ms() + shared_.options.transfer_ms;
  bool well = true;
  for (size_t sent = 0; well && sent < bytes.size();) {
    const int64_t left_ms = until_ms - shared_.clock.monotonic_ms();
    arm(std::clamp<int64_t>(left_ms, 0, shared_.options.stall_ms), Expiry::close);
    auto [error, count] = co_await stream_.async_write_some(asio::buffer(bytes.data() + sent, bytes.size() - sent),
                                                            awaiting);
    sent += count;
    well = !error;
  }
  disarm();
  log_request(exchange, answer, whole ? answer.body.size() : 0);
  co_return well;
}

// Says good-bye and reads on for a moment: closing a socket with unread bytes would take back the answer just sent.
asio::awaitable<void> Connection::close() {
  arm(linger_ms, Expiry::close);
  auto& socket = stream_.next_layer();
  co_await stream_.async_shutdown(awaiting);
  error_code ignored;
  socket.shutdown(asio::socket_base::shutdown_send, ignored);
  std::array<char, 4096> dropped;
  for (size_t total = 0; total < linger_bytes_most;) {
    auto [error, count] = co_await socket.async_read_some(asio::buffer(dropped), awaiting);
    if (error) break;
    total += count;
  }
  disarm();
  cut();
}

void Connection::log_request(const Exchange& exchange, const Answer& answer, uint64_t sent_bytes) const {
  const int64_t ms = shared_.clock.monotonic_ms() - exchange.started_ms;
  shared_.logger.log(answer.status >= 500 ? LogLevel::warning : LogLevel::info, "request",
                     {{"method", std::string(method_for_log(exchange.head.method))},
                      {"path", std::string(path_for_log(exchange.head.path))},
                      {"status", std::to_string(answer.status)},
                      {"in", std::to_string(exchange.head.content_length.value_or(0))},
                      {"out", std::to_string(sent_bytes)},
                      {"ms", std::to_string(ms)},
                      {"replica", answer.replica}});
}

bool Connection::peer_gone() {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(stream_.next_layer().native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return true;
  return info.tcpi_state != TCP_ESTABLISHED;
}

void Connection::arm(int64_t ms, Expiry expiry) {
  const uint64_t armed = ++armed_;
  timer_.expires_after(std::chrono::milliseconds(ms));
  timer_.async_wait([weak = weak_from_this(), armed, expiry](error_code error) {
    const auto self = weak.lock();
    if (error || !self || self->armed_ != armed) return;
    self->timed_out_ = true;
    error_code ignored;
    // The end of input keeps the way out open, so that the client can still be told.
    if (expiry == Expiry::end_of_input) {
      self->stream_.next_layer().shutdown(asio::socket_base::shutdown_receive, ignored);
    } else {
      self->cut();
    }
  });
}

void Connection::disarm() {
  ++armed_;
  timer_.cancel();
}

}  // namespace satchel::server::http
