#include "tests/support_tls/bad_link.hpp"

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
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace satchel::test {
namespace {

constexpr size_t queue_most = 64 << 10;  // bytes that the "radio" holds before it stops taking more
constexpr size_t slice_bytes = 512;      // sent at once on a slow link

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
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
};

// Counts TLS records as they pass: their heads (RFC 8446 §5.1) are in the clear.
class Records {
 public:
  uint64_t add(const char* bytes, size_t size) {
    uint64_t begun = 0;
    for (size_t at = 0; at < size;) {
      if (left_ > 0) {
        const size_t skipped = std::min(left_, size - at);
        left_ -= skipped;
        at += skipped;
        continue;
      }
      head_ += bytes[at++];
      if (head_.size() < 5) continue;
      left_ = static_cast<size_t>(static_cast<unsigned char>(head_[3])) << 8 | static_cast<unsigned char>(head_[4]);
      head_.clear();
      ++begun;
    }
    return begun;
  }

 private:
  std::string head_;
  size_t left_ = 0;  // of the record under way
};

// One way of one connection.
struct Way {
  int from = -1, to = -1;
  std::deque<Chunk> queue = {};
  size_t queued = 0;
  uint64_t passed = 0;
  int64_t line_free_us = 0;  // when the slow line has sent what it was given
  bool ended = false;        // `from` has sent FIN
  bool told = false;         // FIN passed on
  Records records = {};
  uint64_t records_seen = 0;

  bool wants_to_read() const { return !ended && queued < queue_most; }
  bool is_due() const { return !queue.empty() && queue.front().due_us <= now_us(); }

  // False when the connection is over.
  bool read(const Faults& faults) {
    if (!wants_to_read()) return true;
    char buffer[16'384];
    const ssize_t size = recv(from, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    ended = size == 0;
    records_seen += records.add(buffer, static_cast<size_t>(size));
    const int64_t now = now_us();
    for (ssize_t at = 0; at < size;) {
      size_t slice = static_cast<size_t>(size - at);
      line_free_us = std::max(line_free_us, now);
      if (faults.bits_per_second > 0) {
        slice = std::min(slice, slice_bytes);
        line_free_us += static_cast<int64_t>(slice * 8'000'000 / faults.bits_per_second);
      }
      queue.push_back({line_free_us + faults.delay_ms * 1000, std::string(buffer + at, slice)});
      queued += slice;
      at += static_cast<ssize_t>(slice);
    }
    return true;
  }

  // Not a byte further than `most`. False when the connection is over.
  bool write(std::optional<uint64_t> most) {
    while (is_due()) {
      std::string& bytes = queue.front().bytes;
      const uint64_t room = most ? *most - std::min(*most, passed) : bytes.size();
      if (room == 0) return true;
      const ssize_t sent = send(to, bytes.data(), std::min<uint64_t>(bytes.size(), room), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      passed += static_cast<uint64_t>(sent);
      queued -= static_cast<size_t>(sent);
      bytes.erase(0, static_cast<size_t>(sent));
      if (bytes.empty()) queue.pop_front();
    }
    if (ended && queue.empty() && !told && (!most || passed < *most)) {
      shutdown(to, SHUT_WR);
      told = true;
    }
    return true;
  }
};

std::optional<uint64_t> least(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  return a && b ? std::min(*a, *b) : (a ? a : b);
}

bool reached(std::optional<uint64_t> limit, uint64_t passed) { return limit && passed >= *limit; }

struct Connection {
  Way up, down;
  bool struck = false;
  bool asked = false;  // bytes went up since the last came down
};

}  // namespace

struct BadLink::Impl {
  int listener = -1, wake[2] = {-1, -1};
  uint16_t port = 0;
  bool proxy = false;
  std::atomic<int> target{0};
  std::atomic<bool> stop{false}, cut{false};
  std::atomic<uint64_t> up{0}, down{0}, count{0}, records{0};
  mutable std::mutex mutex;
  mutable std::condition_variable struck;
  Faults faults;  // under mutex, and so the next three
  uint64_t strikes = 0, answers = 0;
  std::string asked_for;
  std::list<Connection> connections;  // of the thread
  std::thread thread;

  void nudge() {
    const char byte = 0;
    [[maybe_unused]] const auto n = ::write(wake[1], &byte, 1);
  }

  Faults current() const {
    const std::lock_guard lock(mutex);
    Faults now = strikes < faults.times ? faults : Faults{};
    if (reached(now.answers_most, answers)) now.silent_up_after = 0;
    return now;
  }

  void strike(Connection& c) {
    if (std::exchange(c.struck, true)) return;
    const std::lock_guard lock(mutex);
    ++strikes;
    struck.notify_all();
  }

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
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    ++count;
    if (current().refuse) {
      Connection never;
      strike(never);
      return reset(client);
    }
    if (proxy && !answer_connect(client)) return reset(client);
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target);
    if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(server);
      return reset(client);
    }
    const int on = 1;
    for (const int end : {client, server}) setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections.push_back({{.from = client, .to = server}, {.from = server, .to = client}});
  }

  void count_answers(Connection& c, uint64_t went_up) {
    if (went_up > 0) c.asked = true;
    if (!c.asked || c.down.queue.empty()) return;
    c.asked = false;
    const std::lock_guard lock(mutex);
    ++answers;
  }

  // False: the connection is over.
  bool pump(Connection& c, const Faults& now) {
    const uint64_t up_before = c.up.passed, down_before = c.down.passed;
    if (!c.up.read(now) || !c.down.read(now)) return false;
    for (Way* way : {&c.up, &c.down}) records += std::exchange(way->records_seen, 0);
    if (now.lose_answers && !c.down.queue.empty()) {
      strike(c);
      return false;
    }
    bool alive = c.up.write(least(now.cut_up_after, now.silent_up_after));
    count_answers(c, c.up.passed - up_before);
    alive = c.down.write(least(now.cut_down_after, now.silent_down_after)) && alive;
    up += c.up.passed - up_before;
    down += c.down.passed - down_before;
    if ((reached(now.silent_up_after, c.up.passed) && c.up.is_due()) ||
        (reached(now.silent_down_after, c.down.passed) && c.down.is_due())) {
      strike(c);
    }
    if (reached(now.cut_up_after, c.up.passed) || reached(now.cut_down_after, c.down.passed)) {
      strike(c);
      return false;
    }
    return alive && !(c.up.told && c.down.told);
  }

  int wait_ms(const Faults& now) const {
    int64_t soonest = now_us() + 1'000'000;
    for (const Connection& c : connections) {
      if (!c.up.queue.empty() && !reached(now.silent_up_after, c.up.passed))
        soonest = std::min(soonest, c.up.queue.front().due_us);
      if (!c.down.queue.empty() && !reached(now.silent_down_after, c.down.passed))
        soonest = std::min(soonest, c.down.queue.front().due_us);
    }
    return static_cast<int>(std::clamp<int64_t>((soonest - now_us() + 999) / 1000, 1, 1000));
  }

  void wait() {
    const Faults now = current();
    std::vector<pollfd> fds{{listener, POLLIN, 0}, {wake[0], POLLIN, 0}};
    for (const Connection& c : connections) {
      for (const Way* way : {&c.up, &c.down}) {
        if (way->wants_to_read()) fds.push_back({way->from, POLLIN, 0});
      }
    }
    poll(fds.data(), fds.size(), wait_ms(now));
    char drain[64];
    while (read(wake[0], drain, sizeof drain) > 0) {
    }
    if (fds[0].revents != 0) accept_one();
  }

  void run() {
    while (!stop) {
      wait();
      const bool all = cut.exchange(false);
      for (auto it = connections.begin(); it != connections.end();) {
        if (!all && pump(*it, current())) {
          ++it;
          continue;
        }
        reset(it->up.from);
        reset(it->up.to);
        it = connections.erase(it);
      }
    }
  }
};

