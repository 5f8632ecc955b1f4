#include "core/base/file_watch.hpp"

#if defined(__linux__)

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>
#include <utility>

namespace satchel {
namespace {

class Inotify final : public FileWatch {
 public:
  Inotify(int events, int end, std::function<void()> on_write)
      : events_(events), end_(end), on_write_(std::move(on_write)), thread_([this] { run(); }) {}

  ~Inotify() override {
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(end_, &one, sizeof one);
    thread_.join();
    ::close(events_);
    ::close(end_);
  }

 private:
  void run() const {
    for (;;) {
      std::array<pollfd, 2> wait = {{{events_, POLLIN, 0}, {end_, POLLIN, 0}}};
      if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return;
      if (wait[1].revents != 0) return;
      if ((wait[0].revents & POLLIN) == 0) continue;
      std::array<char, 4096> dropped;  // which writes does not matter
      while (::read(events_, dropped.data(), dropped.size()) > 0) {
      }
      on_write_();
    }
  }

  const int events_, end_;
  const std::function<void()> on_write_;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace

std::unique_ptr<FileWatch> FileWatch::start(const std::string& path, std::function<void()> on_write) {
  const int events = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (events < 0) return nullptr;
  const int end = ::inotify_add_watch(events, path.c_str(), IN_MODIFY) < 0 ? -1 : ::eventfd(0, EFD_CLOEXEC);
  if (end < 0) {
    ::close(events);
    return nullptr;
  }
  return std::make_unique<Inotify>(events, end, std::move(on_write));
}

}  // namespace satchel

#else

namespace satchel {

std::unique_ptr<FileWatch> FileWatch::start(const std::string&, std::function<void()>) { return nullptr; }

}  // namespace satchel

#endif
