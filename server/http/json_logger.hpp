// Log lines as JSON objects, one per line, for journald or a file. See core/base/logger.hpp for what may be in them.
//   {"at":"2026-11-21T14:03:00Z","level":"info","event":"request","path":"/v1/sync","status":200,"ms":4}
#pragma once

#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/logger.hpp"
#include "core/base/result.hpp"

namespace satchel::server::http {

class JsonLogger final : public Logger {
 public:
  // `file` empty: standard error. Lines below `least` are left out. Code::io when the file cannot be opened.
  static Result<std::unique_ptr<JsonLogger>> open(const std::string& file, LogLevel least, const Clock& clock);
  ~JsonLogger() override;

  // A field whose value is a decimal integer is written as a number.
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;
  // Opens the file anew, after a log rotation moved it away. The old one stays in use when that fails.
  Result<> reopen();

 private:
  struct Impl;
  explicit JsonLogger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::server::http
