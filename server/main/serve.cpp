#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "server/files.hpp"
#include "server/http/http_server.hpp"
#include "server/http/json_logger.hpp"
#include "server/main/operator.hpp"

namespace satchel::server::cli {
namespace {

constexpr int internal_exit_code = 70;  // EX_SOFTWARE, as in main.cpp
constexpr int64_t ticket_keys_ms = 12 * 3'600'000;

// Signals go to the one thread that waits for them; blocked before any thread starts, so that all inherit it.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Each connection is an open file, and the usual soft limit (1,024) is a quarter of what we mean to serve.
void raise_open_files(const Config& config, Logger& logger) {
  const rlim_t wanted = config.http.connections_most + config.http.connections_most / 8 + 128;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted) return;
  logger.log(LogLevel::warning, "few_open_files",
             {{"allowed", std::to_string(limit.rlim_cur)}, {"wanted", std::to_string(wanted)}});
}

std::string certificate_stamp(const Config& config) {
  return file_stamp(config.http.certificate_file) + " " + file_stamp(config.http.private_key_file);
}

void reload(http::HttpServer& server, Logger& logger) {
  auto reloaded = server.reload_certificate();
  if (reloaded) {
    logger.log(LogLevel::info, "certificate_loaded", {});
  } else {
    logger.log(LogLevel::error, "certificate_refused", {{"what", reloaded.error().message}});
  }
}

// Until SIGTERM or SIGINT. SIGHUP: log file and certificate are opened anew. Certificate files that changed are taken
// up by themselves; twice a day the session ticket keys are drawn anew with them.
void wait_for_stop(const sigset_t& signals, const Config& config, const Clock& clock, http::JsonLogger& logger,
                   http::HttpServer& server) {
  const timespec second{1, 0};
  std::string stamp = certificate_stamp(config);
  int64_t loaded_ms = clock.monotonic_ms();
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &second);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (server.failed()) {
      // Not the ordinary way out: the next start must not take this for a clean shutdown.
      logger.log(LogLevel::error, "gave_up", {});
      std::_Exit(internal_exit_code);
    }
    if (signal == SIGHUP) static_cast<void>(logger.reopen().ok());
    const std::string now = certificate_stamp(config);
    if (signal == SIGHUP || now != stamp || clock.monotonic_ms() - loaded_ms > ticket_keys_ms) {
      stamp = now;
      loaded_ms = clock.monotonic_ms();
      reload(server, logger);
    }
  }
}

}  // namespace

Result<> serve(const Common& common, std::optional<uint16_t> port) {
  const sigset_t signals = block_signals();
  SATCHEL_ASSIGN(Config config, load_config(common.config_file));
  if (port) config.http.port = *port;
  SATCHEL_ASSIGN(model::Schema schema, load_schema(config));
  const SystemClock clock;
  SystemRandom random;
  SATCHEL_ASSIGN(const auto logger, http::JsonLogger::open(config.log_file, config.log_level, clock));
  raise_open_files(config, *logger);
  SATCHEL_TRY(make_directory(config.service.data_dir));
  SATCHEL_ASSIGN(const ServingLock lock, ServingLock::take(config.service.data_dir));
  SATCHEL_ASSIGN(const auto authenticator, make_jwt_authenticator(config.sign_in, clock));
  SATCHEL_ASSIGN(auto service,
                 Service::open(config.service, std::move(schema), *authenticator, clock, random, *logger));
  {
    SATCHEL_ASSIGN(const auto server, http::HttpServer::start(config.http, *service, clock, *logger));
    logger->log(LogLevel::info, "listening",
                {{"address", config.http.address}, {"port", std::to_string(server->port())}});
    wait_for_stop(signals, config, clock, *logger, *server);
    logger->log(LogLevel::info, "stopping", {});
    server->stop();
  }
  service.reset();  // leaves the nonce of a clean shutdown
  logger->log(LogLevel::info, "stopped", {});
  return {};
}

}  // namespace satchel::server::cli
