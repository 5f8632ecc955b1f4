// Networks that answer in the centre's place, and a centre that asks for patience: a whole tablet against them, over
// TLS.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>

#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"
#include "tests/support_tls/tls_server.hpp"

using namespace satchel;
using namespace satchel::contract;

namespace {

std::string content(const std::string& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// Somebody who answers with the centre's own certificate, so that nothing but the answer itself is wrong.
struct Impostor {
  Centre centre;
  ScopeId scope;
  test::TlsServer server;
  BadLink line;  // the tablet's way: to the impostor at first

  explicit Impostor(test::TlsServer::Script script)
      : server(
            test::Certificate{content(centre.tls().certificate_file), content(centre.tls().private_key_file), {}, {}},
            std::move(script)),
        line(server.port()) {
    centre.start();
    scope = centre.grant("amira", "case");
  }
  void get_out() {
    line.retarget(centre.port());
    line.cut_now();
  }
};

}  // namespace

TEST_CASE("a captive portal answers 200 with a page: the tablet says what to do, and delivers outside") {
  Impostor cafe([](const test::ScriptedRequest&) {
    return test::ScriptedAnswer{200, {{"content-type", "text/html"}}, "<html>Welcome! Accept our terms.</html>"};
  });
  Tablet amira(cafe.centre, {.port = cafe.line.port(), .engine = hasty()});
  const auto refused = amira.sync();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::network);
  CHECK(refused.error().message.find("sign in") != std::string::npos);
  CHECK(amira.scopes().empty());
  cafe.get_out();
  sync_in_the_end(amira);
  amira.commit(note(cafe.scope, "after the coffee"));
  take(amira.sync());
  require_agreement(cafe.scope, {&amira});
}

TEST_CASE("503 with Retry-After: the tablet waits as long as it was asked to, then delivers") {
  Impostor busy([](const test::ScriptedRequest&) {
    return test::ScriptedAnswer{503, {{"content-type", "application/x-protobuf"}, {"retry-after", "2"}}, ""};
  });
  auto options = hasty();  // its own backoff would ask again within milliseconds
  options.watch = true;
  Tablet amira(busy.centre, {.port = busy.line.port(), .engine = options});
  const int64_t before = amira.clock.monotonic_ms();
  amira.watch();
  REQUIRE(amira.until([](Tablet& t) { return t.phase() == sync::Phase::waiting_to_retry; }));
  busy.get_out();
  REQUIRE(amira.until([&](Tablet& t) { return t.holds(busy.scope); }));
  CHECK(amira.clock.monotonic_ms() - before >= 1'900);
  CHECK(busy.server.requests().size() == 1);
}
