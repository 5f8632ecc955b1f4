// live: what the app follows, and the thread that tells it. Looks at the store after every commit and sync of this process
// and, while anything is followed, when the system says that the file was written to (where it does not tell, four times a
// second), for another process may have done so; what comes in between is told in one go. Observers are called on this
// thread alone, with no view of the store open, so a slow one holds up neither commits nor the checkpoints of the log.
// Each remembers up to which change it has heard: one that pauses hears of all that it missed, and of nothing twice.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/executor.hpp"
#include "core/store/changed_records.hpp"
#include "core/store/store.hpp"
#include "platform/c/callbacks.hpp"
#include "platform/c/support.hpp"

namespace satchel::abi {

class Handle;

// One thing that is followed.
class Live {
 public:
  // The JSON to tell, empty: nothing is different. As query::LiveQuery::look.
  using Look = std::function<Result<std::optional<std::string>>(store::Reader&, const store::ReadToken&,
                                                                const store::Changes&)>;
  using Observer = std::unique_ptr<Taken<satchel_live_observer>>;
  Live(Look how, Observer whom) : look(std::move(how)), observer(std::move(whom)) {}

 private:
  friend class Notifier;
  const Look look;
  Observer observer;
  int64_t heard = -1;    // of changes up to this one, on the thread only; -1: the next look has to look at everything
  // Under the notifier's mutex.
  bool paused = false;
  bool skipped = false;  // paused while others were looked at
  bool stopped = false;
  std::thread::id letting_go;  // who lets go of its observer just now
};

class Notifier {
 public:
  explicit Notifier(Handle& handle) : handle_(handle) {}
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // All of them from any thread.
  void add(std::shared_ptr<Live> live);
  // When it returns the observer is let go of and nobody calls it any more; from inside its own callback, when that returns.
  void stop(const std::shared_ptr<Live>& live);
  // Between the two it is neither looked at nor told anything.
  void pause(Live& live);
  void resume(Live& live);
  // Something may have changed. Returns at once.
  void poke();
  // Stops all; the handle is not touched any more afterwards.
  void close();
  bool on_this_thread() const;

 private:
  struct Told {
    std::shared_ptr<Live> live;
    Result<std::optional<std::string>> what;
  };

  void written();  // on the watch's thread
  void look_in(int64_t delay_ms);
  void look_for_writes();
  void round();
  Result<std::vector<Told>> look();
  Result<std::vector<Told>> look(const std::vector<std::shared_ptr<Live>>& lives, const store::ReadToken& token);
  Result<std::optional<std::string>> look(Live& live, const store::ReadToken& token, const store::Changes& changes);
  Result<store::Changes> changes_after(int64_t number);
  Result<> open_reader();
  void tell(const Told& told);
  void end_all(const Error& error);
  void let_go(const std::shared_ptr<Live>& live, std::unique_lock<std::mutex>& lock);
  std::vector<std::shared_ptr<Live>> all() const;
  std::vector<std::shared_ptr<Live>> whose_turn_it_is();

  Handle& handle_;
  mutable std::mutex mutex_;             // the eight below
  std::condition_variable told_;
  std::unique_ptr<Executor> thread_;     // begun with the first that is followed
  std::unique_ptr<FileWatch> watch_;     // likewise; null: the system does not tell
  bool looks_soon_ = false;              // a look for writes is on its way
  std::vector<std::shared_ptr<Live>> lives_;  // until let go of
  Live* telling_ = nullptr;
  bool poked_ = false;                   // a round is on its way
  bool closed_ = false;
  std::thread::id thread_id_;
  // On the thread only.
  std::unique_ptr<store::Reader> reader_;
  int64_t data_version_ = 0;
};

}  // namespace satchel::abi

struct satchel_live {
  std::shared_ptr<satchel::abi::Notifier> notifier;
  std::shared_ptr<satchel::abi::Live> live;
};
