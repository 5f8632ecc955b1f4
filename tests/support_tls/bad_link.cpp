#include "tests/support_tls/bad_link.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <deque>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

namespace satchel::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kQueueMost = 64 << 10;  // what the "radio" holds before it stops taking more
constexpr size_t kSlice = 512;           // sent at once on a slow link

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

void reset(int socket) {
  const linger now{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(socket);
}

// One way of one connection.
struct Way {
  int from = -1, to = -1;
  int64_t cut_after = -1, silent_after = -1;
  int64_t passed = 0;
  struct Chunk {
    Clock::time_point due;
    std::string bytes;
  };
  std::deque<Chunk> queue;
  size_t queued = 0;
  Clock::time_point free_at{};  // when the slow link has sent what it had
  bool ended = false, told = false;

  bool wants_to_read() const { return !ended && queued < kQueueMost; }

  // False when the connection is to be reset.
  bool read(const LinkQuality& quality) {
    char buffer[16'384];
    const ssize_t size = recv(from, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    ended = size == 0;
    const auto now = Clock::now();
    for (ssize_t at = 0; at < size;) {
      const size_t slice = quality.bits_per_s > 0 ? std::min<size_t>(kSlice, static_cast<size_t>(size - at))
                                                  : static_cast<size_t>(size - at);
      free_at = std::max(free_at, now);
      if (quality.bits_per_s > 0) {
        free_at += std::chrono::microseconds(static_cast<int64_t>(slice) * 8'000'000 / quality.bits_per_s);
      }
      queue.push_back({free_at + std::chrono::milliseconds(quality.one_way_ms), std::string(buffer + at, slice)});
      queued += slice;
      at += static_cast<ssize_t>(slice);
    }
    return true;
  }

  bool write() {
    while (!queue.empty() && queue.front().due <= Clock::now()) {
      std::string& bytes = queue.front().bytes;
      size_t size = bytes.size();
      if (cut_after >= 0) size = std::min(size, static_cast<size_t>(std::max<int64_t>(cut_after - passed, 0)));
      const bool swallowed = silent_after >= 0 && passed >= silent_after;
      const ssize_t sent = swallowed || size == 0 ? static_cast<ssize_t>(size)
                                                  : send(to, bytes.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      passed += sent;
      queued -= static_cast<size_t>(sent);
      if (cut_after >= 0 && passed >= cut_after) return false;
      if (static_cast<size_t>(sent) < bytes.size()) {
        bytes.erase(0, static_cast<size_t>(sent));
        return true;
      }
      queue.pop_front();
    }
    if (ended && queue.empty() && !told && silent_after < 0) {
      shutdown(to, SHUT_WR);
      told = true;
    }
    return true;
  }
};

struct Pair {
  LinkQuality quality;
  Way up, down;
  bool over() const { return up.told && down.told; }
};

}  // namespace

struct BadLink::Impl {
  int listener = -1, to_port = 0, port = 0;
  bool proxy = false;
  mutable std::mutex mutex;
  std::string asked_for;  // under mutex
  int wake[2] = {-1, -1};
  Plan plan;
  std::list<Pair> pairs;  // of the thread
  std::atomic<int> connections{0};
  std::atomic<int64_t> up_bytes{0}, down_bytes{0};
  std::thread thread;

  // False when the client did not ask for a tunnel.
  bool answer_connect(int client) {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      char byte = 0;
      if (head.size() > 8'192 || recv(client, &byte, 1, 0) != 1) return false;
      head += byte;
    }
    if (!head.starts_with("CONNECT ")) return false;
    {
      const std::lock_guard lock(mutex);
      asked_for = head.substr(8, head.find(' ', 8) - 8);
    }
    const std::string_view yes = "HTTP/1.1 200 OK\r\n\r\n";
    return send(client, yes.data(), yes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(yes.size());
  }

  void accept_one() {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) return;
    if (proxy && !answer_connect(client)) {
      reset(client);
      return;
    }
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(to_port);
    if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      reset(client);
      close(server);
      return;
    }
    Pair pair;
    pair.quality = plan(++connections);
    pair.up.from = pair.down.to = client;
    pair.up.to = pair.down.from = server;
    pair.up.cut_after = pair.quality.cut_to_server_after;
    pair.down.cut_after = pair.quality.cut_to_client_after;
    pair.down.silent_after = pair.quality.silent_to_client_after;
    pairs.push_back(std::move(pair));
  }

  int64_t next_due_ms() const {
    int64_t next = 60'000;
    for (const Pair& pair : pairs) {
      for (const Way* way : {&pair.up, &pair.down}) {
        if (way->queue.empty()) continue;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(way->queue.front().due - Clock::now());
        next = std::clamp<int64_t>(left.count(), 1, next);
      }
    }
    return next;
  }

  void run() {
    for (;;) {
      std::vector<pollfd> polls = {{wake[0], POLLIN, 0}, {listener, POLLIN, 0}};
      for (const Pair& pair : pairs) {
        polls.push_back({pair.up.wants_to_read() ? pair.up.from : -1, POLLIN, 0});
        polls.push_back({pair.down.wants_to_read() ? pair.down.from : -1, POLLIN, 0});
      }
      poll(polls.data(), polls.size(), static_cast<int>(next_due_ms()));
      if (polls[0].revents != 0) return;
      move_bytes(polls);
      if (polls[1].revents != 0) accept_one();
    }
  }

  void move_bytes(const std::vector<pollfd>& polls) {
    size_t at = 2;
    for (auto pair = pairs.begin(); pair != pairs.end(); at += 2) {
      bool alive = true;
      if (polls[at].revents != 0) alive = pair->up.read(pair->quality);
      if (alive && polls[at + 1].revents != 0) alive = pair->down.read(pair->quality);
      const int64_t up = pair->up.passed, down = pair->down.passed;
      alive = alive && pair->up.write() && pair->down.write();
      up_bytes += pair->up.passed - up;
      down_bytes += pair->down.passed - down;
      if (alive && !pair->over()) {
        ++pair;
        continue;
      }
      reset(pair->up.from);
      reset(pair->up.to);
      pair = pairs.erase(pair);
    }
  }
};

BadLink::BadLink(int to_port, Plan plan, bool proxy) : impl_(std::make_unique<Impl>()) {
  std::signal(SIGPIPE, SIG_IGN);
  impl_->to_port = to_port;
  impl_->proxy = proxy;
  impl_->plan = std::move(plan);
  impl_->listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (pipe(impl_->wake) != 0 || bind(impl_->listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(impl_->listener, 64) != 0 ||
      getsockname(impl_->listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  impl_->port = ntohs(address.sin_port);
  impl_->thread = std::thread([this] { impl_->run(); });
}

BadLink::~BadLink() {
  const char byte = 0;
  if (write(impl_->wake[1], &byte, 1) != 1) std::terminate();
  impl_->thread.join();
  for (Pair& pair : impl_->pairs) {
    close(pair.up.from);
    close(pair.up.to);
  }
  for (const int file : {impl_->listener, impl_->wake[0], impl_->wake[1]}) close(file);
}

int BadLink::port() const { return impl_->port; }
std::string BadLink::url(const std::string& host) const { return "https://" + host + ":" + std::to_string(port()); }
int BadLink::connections() const { return impl_->connections; }
std::string BadLink::asked_for() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->asked_for;
}
int64_t BadLink::bytes_to_server() const { return impl_->up_bytes; }
int64_t BadLink::bytes_to_client() const { return impl_->down_bytes; }

}  // namespace satchel::test
