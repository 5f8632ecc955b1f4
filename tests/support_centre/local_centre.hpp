// The real server::Service in the test's own process, with keys of its own to sign in with. What stands before it
// (sockets, a queue, a call) is the test's.
#pragma once

#include <memory>
#include <string>

#include "server/admin.hpp"
#include "server/authenticate.hpp"
#include "server/service.hpp"

namespace satchel::test {

// Throws std::runtime_error with the words of whatever fails.
class LocalCentre {
 public:
  static constexpr const char* issuer = "https://id.test";
  static constexpr const char* audience = "satchel";

  // With data and keys in folders of `directory`. Not open yet. Borrows the rest.
  LocalCentre(const std::string& directory, std::string organisation, const Clock& clock, Random& random,
              Logger& logger);
  void open();                                                 // with `options` and the domain's schema
  void close();                                                // clean
  server::Service* service() const { return service_.get(); }  // null: not open
  // Another connection on the same files, as the operator's commands have.
  std::unique_ptr<server::Admin> admin() const;
  std::string token(const std::string& worker, int64_t lifetime_ms) const;

  server::ServiceOptions options;

 private:
  const std::string organisation_;
  const Clock& clock_;
  Random& random_;
  Logger& logger_;
  std::unique_ptr<server::Authenticator> authenticator_;
  std::unique_ptr<server::Service> service_;
};

}  // namespace satchel::test
