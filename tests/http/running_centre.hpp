// The real centre in this process: server::Service behind HttpServer on an ephemeral port of loopback.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/http/certificates.hpp"
#include "server/http/http_server.hpp"
#include "server/http/json_logger.hpp"
#include "tests/http/client.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support_centre/local_centre.hpp"

namespace satchel::http_test {

using test::TemporaryDirectory;

class RunningCentre {
 public:
  explicit RunningCentre(server::http::HttpOptions options = {});
  ~RunningCentre();

  int port() const { return server_->port(); }
  server::http::HttpServer& http() { return *server_; }
  Client client(const std::string& host = "localhost") const { return Client(port(), authority(), host); }
  std::string authority() const { return directory_.path("authority.pem"); }
  const TemporaryDirectory& directory() const { return directory_; }
  std::string token(const std::string& worker) const;
  ScopeId grant_case(const std::string& worker);
  std::unique_ptr<server::Admin> admin();
  std::string log() const { return directory_.read("log"); }
  // True once `count` long polls have begun to wait; false after half a minute.
  bool wait_until_parked(size_t count) const;
  static constexpr const char* organisation = "harbour";

 private:
  TemporaryDirectory directory_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<server::http::JsonLogger> logger_;
  std::optional<test::LocalCentre> local_;
  std::unique_ptr<server::http::HttpServer> server_;
};

}  // namespace satchel::http_test
