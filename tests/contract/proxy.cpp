#include "tests/contract/proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace satchel::contract {
namespace {

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

void reset(int fd) {
  const linger hard{1, 0};  // RST instead of FIN: what a lost network looks like
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close(fd);
}

struct Chunk {
  int64_t due_us;
  std::string bytes;
  size_t sent = 0;
};

// One direction of one connection.
struct Flow {
  int from = -1, to = -1;
  std::deque<Chunk> queue;
  uint64_t passed = 0;
  int64_t line_free_us = 0;  // when the slow line has sent what it was given
  bool ended = false;        // `from` has sent FIN
  bool closed = false;       // FIN passed on
};

struct Connection {
  int tablet = -1, centre = -1;
  Flow up, down;
  bool struck = false;
};

enum class Pumped { fine, gone };

Pumped read_some(Flow& flow, const Faults& faults, std::string& bytes) {
  if (flow.ended || flow.queue.size() > 64) return Pumped::fine;
  char buffer[16384];
  const ssize_t n = recv(flow.from, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n == 0) flow.ended = true;
  if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return Pumped::gone;
  if (n <= 0) return Pumped::fine;
  bytes.assign(buffer, static_cast<size_t>(n));
  int64_t due = now_us() + faults.delay_ms * 1000;
  if (faults.bits_per_second > 0) {
    flow.line_free_us =
        std::max(flow.line_free_us, now_us()) + static_cast<int64_t>(bytes.size() * 8'000'000 / faults.bits_per_second);
    due = flow.line_free_us + faults.delay_ms * 1000;
  }
  flow.queue.push_back({due, bytes});
  return Pumped::fine;
}

Pumped write_due(Flow& flow) {
  while (!flow.queue.empty() && flow.queue.front().due_us <= now_us()) {
    Chunk& chunk = flow.queue.front();
    const ssize_t n = send(flow.to, chunk.bytes.data() + chunk.sent, chunk.bytes.size() - chunk.sent,
                           MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Pumped::fine : Pumped::gone;
    flow.passed += static_cast<uint64_t>(n);
    chunk.sent += static_cast<size_t>(n);
    if (chunk.sent == chunk.bytes.size()) flow.queue.pop_front();
  }
  if (flow.ended && flow.queue.empty() && !flow.closed) {
    shutdown(flow.to, SHUT_WR);
    flow.closed = true;
  }
  return Pumped::fine;
}

}  // namespace

struct Proxy::Impl {
  int listener = -1;
  int wake[2] = {-1, -1};
  uint16_t port = 0;
  std::atomic<uint16_t> target{0};
  std::atomic<bool> stop{false}, cut{false};
  std::atomic<uint64_t> up{0}, down{0}, count{0}, strikes{0};
  std::mutex mutex;
  Faults faults;
  std::list<Connection> connections;
  std::thread thread;

  explicit Impl(uint16_t target_port) : target(target_port) {
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (listener < 0 || bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 64) != 0 ||
        pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0)
      throw std::runtime_error("proxy: cannot listen on loopback");
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread = std::thread([this] { run(); });
  }

  ~Impl() {
    stop = true;
    nudge();
    thread.join();
    for (auto& c : connections) drop(c);
    close(listener);
    close(wake[0]);
    close(wake[1]);
  }

  void nudge() {
    const char byte = 0;
    [[maybe_unused]] const auto n = write(wake[1], &byte, 1);
  }

  Faults current() {
    std::lock_guard lock(mutex);
    return strikes < faults.times ? faults : Faults{};
  }

  static void drop(Connection& c) {
    if (c.tablet >= 0) reset(c.tablet);
    if (c.centre >= 0) reset(c.centre);
    c.tablet = c.centre = -1;
  }

  void strike(Connection& c) {
    if (!c.struck) ++strikes;
    c.struck = true;
  }

