// What the benches measure on the device's side: the real store, and the real engine over TLS.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/executor.hpp"
#include "core/store/store.hpp"
#include "sync/engine.hpp"
#include "tests/bench/centre.hpp"
#include "tests/bench/must.hpp"

namespace satchel::bench {

// Whoever writes the notes.
inline constexpr const char* note_taker = "amina";

// The machine's clock, and so far ahead of it: a caseload's days are not today's.
struct TabletClock final : Clock {
  int64_t wall_ms() const override { return machine.wall_ms() + ahead_ms; }
  int64_t monotonic_ms() const override { return machine.monotonic_ms(); }
  SystemClock machine;
  int64_t ahead_ms = 0;
};

struct Tablet {
  Tablet(const std::filesystem::path& path, sqlite::Durability durability, const std::string& worker,
         std::string_view key = {});
  // One note of 1 KB in one commit.
  void write_note(const ScopeId& scope, uint64_t number);
  // So many in one commit.
  void write_notes(const ScopeId& scope, uint64_t from, uint64_t count);
  store::Status status() { return must(must(store->reader())->status()); }

  TabletClock clock;
  SystemRandom random;
  NullLogger logger;
  std::unique_ptr<store::Store> store;
};

// A note of 1 KB: words of a vocabulary of 20,000 with a cubic skew, so that some come often and most hardly ever.
std::string note_text(uint64_t number);
// Its create and its text.
std::vector<store::Change> note_changes(const ScopeId& scope, std::string text, const Clock& clock, Random& random);

struct Link {
  std::string url, authority, token;
};

// The engine of a tablet, with a transport of its own: its first request is a cold TLS handshake.
class Connected {
 public:
  using Wrap = std::function<std::unique_ptr<sync::Transport>(std::unique_ptr<sync::Transport>)>;
  struct Options {
    sync::EngineOptions engine = {};
    Executor* executor = nullptr;  // shared with others; none: one of its own
    Wrap wrap = {};                // around the transport
  };
  Connected(Tablet& tablet, const Link& link) : Connected(tablet, link, Options{}) {}
  Connected(Tablet& tablet, const Link& link, Options options);
  ~Connected();
  // Until nothing is left to send or to fetch.
  void sync();
  // On the executor; each time something changed.
  void observe(std::function<void(const sync::EngineStatus&)> on_status) { engine_->observe(std::move(on_status)); }
  // On the executor.
  void begin_sync(std::function<void(Result<sync::EngineStatus>)> done) { engine_->sync_once(std::move(done)); }
  void watch() { engine_->start(); }
  // A commit on the executor, and off with it.
  void commit(store::Draft draft);
  void run(const std::function<void()>& task);  // on the executor; returns when it is done

 private:
  struct Token final : sync::TokenProvider {
    explicit Token(std::string words) : text(std::move(words)) {}
    void token(std::function<void(Result<std::string>)> done) override { done(text); }
    std::string text;
  };
  Tablet& tablet_;
  Token token_;
  std::unique_ptr<Executor> own_;
  Executor* executor_;
  std::unique_ptr<sync::Transport> transport_;
  std::unique_ptr<sync::Engine> engine_;
};

// Everything that the centre has is here, and all that was written here is there: by both digests of each scope.
bool agree(Tablet& tablet, const std::vector<log::ScopeState>& at_centre);

}  // namespace satchel::bench
