// Who is told of what an app follows.
#pragma once

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "platform/c/include/satchel.h"

namespace test {

// Hears of what is followed; a test waits for what it expects.
class Observer {
 public:
  satchel_live_observer callbacks() { return {this, on_changed, on_failed, on_destroy}; }

  nlohmann::json next() {
    std::unique_lock lock(mutex_);
    REQUIRE(told_.wait_for(lock, std::chrono::seconds(30), [&] { return !heard_.empty(); }));
    const nlohmann::json first = heard_.front();
    heard_.erase(heard_.begin());
    return first;
  }
  size_t waiting() {
    const std::lock_guard lock(mutex_);
    return heard_.size();
  }
  // How it ended; waits for it.
  int failure() {
    std::unique_lock lock(mutex_);
    REQUIRE(told_.wait_for(lock, std::chrono::seconds(30), [&] { return failed_ != 0; }));
    return failed_;
  }
  bool failed() {
    const std::lock_guard lock(mutex_);
    return failed_ != 0;
  }
  int destroyed() const { return destroyed_; }
  std::thread::id thread() const { return thread_; }

  std::function<void()> inside;      // runs in each call
  std::function<void()> letting_go;  // runs in destroy

 private:
  static void on_changed(void* context, satchel_slice text) {
    auto& self = *static_cast<Observer*>(context);
    self.thread_ = std::this_thread::get_id();
    {
      const std::lock_guard lock(self.mutex_);
      self.heard_.push_back(nlohmann::json::parse(std::string(text.data, text.size)));
    }
    self.told_.notify_all();
    if (self.inside) self.inside();
  }
  static void on_failed(void* context, const satchel_error* error) {
    auto& self = *static_cast<Observer*>(context);
    {
      const std::lock_guard lock(self.mutex_);
      self.failed_ = satchel_error_code(error);
    }
    self.told_.notify_all();
  }
  static void on_destroy(void* context) {
    auto& self = *static_cast<Observer*>(context);
    if (self.letting_go) self.letting_go();
    ++self.destroyed_;
  }

  std::mutex mutex_;
  std::condition_variable told_;
  std::vector<nlohmann::json> heard_;
  int failed_ = 0;
  std::atomic<int> destroyed_ = 0;
  std::atomic<std::thread::id> thread_;
};

}  // namespace test
