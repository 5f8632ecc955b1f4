#include "core/base/file_watch.hpp"

#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <fstream>
#include <mutex>

#include "tests/support/temporary_directory.hpp"

using namespace satchel;

#if defined(__linux__)

namespace {

class Calls {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  bool wait_for_more_than(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return count_ > count; });
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

void append(const std::string& path) { std::ofstream(path, std::ios::app) << "x"; }

}  // namespace

TEST_CASE("each write to a watched file is told, also one behind a call") {
  const test::TemporaryDirectory directory;
  append(directory.path("file"));
  Calls calls;
  const auto watch = FileWatch::start(directory.path("file"), [&] { calls.add(); });
  REQUIRE(watch != nullptr);
  for (int i = 0; i < 3; ++i) {
    const int before = calls.count();
    append(directory.path("file"));
    CHECK(calls.wait_for_more_than(before));
  }
}

TEST_CASE("a file that is not there cannot be watched") {
  const test::TemporaryDirectory directory;
  CHECK(FileWatch::start(directory.path("none"), [] {}) == nullptr);
}

#endif
