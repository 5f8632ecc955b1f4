#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <thread>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/executor.hpp"
#include "core/base/random.hpp"

using namespace satchel;

TEST_CASE("instants are written in UTC, also before 1970 and beyond the calendar") {
  CHECK(format_instant(0) == "1970-01-01T00:00:00Z");
  CHECK(format_instant(-1) == "1969-12-31T23:59:59Z");
  CHECK(format_instant(1'795'269'780'999) == "2026-11-21T14:03:00Z");
  CHECK(format_instant(INT64_MAX) == "9999-12-31T23:59:59Z");
  CHECK(format_instant(INT64_MIN) == "0000-01-01T00:00:00Z");
}

TEST_CASE("one seed gives one sequence") {
  SeededRandom a(7), b(7), c(8);
  const uint64_t first = a.u64();
  CHECK(first == b.u64());
  CHECK(first != c.u64());
  for (int i = 0; i < 1000; ++i) CHECK(a.below(3) < 3);
}

TEST_CASE("a manual executor runs in due order and moves the clock") {
  ManualClock clock;
  ManualExecutor executor(clock);
  std::vector<int> ran;
  executor.post_after(20, [&] { ran.push_back(20); });
  const auto cancelled = executor.post_after(10, [&] { ran.push_back(10); });
  executor.post([&] {
    ran.push_back(0);
    executor.post([&] { ran.push_back(1); });
  });
  CHECK(ran.empty());
  executor.cancel(cancelled);
  executor.run_ready();
  CHECK(ran == std::vector{0, 1});
  executor.run_for(19);
  CHECK(ran.size() == 2);
  CHECK(clock.monotonic_ms() == 19);
  CHECK(executor.run_next());
  CHECK(ran.back() == 20);
  CHECK(clock.monotonic_ms() == 20);
  CHECK(executor.idle());
  CHECK_FALSE(executor.run_next());
}

TEST_CASE("a thread executor keeps the order of what is posted and never runs inside post") {
  std::vector<int> ran;
  std::thread::id on;
  {
    auto executor = make_thread_executor();
    for (int i = 0; i < 1000; ++i) executor->post([&ran, i] { ran.push_back(i); });
    executor->post([&] { on = std::this_thread::get_id(); });
  }  // the destructor runs what is queued
  REQUIRE(ran.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(ran[static_cast<size_t>(i)] == i);
  CHECK(on != std::this_thread::get_id());
  CHECK(on != std::thread::id{});
}

TEST_CASE("timers of a thread executor run when due, unless cancelled or overtaken by its end") {
  std::atomic<bool> late = false, cancelled = false;
  std::promise<void> fired;
  {
    auto executor = make_thread_executor();
    executor->post_after(3'600'000, [&] { late = true; });
    const auto timer = executor->post_after(5, [&] { cancelled = true; });
    executor->cancel(timer);
    executor->post_after(10, [&] { fired.set_value(); });
    fired.get_future().wait();
  }
  CHECK_FALSE(late);
  CHECK_FALSE(cancelled);
}
