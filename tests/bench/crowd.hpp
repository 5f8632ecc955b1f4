// Many tablets in this process, each with a store, an engine and connections of its own, as their workers would have.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/tablet.hpp"

namespace satchel::bench {

// Answers that refuse, and those of them that do not say when to come again.
struct Refusals {
  std::atomic<uint64_t> all{0}, without_time{0};
};

class Crowd {
 public:
  // Not durable on each commit: all of them share one disk, which they would not.
  Crowd(const std::filesystem::path& directory, const Centre& centre, size_t count);
  ~Crowd();

  size_t size() const { return members_.size(); }
  static std::string worker(size_t number) { return "worker-" + std::to_string(number); }
  Tablet& tablet(size_t number) { return *members_[number]->tablet; }
  void sync_all();  // one after the other; then nobody is connected
  // Connects, and stays connected, after so many milliseconds.
  void connect(size_t number, int64_t after_ms);
  void disconnect_all();
  // How many have nothing unsent any more.
  size_t delivered() const { return delivered_; }
  bool agrees(size_t number, const std::vector<log::ScopeState>& at_centre) {
    return agree(*members_[number]->tablet, at_centre);
  }
  const Refusals& refusals() const { return refusals_; }

 private:
  struct Member {
    std::unique_ptr<Tablet> tablet;
    std::unique_ptr<Connected> connected;
    bool delivered = false;  // of its executor
  };
  Connected::Options options(size_t number, bool watch);
  Link link(size_t number) const { return {centre_.url(), centre_.authority(), centre_.token(worker(number))}; }

  const Centre& centre_;
  std::vector<std::unique_ptr<Executor>> executors_;
  Refusals refusals_;
  std::atomic<size_t> delivered_{0};
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace satchel::bench