  void accept_one(const Faults& now) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ++count;
    if (now.refuse) {
      ++strikes;
      return reset(fd);
    }
    const int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target);
    if (connect(out, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(out);
      return reset(fd);
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(out, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections.push_back({fd, out, {fd, out, {}, 0, 0, false, false}, {out, fd, {}, 0, 0, false, false}, false});
  }

  // False: the connection is over.
  bool pump(Connection& c, const Faults& now) {
    std::string bytes;
    const uint64_t up_before = c.up.passed, down_before = c.down.passed;
    if (read_some(c.up, now, bytes) == Pumped::gone) return false;
    if (now.half_open && !c.up.queue.empty()) {
      strike(c);
      c.up.queue.clear();
    }
    if (read_some(c.down, now, bytes) == Pumped::gone) return false;
    if (now.lose_answers && c.up.passed > now.lose_answers_after_up && !c.down.queue.empty()) {
      strike(c);
      return false;  // the centre has answered: what it did stands, its answer does not arrive
    }
    trim(c.up, now.cut_up_after);
    trim(c.down, now.cut_down_after);
    const bool alive = write_due(c.up) == Pumped::fine && write_due(c.down) == Pumped::fine;
    up += c.up.passed - up_before;
    down += c.down.passed - down_before;
    if (!alive) return false;
    if ((now.cut_up_after && c.up.passed >= *now.cut_up_after) ||
        (now.cut_down_after && c.down.passed >= *now.cut_down_after)) {
      strike(c);
      return false;
    }
    return !(c.up.closed && c.down.closed);
  }

  // Only as much as may pass before the cut goes out, so that the cut is at the very byte.
  static void trim(Flow& flow, std::optional<uint64_t> most) {
    if (!most) return;
    uint64_t queued = flow.passed;
    for (auto& chunk : flow.queue) {
      const uint64_t room = *most > queued ? *most - queued : 0;
      if (chunk.bytes.size() - chunk.sent > room) chunk.bytes.resize(chunk.sent + room);
      queued += chunk.bytes.size() - chunk.sent;
    }
    while (!flow.queue.empty() && flow.queue.back().bytes.size() == flow.queue.back().sent) flow.queue.pop_back();
  }

  int wait_ms() const {
    int64_t soonest = now_us() + 1'000'000;
    for (const auto& c : connections)
      for (const Flow* flow : {&c.up, &c.down})
        if (!flow->queue.empty()) soonest = std::min(soonest, flow->queue.front().due_us);
    return static_cast<int>(std::clamp<int64_t>((soonest - now_us() + 999) / 1000, 0, 1000));
  }

  void wait() {
    std::vector<pollfd> fds{{listener, POLLIN, 0}, {wake[0], POLLIN, 0}};
    for (const auto& c : connections)
      for (const Flow* flow : {&c.up, &c.down}) {
        if (!flow->ended && flow->queue.size() <= 64) fds.push_back({flow->from, POLLIN, 0});
        if (!flow->queue.empty() && flow->queue.front().due_us <= now_us()) fds.push_back({flow->to, POLLOUT, 0});
      }
    poll(fds.data(), fds.size(), wait_ms());
    char drain[64];
    while (read(wake[0], drain, sizeof drain) > 0) {
    }
    if (fds[0].revents != 0) accept_one(current());
  }

  void run() {
    while (!stop) {
      wait();
      const bool all = cut.exchange(false);
      for (auto it = connections.begin(); it != connections.end();) {
        const Faults now = current();
        if (!all && pump(*it, now)) {
          ++it;
        } else {
          drop(*it);
          it = connections.erase(it);
        }
      }
    }
  }
};

Proxy::Proxy(uint16_t target_port) : impl_(std::make_unique<Impl>(target_port)) {}
Proxy::~Proxy() = default;
uint16_t Proxy::port() const { return impl_->port; }
void Proxy::set(const Faults& faults) {
  std::lock_guard lock(impl_->mutex);
  impl_->faults = faults;
  impl_->strikes = 0;
  impl_->nudge();
}
void Proxy::retarget(uint16_t port) { impl_->target = port; }
void Proxy::cut_now() {
  impl_->cut = true;
  impl_->nudge();
}
uint64_t Proxy::bytes_up() const { return impl_->up; }
uint64_t Proxy::bytes_down() const { return impl_->down; }
uint64_t Proxy::connections() const { return impl_->count; }
uint64_t Proxy::strikes() const { return impl_->strikes; }

}  // namespace satchel::contract
