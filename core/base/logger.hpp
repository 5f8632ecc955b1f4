// Structured log lines without personal data: `event` is a fixed word of ours, fields are ids and numbers, never
// field values, names or message texts (tests grep the logs for planted words).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace satchel {

enum class LogLevel { debug, info, warning, error };

struct LogField {
  std::string_view key;
  std::string value;
};

class Logger {
 public:
  virtual ~Logger() = default;
  // From any thread; must not call back into Satchel.
  virtual void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) = 0;
};

class NullLogger final : public Logger {
 public:
  void log(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

}  // namespace satchel
