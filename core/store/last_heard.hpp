// The time as the centre last told it, for all connections that this process has to a store, where that is not in the
// file yet. An answer that says nothing else is not worth a commit: a tablet that waits for news gets one every minute.
// The file learns of it with the next write, and a commit of the worker uses it. Whoever dies before that, and another
// process, knows the time of at most `unwritten_ms_most` before: `heard` is a lower bound, and a lower one only means that
// a clock that was set back is trusted a little longer (core/log/ord.hpp).
#pragma once

#include <mutex>
#include <optional>

#include "core/store/store_row.hpp"

namespace satchel::store {

class LastHeard {
 public:
  static constexpr int64_t unwritten_ms_most = 5 * 60'000;

  void note(const Heard& heard) {
    const std::lock_guard lock(mutex_);
    heard_ = heard;
  }
  // The file has something newer.
  void forget() {
    const std::lock_guard lock(mutex_);
    heard_.reset();
  }
  // Of a row as it was read.
  void add_to(StoreRow& row) const {
    const std::lock_guard lock(mutex_);
    if (heard_ && heard_->last_sync_ms > row.heard.last_sync_ms) row.heard = *heard_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Heard> heard_;  // empty: the file says it all
};

}  // namespace satchel::store
