// Real parts on loopback: a centre behind HTTPS (server/http over server::Service) and tablets (core/store,
// sync/engine, libcurl). Only the clocks can be set wrong, and a BadLink may stand between. Nothing here imitates
// anything.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/executor.hpp"
#include "core/base/logger.hpp"
#include "core/store/store.hpp"
#include "server/http/certificates.hpp"
#include "server/http/http_server.hpp"
#include "sync/engine.hpp"
#include "tests/support/memory_secrets.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support_centre/local_centre.hpp"
#include "tests/support_tls/bad_link.hpp"

namespace satchel::contract {

inline constexpr int64_t hour_ms = 3'600'000, day_ms = 24 * hour_ms;

using test::BadLink;
using test::Faults;

// The system's clock, put forward or back. Safe from any thread.
class OffsetClock final : public Clock {
 public:
  int64_t wall_ms() const override { return fixed_ != 0 ? fixed_.load() : system_.wall_ms() + offset_; }
  int64_t monotonic_ms() const override { return system_.monotonic_ms(); }
  void shift(int64_t ms) { offset_ += ms; }
  void stand_at(int64_t wall_ms) { fixed_ = wall_ms; }
  void run_again() { fixed_ = 0; }

 private:
  SystemClock system_;
  std::atomic<int64_t> offset_{0}, fixed_{0};
};

// Keeps every line, for tests that grep for what must not be there.
class KeepingLogger final : public Logger {
 public:
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

inline const std::string organisation = "north-net";
inline const std::string issuer = test::LocalCentre::issuer;
inline const std::string audience = test::LocalCentre::audience;

// The value of a Result, or a failed REQUIRE that shows the error.
void require_ok(bool ok, const std::string& message);
template <class T>
T take(Result<T> result) {
  require_ok(result.ok(), result.ok() ? "" : result.error().message + " [" + result.error().place + "]");
  return std::move(result).value();
}
inline void take(Result<> result) {
  require_ok(result.ok(), result.ok() ? "" : result.error().message + " [" + result.error().place + "]");
}

// What a tablet knows of a centre, in this process or in another.
class Base {
 public:
  virtual ~Base() = default;
  virtual uint16_t port() const = 0;
  virtual std::string ca_file() const = 0;
  virtual std::string token(const std::string& worker) const = 0;
};

class Centre final : public Base {
 public:
  explicit Centre(bool backup_configured = false);
  ~Centre() override;
  void start();  // at the port of the last time, when there was one
  void stop();   // clean
  bool running() const { return http_ != nullptr; }
  uint16_t port() const override { return port_; }
  std::string token(const std::string& worker) const override;
  ScopeId grant(const std::string& worker, const std::string& kind, std::optional<ScopeId> scope = {},
                const std::string& role = "writer");
  // Another connection on the same files, as the admin commands have.
  std::unique_ptr<server::Admin> admin() { return local_.admin(); }
  server::ServiceOptions& service_options() { return local_.options; }  // for the next start
  std::filesystem::path data_dir() const { return dir_.path("data"); }
  std::filesystem::path keys_dir() const { return dir_.path("keys"); }
  std::string ca_file() const override { return tls_.authority_file; }
  const server::http::DevelopmentFiles& tls() const { return tls_; }
  void use_certificate(const server::http::KeyPair& pair);  // from the next start on

  OffsetClock clock;
  KeepingLogger logger;
  server::http::HttpOptions http_options;

 private:
  test::TemporaryDirectory dir_;
  SystemRandom random_;
  test::LocalCentre local_;
  server::http::DevelopmentFiles tls_;
  uint16_t port_ = 0;
  std::unique_ptr<server::http::HttpServer> http_;
};

class SettableToken final : public sync::TokenProvider {
 public:
  void token(std::function<void(Result<std::string>)> done) override;
  void set(std::string token);

 private:
  std::mutex mutex_;
  std::string token_;
};

struct TabletOptions {
  std::string worker = "amira";
  uint16_t port = 0;  // of the centre or of a link before it
  sync::EngineOptions engine;
  std::filesystem::path ca_file;
  std::vector<std::string> pins;
  std::filesystem::path file;  // empty: in a directory of its own
  std::string vfs;
  sqlite::Durability durability = sqlite::Durability::full;
};

class Tablet {
 public:
  Tablet(const Base& base, TabletOptions options);
  ~Tablet();
  // Runs on the tablet's executor, where the store lives, and waits.
  template <class F>
  auto on_store(F work) {
    std::promise<decltype(work(*store_))> done;
    auto result = done.get_future();
    executor_->post([&] { done.set_value(work(*store_)); });
    return result.get();
  }
  Result<sync::EngineStatus> sync();  // once, until nothing is left or it fails
  void watch();                       // stays connected
  // Waits until `holds` is true of the store's status, looked at after every status callback; false after `ms`.
  bool until(const std::function<bool(Tablet&)>& holds, int64_t ms = 20'000);

  store::Receipt commit(store::Draft draft);
  Result<store::Receipt> try_commit(store::Draft draft);
  store::Status status();
  std::optional<store::Record> record(const std::string& collection, const RecordId& id);
  std::vector<store::InboxEntry> conflicts();
  std::vector<store::SetAside> set_aside();
  std::vector<store::ScopeInfo> scopes();
  bool holds(const ScopeId& scope);
  Hash256 log_digest(const ScopeId& scope);
  Hash256 state_digest(const ScopeId& scope);
  uint64_t position(const ScopeId& scope);
  void verify();
  // The pick of the field as text; "" when nothing stands.
  std::string text(const std::string& collection, const RecordId& id, const std::string& field);
  const std::filesystem::path& file() const { return options_.file; }
  const std::string& worker() const { return options_.worker; }
  sync::Engine& engine() { return *engine_; }
  sync::Phase phase();                 // as the engine told it last
  std::vector<std::string> notices();  // what the transport had to say: a spare key
  void close();                        // store and engine; file stays
  void open();

  OffsetClock clock;
  KeepingLogger logger;
  SettableToken token;

 private:
  TabletOptions options_;
  test::TemporaryDirectory dir_;
  SystemRandom random_;
  std::shared_ptr<support::MemorySecrets> secrets_ = std::make_shared<support::MemorySecrets>();
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<sync::Transport> transport_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Reader> reader_;
  std::unique_ptr<sync::Engine> engine_;
  std::mutex status_mutex_;
  std::condition_variable status_moved_;
  uint64_t status_count_ = 0;
  sync::Phase phase_ = sync::Phase::stopped;
  std::vector<std::string> notices_;
};

// ---- what link workers write, as drafts ---------------------------------------------------------------------------

RecordId new_record();
model::Op create_op(const std::string& collection, const RecordId& record);
model::Op assign_op(const std::string& collection, const RecordId& record, const std::string& field, model::Kind kind,
                    const model::Value& value, const std::string& reason = {});
// A visit note with this text in `scope`; its id is returned through `record`.
store::Draft note(const ScopeId& scope, const std::string& body, RecordId* record = nullptr);
store::Draft set_risk(const ScopeId& scope, const RecordId& record, const std::string& level, bool create,
                      const std::string& reason = {});

}  // namespace satchel::contract
