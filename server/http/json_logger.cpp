#include "server/http/json_logger.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>

namespace satchel::server::http {
namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "error";
}

bool is_integer(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  return digits && !text.empty() && text.size() <= 18 && (text.size() == 1 || text.front() != '0');
}

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

struct JsonLogger::Impl {
  std::string file;
  LogLevel least = LogLevel::info;
  const Clock* clock = nullptr;
  std::mutex mutex;
  int fd = STDERR_FILENO;  // under mutex
};

JsonLogger::JsonLogger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

JsonLogger::~JsonLogger() {
  if (impl_->fd != STDERR_FILENO) ::close(impl_->fd);
}

Result<std::unique_ptr<JsonLogger>> JsonLogger::open(const std::string& file, LogLevel least, const Clock& clock) {
  auto impl = std::make_unique<Impl>();
  impl->file = file;
  impl->least = least;
  impl->clock = &clock;
  std::unique_ptr<JsonLogger> logger(new JsonLogger(std::move(impl)));
  SATCHEL_TRY(logger->reopen());
  return logger;
}

Result<> JsonLogger::reopen() {
  if (impl_->file.empty()) return {};
  const int fd = ::open(impl_->file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) {
    return make_error(Code::io, "Could not open the log file " + impl_->file + ": " + std::strerror(errno) + ".",
                      impl_->file);
  }
  std::lock_guard lock(impl_->mutex);
  if (impl_->fd != STDERR_FILENO) ::close(impl_->fd);
  impl_->fd = fd;
  return {};
}

void JsonLogger::log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < impl_->least) return;
  std::string line = "{\"at\":" + json_text(format_instant(impl_->clock->wall_ms()));
  line += ",\"level\":" + json_text(level_name(level)) + ",\"event\":" + json_text(event);
  for (const LogField& field : fields) {
    line += "," + json_text(field.key) + ":" + (is_integer(field.value) ? field.value : json_text(field.value));
  }
  line += "}\n";
  std::lock_guard lock(impl_->mutex);
  size_t done = 0;
  while (done < line.size()) {  // a full disk must not stop the centre: a line may be lost, never the service
    const ssize_t written = ::write(impl_->fd, line.data() + done, line.size() - done);
    if (written < 0 && errno != EINTR) return;
    if (written > 0) done += static_cast<size_t>(written);
  }
}

}  // namespace satchel::server::http