BadLink::BadLink(int to_port, const Faults& faults, bool proxy) : impl_(std::make_unique<Impl>()) {
  impl_->target = to_port;
  impl_->proxy = proxy;
  impl_->faults = faults;
  impl_->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (pipe2(impl_->wake, O_CLOEXEC | O_NONBLOCK) != 0 ||
      bind(impl_->listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(impl_->listener, 64) != 0 ||
      getsockname(impl_->listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  impl_->port = ntohs(address.sin_port);
  impl_->thread = std::thread([this] { impl_->run(); });
}

BadLink::~BadLink() {
  impl_->stop = true;
  impl_->nudge();
  impl_->thread.join();
  for (const Connection& c : impl_->connections) {
    reset(c.up.from);
    reset(c.up.to);
  }
  for (const int file : {impl_->listener, impl_->wake[0], impl_->wake[1]}) close(file);
}

uint16_t BadLink::port() const { return impl_->port; }
std::string BadLink::url(const std::string& host) const { return "https://" + host + ":" + std::to_string(port()); }
void BadLink::retarget(int to_port) { impl_->target = to_port; }

void BadLink::set(const Faults& faults) {
  const std::lock_guard lock(impl_->mutex);
  impl_->faults = faults;
  impl_->strikes = impl_->answers = 0;
  impl_->nudge();
}

void BadLink::cut_now() {
  impl_->cut = true;
  impl_->nudge();
}

bool BadLink::wait_for_strikes(uint64_t count) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->struck.wait_for(lock, std::chrono::seconds(30), [&] { return impl_->strikes >= count; });
}

uint64_t BadLink::strikes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->strikes;
}

std::string BadLink::asked_for() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->asked_for;
}

uint64_t BadLink::connections() const { return impl_->count; }
uint64_t BadLink::bytes_up() const { return impl_->up; }
uint64_t BadLink::bytes_down() const { return impl_->down; }
uint64_t BadLink::tls_records() const { return impl_->records; }

}  // namespace satchel::test
