#include "platform/c/live.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "platform/c/handle.hpp"

namespace satchel::abi {
namespace {

constexpr size_t changes_told_apart = 1024;

bool passes(const Error& error) { return error.code == Code::busy; }

void call(const satchel_live_observer& observer, const Result<std::optional<std::string>>& what) {
  if (what.ok()) {
    if (observer.changed != nullptr) observer.changed(observer.context, slice(**what));
    return;
  }
  if (observer.failed == nullptr) return;
  satchel_error* error = give(what.error());
  observer.failed(observer.context, error);
  satchel_error_free(error);
}

}  // namespace

Notifier::~Notifier() { close(); }

bool Notifier::on_this_thread() const {
  const std::lock_guard lock(mutex_);
  return std::this_thread::get_id() == thread_id_;
}

void Notifier::add(std::shared_ptr<Live> live) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    if (thread_ == nullptr) {
      thread_ = make_thread_executor();
      thread_->post([this] {
        const std::lock_guard inner(mutex_);
        thread_id_ = std::this_thread::get_id();
      });
      watch_ = handle_.store().watch([this] { written(); });
      if (watch_ == nullptr) look_in(look_every_ms);
    }
    lives_.push_back(std::move(live));
  }
  poke();
}

void Notifier::stop(const std::shared_ptr<Live>& live) {
  std::unique_lock lock(mutex_);
  live->stopped = true;
  const std::thread::id self = std::this_thread::get_id();
  if (live->letting_go == self) return;                      // inside its observer's destroy
  if (thread_id_ == self && telling_ == live.get()) return;  // inside its observer's call: tell() lets go of it
  told_.wait(lock, [&] { return telling_ != live.get() && live->letting_go == std::thread::id(); });
  let_go(live, lock);
}

// Outside the lock: the app's own code. It stays among the lives until that has returned, so who closes waits for it, too.
void Notifier::let_go(const std::shared_ptr<Live>& live, std::unique_lock<std::mutex>& lock) {
  if (live->observer == nullptr) return;
  Live::Observer observer = std::move(live->observer);
  live->letting_go = std::this_thread::get_id();
  lock.unlock();
  observer.reset();
  lock.lock();
  live->letting_go = {};
  std::erase(lives_, live);
  told_.notify_all();
}

void Notifier::pause(Live& live) {
  const std::lock_guard lock(mutex_);
  live.paused = true;
}

void Notifier::resume(Live& live) {
  {
    const std::lock_guard lock(mutex_);
    live.paused = false;
    if (!std::exchange(live.skipped, false)) return;
  }
  poke();
}

void Notifier::poke() {
  const std::lock_guard lock(mutex_);
  if (poked_ || closed_ || thread_ == nullptr) return;
  poked_ = true;
  thread_->post([this] { round(); });
}

void Notifier::close() {
  std::unique_ptr<Executor> thread;
  std::unique_ptr<FileWatch> watch;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    thread = std::move(thread_);
    watch = std::move(watch_);
  }
  watch.reset();
  thread.reset();  // after the callback under way
  for (const auto& live : all()) stop(live);
  reader_.reset();
}

std::vector<std::shared_ptr<Live>> Notifier::all() const {
  const std::lock_guard lock(mutex_);
  return lives_;
}

std::vector<std::shared_ptr<Live>> Notifier::whose_turn_it_is() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Live>> turn;
  for (const auto& live : lives_) {
    if (live->stopped) continue;
    live->skipped = live->paused;
    if (!live->paused) turn.push_back(live);
  }
  return turn;
}

void Notifier::written() {
  const std::lock_guard lock(mutex_);
  if (closed_ || looks_soon_) return;
  looks_soon_ = true;
  look_in(FileWatch::first_look_ms);
  look_in(FileWatch::second_look_ms);
}

void Notifier::look_in(int64_t delay_ms) {
  thread_->post_after(delay_ms, [this] { look_for_writes(); });
}

void Notifier::look_for_writes() {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    looks_soon_ = false;
    if (watch_ == nullptr) look_in(look_every_ms);
    if (lives_.empty()) return;
  }
  if (reader_ == nullptr) return poke();
  const auto version = reader_->database().data_version();
  if (!version.ok() || *version != data_version_) poke();
}

void Notifier::round() {
  {
    const std::lock_guard lock(mutex_);
    poked_ = false;
    if (closed_ || lives_.empty()) return;
  }
  const auto told = handle_.guard<std::vector<Told>>([this] { return look(); });
  if (!told.ok()) {
    if (!passes(told.error())) end_all(told.error());
    return;
  }
  for (const Told& each : *told) tell(each);
}

Result<> Notifier::open_reader() {
  SATCHEL_ASSIGN(reader_, handle_.store().reader());
  return {};
}

// All of one moment.
Result<std::vector<Notifier::Told>> Notifier::look() {
  if (reader_ == nullptr) SATCHEL_TRY(open_reader());
  SATCHEL_ASSIGN(data_version_, reader_->database().data_version());
  const auto lives = whose_turn_it_is();  // before the view begins: what was added or resumed later is poked for
  if (lives.empty()) return std::vector<Told>();
  SATCHEL_ASSIGN(const store::ReadToken token, reader_->begin());
  auto told = look(lives, token);
  reader_->end();
  return told;
}

Result<std::vector<Notifier::Told>> Notifier::look(const std::vector<std::shared_ptr<Live>>& lives,
                                                   const store::ReadToken& token) {
  std::map<int64_t, store::Changes> after;  // most have heard of the same
  for (const auto& live : lives) {
    if (after.contains(live->heard)) continue;
    SATCHEL_ASSIGN(after[live->heard], changes_after(live->heard));
  }
  std::vector<Told> told;
  for (const auto& live : lives) told.push_back({live, look(*live, token, after.at(live->heard))});
  return told;
}

Result<store::Changes> Notifier::changes_after(int64_t number) {
  sqlite::Database& db = reader_->database();
  if (number >= 0) return store::changes_after(db, number, changes_told_apart);
  store::Changes changes;
  changes.anything = true;
  SATCHEL_ASSIGN(changes.until, store::last_change(db));
  return changes;
}

Result<std::optional<std::string>> Notifier::look(Live& live, const store::ReadToken& token,
                                                  const store::Changes& changes) {
  auto json = live.look(*reader_, token, changes);
  live.heard = json.ok() ? changes.until : -1;
  if (!json.ok() && passes(json.error())) return std::optional<std::string>();
  return json;
}

void Notifier::tell(const Told& told) {
  if (told.what.ok() && !told.what->has_value()) return;
  Live& live = *told.live;
  {
    const std::lock_guard lock(mutex_);
    if (live.stopped || closed_) return;
    telling_ = &live;
  }
  try {
    call(*live.observer->operator->(), told.what);
  } catch (...) {
    handle_.end(current_exception_error());
  }
  std::unique_lock lock(mutex_);
  if (!told.what.ok()) live.stopped = true;
  if (live.stopped) let_go(told.live, lock);  // before anybody who waits in stop() goes on
  telling_ = nullptr;
  lock.unlock();
  told_.notify_all();
}

void Notifier::end_all(const Error& error) {
  for (const auto& live : whose_turn_it_is()) tell({live, error});
}

}  // namespace satchel::abi
