// Tablets and the centre in one thread: real stores, real engines, the real server::Service. Only the clock, the
// executor and the link between them are the test's own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/executor.hpp"
#include "core/base/logger.hpp"
#include "core/store/store.hpp"
#include "sync/engine.hpp"
#include "sync/in_process_transport.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support_centre/local_centre.hpp"
#include "tests/sync/faulty_transport.hpp"

namespace satchel::sync {

// The value, or a failed REQUIRE that shows the error.
void require_ok(bool ok, const Error& error);
template <class T>
T take(Result<T> result) {
  require_ok(result.ok(), result.ok() ? Error{} : result.error());
  return std::move(result).value();
}
inline void take(const Result<>& result) { require_ok(result.ok(), result.ok() ? Error{} : result.error()); }

class KeepingLogger final : public Logger {
 public:
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;
  std::string text;
};

// The service behind HTTP's shapes: bodies unpacked, long polls parked and asked again when something moved.
class Centre {
 public:
  Centre(Executor& executor, Random& random);
  void open() { local_.open(); }
  void close();  // clean; parked polls are forgotten, as by a restart
  SlowHandler handler();
  std::string token(const std::string& worker, int64_t lifetime_ms = 30 * 86'400'000LL) {
    return local_.token(worker, lifetime_ms);
  }
  ScopeId grant(const std::string& worker, const std::string& kind = "case", std::optional<ScopeId> scope = {});
  void withdraw(const std::string& worker, const ScopeId& scope);
  uint64_t requests() const { return requests_; }

  ManualClock clock;  // the centre's own
  KeepingLogger logger;
  // In place of the service, when it answers: a portal, a balancer.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> instead;

 private:
  struct Parked {
    server::Request request;
    Answer answer;
    bool zstd = false;
  };
  void ask(server::Request request, const Answer& answer, bool zstd);
  void wake_parked();

  Executor& executor_;
  test::TemporaryDirectory directory_;
  test::LocalCentre local_;
  std::vector<std::shared_ptr<Parked>> parked_;
  uint64_t requests_ = 0, last_wake_ = 0;
};

class Token final : public TokenProvider {
 public:
  void token(std::function<void(Result<std::string>)> done) override;
  Result<std::string> next = make_error(Code::sign_in, "Please sign in again.");
  int asked = 0;
};

struct World;

class Tablet {
 public:
  Tablet(World& world, std::string worker, EngineOptions options = {}, std::string vfs = {});
  ~Tablet();
  // Until it has ended, or an hour has passed.
  Result<EngineStatus> sync();
  store::Receipt commit(const store::Draft& draft);  // and tells the engine
  store::Status status();
  std::string note_text(const RecordId& id);  // "" when it is not here
  bool holds(const ScopeId& scope);
  Hash256 state_digest(const ScopeId& scope);
  Hash256 log_digest(const ScopeId& scope);
  void end_engine() { engine.reset(); }

  World& world;
  const std::string worker;
  test::TemporaryDirectory directory;
  std::string path;
  KeepingLogger logger;
  Token tokens;
  FaultPlan plan;  // empty: a good link
  EngineStatus last_status;
  std::vector<Phase> phases;  // as they changed
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Reader> reader;

 private:
  std::unique_ptr<Transport> direct_, link_;

 public:
  std::unique_ptr<Engine> engine;
};

struct World {
  ManualClock clock;
  ManualExecutor executor{clock};
  SeededRandom random{42};
  Centre centre{executor, random};
};

// A visit note with this body.
store::Draft note(World& world, const ScopeId& scope, const std::string& body, RecordId* id = nullptr);

}  // namespace satchel::sync
