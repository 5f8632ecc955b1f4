#include "tests/support_tls/tls_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

namespace satchel::test {
namespace {

SSL_CTX* make_context(const Certificate& certificate, const TlsServer::Options& options) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  BIO* pem = BIO_new_mem_buf(certificate.pem.data(), static_cast<int>(certificate.pem.size()));
  BIO* key_pem = BIO_new_mem_buf(certificate.key_pem.data(), static_cast<int>(certificate.key_pem.size()));
  X509* x509 = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(key_pem, nullptr, nullptr, nullptr);
  const bool ok = SSL_CTX_use_certificate(context, x509) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1;
  X509_free(x509);
  EVP_PKEY_free(key);
  BIO_free(pem);
  BIO_free(key_pem);
  if (options.newest_tls != 0) {
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, options.newest_tls);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  }
  if (!ok) throw std::runtime_error("the test's certificate does not load");
  return context;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// One HTTP/1.1 request with Content-Length; empty when the connection ends before it is whole.
std::optional<ScriptedRequest> read_request(SSL* ssl, std::string& buffer) {
  size_t head = std::string::npos;
  const auto read_more = [&] {
    char chunk[16'384];
    const int size = SSL_read(ssl, chunk, sizeof chunk);
    if (size <= 0) return false;
    buffer.append(chunk, static_cast<size_t>(size));
    return true;
  };
  while ((head = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return std::nullopt;
  }
  ScriptedRequest request;
  const std::string lines = buffer.substr(0, head + 2);
  buffer.erase(0, head + 4);
  const size_t first_end = lines.find("\r\n"), space = lines.find(' ');
  request.method = lines.substr(0, space);
  request.path = lines.substr(space + 1, lines.find(' ', space + 1) - space - 1);
  for (size_t at = first_end + 2; at < lines.size();) {
    const size_t end = lines.find("\r\n", at), colon = lines.find(':', at);
    request.headers[lower(lines.substr(at, colon - at))] = lines.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  const size_t size = std::strtoull(request.headers["content-length"].c_str(), nullptr, 10);
  while (buffer.size() < size) {
    if (!read_more()) return std::nullopt;
  }
  request.body = buffer.substr(0, size);
  buffer.erase(0, size);
  return request;
}

bool write_all(SSL* ssl, const std::string& bytes) {
  size_t written = 0;
  return bytes.empty() || (SSL_write_ex(ssl, bytes.data(), bytes.size(), &written) == 1 && written == bytes.size());
}

std::string head_of(const ScriptedAnswer& answer) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " x\r\n";
  for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
  return head + "content-length: " + std::to_string(answer.body.size()) + "\r\n\r\n";
}

}  // namespace

struct TlsServer::Impl {
  SSL_CTX* context = nullptr;
  Script script;
  int listener = -1, port = 0;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::set<int> open;  // sockets, closed only by their own thread
  std::vector<std::thread> threads;
  std::vector<ScriptedRequest> requests;
  int connections = 0;
  bool stopping = false;
  std::thread acceptor;

  void accept_all() {
    for (;;) {
      const int socket = accept(listener, nullptr, nullptr);
      const std::lock_guard lock(mutex);
      if (stopping || socket < 0) {
        if (socket >= 0) close(socket);
        return;
      }
      open.insert(socket);
      threads.emplace_back([this, socket, number = ++connections] { serve(socket, number); });
      changed.notify_all();
    }
  }

  void serve(int socket, int number) {
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, socket);
    if (SSL_accept(ssl) == 1) {
      std::string buffer;
      while (auto request = read_request(ssl, buffer)) {
        request->connection = number;
        if (!answer(ssl, *request)) break;
      }
      SSL_shutdown(ssl);
    }
    ERR_clear_error();
    SSL_free(ssl);
    const std::lock_guard lock(mutex);
    open.erase(socket);
    close(socket);
    changed.notify_all();
  }

  bool answer(SSL* ssl, const ScriptedRequest& request) {
    {
      const std::lock_guard lock(mutex);
      requests.push_back(request);
      changed.notify_all();
    }
    const ScriptedAnswer scripted = script(request);
    if (scripted.drop) return false;
    if (scripted.silent) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stopping; });
      return false;
    }
    return write_all(ssl, head_of(scripted)) && write_all(ssl, scripted.body) && !scripted.close;
  }
};

TlsServer::TlsServer(const Certificate& certificate, Script script, Options options) : impl_(std::make_unique<Impl>()) {
  std::signal(SIGPIPE, SIG_IGN);  // a client that hangs up must not end the test
  impl_->context = make_context(certificate, options);
  impl_->script = std::move(script);
  impl_->listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(impl_->listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(impl_->listener, 64) != 0 ||
      getsockname(impl_->listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  impl_->port = ntohs(address.sin_port);
  impl_->acceptor = std::thread([this] { impl_->accept_all(); });
}

TlsServer::~TlsServer() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    for (const int socket : impl_->open) shutdown(socket, SHUT_RDWR);
    impl_->changed.notify_all();
  }
  shutdown(impl_->listener, SHUT_RDWR);
  impl_->acceptor.join();
  for (std::thread& thread : impl_->threads) thread.join();
  close(impl_->listener);
  SSL_CTX_free(impl_->context);
}

int TlsServer::port() const { return impl_->port; }

std::string TlsServer::url(const std::string& host) const { return "https://" + host + ":" + std::to_string(port()); }

std::vector<ScriptedRequest> TlsServer::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

int TlsServer::connections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->connections;
}

bool TlsServer::wait_for_requests(size_t count) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, std::chrono::seconds(30), [&] { return impl_->requests.size() >= count; });
}

bool TlsServer::wait_for_open_connections(int count) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, std::chrono::seconds(30),
                                 [&] { return impl_->open.size() == static_cast<size_t>(count); });
}

}  // namespace satchel::test
