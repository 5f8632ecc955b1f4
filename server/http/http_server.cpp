#include "server/http/http_server.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "server/http/connection.hpp"
#include "server/http/tls_context.hpp"

namespace satchel::server::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// How many connections beyond the limit are told so; each costs a handshake, so the rest are closed unheard.
size_t surplus_most(size_t connections_most) { return std::max<size_t>(16, connections_most / 8); }

}  // namespace

struct HttpServer::Impl {
  Impl(const HttpOptions& options_in, Service& service, const Clock& clock, Logger& logger_in)
      : options(options_in),
        logger(logger_in),
        queue(service, clock, logger, options.queue),
        shared{options, queue, clock, logger, false, 0, {}},
        acceptor(io),
        guard(asio::make_work_guard(io)) {}

  const HttpOptions options;
  Logger& logger;
  ServiceQueue queue;
  asio::io_context io{1};
  Shared shared;
  std::optional<asio::ssl::context> tls;  // socket thread, once it runs
  tcp::acceptor acceptor;
  asio::executor_work_guard<asio::io_context::executor_type> guard;
  uint16_t port = 0;
  std::thread thread;
  std::once_flag stopped;

  Result<> listen() {
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) {
      return make_error(Code::invalid, "'" + options.address + "' is not an IP address to listen on.",
                        "/listen/address");
    }
    const tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(1024, error);
    if (error) {
      return make_error(Code::io, "Could not listen on " + options.address + " port " + std::to_string(options.port) +
                                      ": " + error.message() + ".", "/listen");
    }
    port = acceptor.local_endpoint(error).port();
    return {};
  }

  asio::awaitable<void> accept_all() {
    asio::steady_timer pause(io);
    while (!shared.stopping) {
      auto [error, socket] = co_await acceptor.async_accept(awaiting);
      if (shared.stopping) co_return;
      if (error) {  // out of descriptors, mostly: go on when some connection has ended
        logger.log(LogLevel::error, "accept_failed", {{"reason", error.message()}});
        pause.expires_after(std::chrono::milliseconds(100));
        co_await pause.async_wait(awaiting);
        continue;
      }
      take(std::move(socket));
    }
  }

  void take(tcp::socket socket) {
    const size_t count = shared.connections.size();
    if (count >= options.connections_most + surplus_most(options.connections_most)) return;  // closes the socket
    const bool surplus = count >= options.connections_most;
    const auto connection = std::make_shared<Connection>(shared, std::move(socket), *tls, surplus);
    asio::co_spawn(
        io, [connection] { return connection->run(); },
        [this](std::exception_ptr failure) {
          if (failure) report(failure);
        });
  }

  // Out of memory, mostly: it ends that connection, not the server.
  void report(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& what) {
      logger.log(LogLevel::error, "connection_failed", {{"what", what.what()}});
    }
  }

  void begin_stop() {
    shared.stopping = true;
    error_code ignored;
    acceptor.close(ignored);
    const auto connections = shared.connections;  // stop() may end one
    for (Connection* connection : connections) connection->stop();
  }

  asio::awaitable<void> wait_until_done() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(options.shutdown_ms);
    asio::steady_timer pause(io);
    while (!shared.connections.empty() && std::chrono::steady_clock::now() < until) {
      pause.expires_after(std::chrono::milliseconds(10));
      co_await pause.async_wait(awaiting);
    }
    const size_t left = shared.connections.size();
    if (left > 0) logger.log(LogLevel::warning, "connections_cut", {{"count", std::to_string(left)}});
    const auto connections = shared.connections;
    for (Connection* connection : connections) connection->cut();
  }

  void stop() {
    asio::post(io, [this] { begin_stop(); });
    queue.drain();
    asio::co_spawn(io, wait_until_done(), asio::use_future).wait();
    queue.stop();
    guard.reset();  // the last coroutines end now: their sockets are closed and their answers are there
    thread.join();
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpOptions& options, Service& service, const Clock& clock,
                                                      Logger& logger) {
  SATCHEL_ASSIGN(TlsContext tls, make_tls_context(options.certificate_file, options.private_key_file));
  auto impl = std::make_unique<Impl>(options, service, clock, logger);
  impl->tls.emplace(tls.release());
  SATCHEL_TRY(impl->listen());
  asio::co_spawn(impl->io, impl->accept_all(), asio::detached);
  impl->thread = std::thread([raw = impl.get()] { raw->io.run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

uint16_t HttpServer::port() const { return impl_->port; }

Result<> HttpServer::reload_certificate() {
  SATCHEL_ASSIGN(TlsContext tls, make_tls_context(impl_->options.certificate_file, impl_->options.private_key_file));
  // Connections that are open keep their own reference to the old context.
  std::promise<void> done;
  asio::post(impl_->io, [this, &tls, &done] {
    impl_->tls.emplace(tls.release());
    done.set_value();
  });
  done.get_future().wait();
  return {};
}

void HttpServer::stop() {
  std::call_once(impl_->stopped, [this] { impl_->stop(); });
}

bool HttpServer::failed() const { return impl_->queue.failed(); }

}  // namespace satchel::server::http
