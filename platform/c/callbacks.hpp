// callbacks: what the app put in the place of Satchel's own clock, logger, sign-in, network.
#pragma once

#include <memory>

#include "core/base/clock.hpp"
#include "core/base/executor.hpp"
#include "core/base/logger.hpp"
#include "core/store/secret_keeper.hpp"
#include "platform/c/include/satchel.h"
#include "sync/engine.hpp"
#include "sync/transport.hpp"

namespace satchel::abi {

// Owns a callback struct: calls its destroy once, at the end.
template <class Callbacks>
class Taken {
 public:
  explicit Taken(const Callbacks& callbacks) : callbacks_(callbacks) {}
  ~Taken() {
    if (callbacks_.destroy != nullptr) callbacks_.destroy(callbacks_.context);
  }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  const Callbacks* operator->() const { return &callbacks_; }

 private:
  Callbacks callbacks_;
};

// The system's clock where the app gave none.
class AppClock final : public Clock {
 public:
  explicit AppClock(const satchel_clock& callbacks) : app_(callbacks) {}
  int64_t wall_ms() const override;
  int64_t monotonic_ms() const override;

 private:
  Taken<satchel_clock> app_;
  SystemClock system_;
};

class AppLogger final : public Logger {
 public:
  explicit AppLogger(const satchel_logger& callbacks) : app_(callbacks) {}
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;

 private:
  Taken<satchel_logger> app_;
};

// `executor` carries the answers; none are before it is set, and answers that come after it was taken back (null) are
// dropped.
class AppTokens final : public sync::TokenProvider {
 public:
  explicit AppTokens(const satchel_token_provider& callbacks);
  bool given() const { return app_->request != nullptr; }
  void set_executor(Executor* executor);
  void token(std::function<void(Result<std::string>)> done) override;

 private:
  Taken<satchel_token_provider> app_;
  std::shared_ptr<struct Door> door_;
};

// The device's keystore. The struct is taken in any case; keeper() is empty when the app gave none.
class AppSecrets {
 public:
  explicit AppSecrets(const satchel_secret_keeper& callbacks);
  // Code::invalid when only some of the functions are there.
  Result<std::shared_ptr<store::SecretKeeper>> keeper() const;

 private:
  std::shared_ptr<Taken<satchel_secret_keeper>> app_;
};

class AppConnectivity {
 public:
  explicit AppConnectivity(const satchel_connectivity& callbacks) : app_(callbacks) {}
  bool online() const { return app_->online == nullptr || app_->online(app_->context); }

 private:
  Taken<satchel_connectivity> app_;
};

// HTTP by the app. The struct is taken in any case; transport() is empty when the app gave none.
class AppHttp {
 public:
  explicit AppHttp(const satchel_http& callbacks);
  bool given() const { return (*app_)->send != nullptr; }
  std::unique_ptr<sync::Transport> transport(Executor& executor) const;

 private:
  std::shared_ptr<Taken<satchel_http>> app_;
};

}  // namespace satchel::abi
