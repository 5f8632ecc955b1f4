// One TLS connection, request after request: sockets, times and limits. What the bytes mean is message.hpp's.
//
//   handshake ──> idle ──first byte──> head ──> body ──> with the service ──> answer ──┐
//                  ^  │ idle_ms, stop            │ refused: answer, linger, close      │ close wanted: linger, close
//                  │  └─> close                                                        │
//                  └────────────────────────── kept alive ─────────────────────────────┘
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <unordered_set>

#include "server/http/http_server.hpp"
#include "server/http/message.hpp"

namespace satchel::server::http {

// Coroutines here get errors as values: auto [error, ...] = co_await socket.async_...(awaiting).
inline constexpr auto awaiting = boost::asio::as_tuple(boost::asio::use_awaitable);

class Connection;

// What the connections share. Everything here is touched by the socket thread only.
struct Shared {
  const HttpOptions& options;
  ServiceQueue& queue;
  const Clock& clock;
  Logger& logger;
  bool stopping = false;
  uint64_t memory_bytes = 0;  // bodies under way
  std::unordered_set<Connection*> connections;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // surplus: one too many. It is told so and closed.
  Connection(Shared& shared, boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls, bool surplus);
  ~Connection();

  boost::asio::awaitable<void> run();
  void stop();  // closes at once when idle, else after the answer under way
  void cut();

 private:
  struct Exchange;
  enum class Expiry { close, end_of_input };

  boost::asio::awaitable<bool> wait_for_request();
  boost::asio::awaitable<bool> exchange();
  boost::asio::awaitable<bool> receive();  // some bytes for the reader; false: there come no more
  boost::asio::awaitable<bool> read_head(Answer& answer);
  boost::asio::awaitable<Answer> answer_to(Exchange& exchange, Route route);
  boost::asio::awaitable<bool> read_body(Exchange& exchange);
  boost::asio::awaitable<Reply> ask(Request request);
  boost::asio::awaitable<Answer> probe_ready();
  boost::asio::awaitable<bool> send(Exchange& exchange, Answer answer);
  boost::asio::awaitable<void> close();
  void log_request(const Exchange& exchange, const Answer& answer, uint64_t sent_bytes) const;
  bool peer_gone();
  // Ends what is read or written on this connection when `ms` pass before the next arm() or disarm().
  void arm(int64_t ms, Expiry expiry);
  void disarm();

  Shared& shared_;
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::asio::steady_timer timer_;
  uint64_t armed_ = 0;
  bool timed_out_ = false;
  bool idle_ = false;
  const bool surplus_;
  RequestReader reader_;
};

}  // namespace satchel::server::http
