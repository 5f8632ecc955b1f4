// satchel-server as a process: stopped, killed, restarted.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/http/client.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support_programs/server_process.hpp"
#include "core/base/clock.hpp"
#include "server/http/certificates.hpp"

using namespace satchel;
using namespace satchel::http_test;
using satchel::test::Outcome;
using satchel::test::run_server;
using satchel::test::ServerProcess;
using satchel::test::TemporaryDirectory;

namespace {

// A set-up by `init`, with a case that amira may write.
class ServedCentre {
 public:
  ServedCentre() {
    REQUIRE(run_server({"init", "--data", data(), "--org", "harbour"}).code == 0);
    const Outcome granted = run_server({"grant", "--data", data(), "--worker", "amira", "--kind", "case", "--role",
                                        "writer", "--label", "A case"});
    INFO(granted.err);
    REQUIRE(granted.code == 0);
    scope = ScopeId::parse(granted.out.substr(0, 36)).value();
  }
  std::string data() const { return directory_.path("c"); }
  std::string authority() const { return directory_.path("c/tls/authority.pem"); }
  std::string token() const {
    std::string text = run_server({"token", "--data", data(), "--worker", "amira"}).out;
    text.erase(text.find_last_not_of('\n') + 1);
    return text;
  }
  const TemporaryDirectory& directory() const { return directory_; }
  ScopeId scope;

 private:
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("killed in mid-sync and started again, the centre has what it answered for, once") {
  const ServedCentre set_up;
  proto::SyncRequest push;
  uint64_t accepted = 0;
  {
    ServerProcess server({"--data", set_up.data()});
    Client client(server.port(), set_up.authority());
    Tablet tablet(client, "harbour", "amira", 1);
    REQUIRE(tablet.sign_in(set_up.token()));
    push.push = {tablet.write_task(set_up.scope, "one"), tablet.write_task(set_up.scope, "two")};
    push.cursors = {tablet.cursor(set_up.scope)};
    const auto answer = tablet.sync(push);
    accepted = answer.verdicts.at(1).position;
    // The next one is on its way when the power goes: answered or not, nobody knows.
    push.push.push_back(tablet.write_task(set_up.scope, "three"));
    const std::string body = proto::encode(push);
    RawClient sending(server.port());
    REQUIRE(sending.write("POST /v1/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n" +
                          tablet.authorization() + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                          body));
    server.signal(SIGKILL);
    CHECK(server.wait() == 128 + SIGKILL);
  }
  ServerProcess server({"--data", set_up.data()});
  Client client(server.port(), set_up.authority());
  Tablet again(client, "harbour", "amira", 1);  // the same seed: the same replica
  REQUIRE(again.sign_in(set_up.token()));
  const auto answer = again.sync(push);
  REQUIRE(answer.verdicts.size() == 3);
  for (const auto& verdict : answer.verdicts) CHECK(verdict.kind == proto::VerdictKind::accepted);
  CHECK(answer.verdicts[0].position == accepted - 1);
  CHECK(answer.verdicts[1].position == accepted);
  CHECK(answer.verdicts[2].position == accepted + 1);
  server.signal(SIGTERM);
  CHECK(server.wait() == 0);
  CHECK(run_server({"verify", "--data", set_up.data()}).code == 0);
}

TEST_CASE("a clean stop is told from a kill: only after a kill a new stretch of history begins") {
  const ServedCentre set_up;
  const auto epoch_begins = [&](int how_to_end) {
    ServerProcess server({"--data", set_up.data()});
    const bool begun = server.log().find("\"event\":\"epoch_begun\"") != std::string::npos;
    server.signal(how_to_end);
    server.wait();
    return begun;
  };
  static_cast<void>(epoch_begins(SIGTERM));
  CHECK_FALSE(epoch_begins(SIGTERM));
  CHECK_FALSE(epoch_begins(SIGKILL));
  CHECK(epoch_begins(SIGINT));
  CHECK_FALSE(epoch_begins(SIGTERM));
}

TEST_CASE("two servers do not serve one data directory, and nothing is restored under a running one") {
  const ServedCentre set_up;
  ServerProcess server({"--data", set_up.data()});
  const Outcome second = run_server({"serve", "--data", set_up.data(), "--port", "0"});
  CHECK(second.code == 5);
  CHECK(second.err.find("running") != std::string::npos);
  const std::string copy = set_up.directory().path("backup.db");
  REQUIRE(run_server({"backup", "--data", set_up.data(), copy}).code == 0);
  const Outcome restored = run_server({"restore", "--data", set_up.data(), "--from", copy});
  CHECK(restored.code == 5);
  CHECK(restored.err.find("Stop it first") != std::string::npos);
}

TEST_CASE("SIGHUP takes up a new certificate and goes on with the old one when the new one is wrong") {
  const ServedCentre set_up;
  ServerProcess server({"--data", set_up.data()});
  set_up.directory().write("c/tls/server.pem", "junk");
  server.signal(SIGHUP);
  CHECK_FALSE(server.wait_for_line("certificate_refused").empty());
  Client still(server.port(), set_up.authority());
  CHECK(still.get("/healthz").status == 200);
  const SystemClock clock;
  REQUIRE(server::http::make_development_certificates(set_up.directory().path("c/tls"), {"localhost"}, clock.wall_ms())
              .ok());
  server.signal(SIGHUP);
  CHECK_FALSE(server.wait_for_line("certificate_loaded").empty());
  Client renewed(server.port(), set_up.authority());
  CHECK(renewed.get("/healthz").status == 200);
}

TEST_CASE("a backup put back by the tool is noticed, and what was there is kept") {
  const ServedCentre set_up;
  const std::string copy = set_up.directory().path("backup.db");
  {
    ServerProcess server({"--data", set_up.data()});
    REQUIRE(run_server({"backup", "--data", set_up.data(), copy}).code == 0);
    Client client(server.port(), set_up.authority());
    Tablet tablet(client, "harbour", "amira", 1);
    REQUIRE(tablet.sign_in(set_up.token()));
    proto::SyncRequest push;
    push.push = {tablet.write_task(set_up.scope, "after the backup")};
    push.cursors = {tablet.cursor(set_up.scope)};
    CHECK(tablet.sync(push).verdicts.at(0).position == 1);
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
  }
  const Outcome restored = run_server({"restore", "--data", set_up.data(), "--from", copy});
  INFO(restored.err);
  REQUIRE(restored.code == 0);
  CHECK(restored.out.find(".before-restore-") != std::string::npos);
  ServerProcess server({"--data", set_up.data()});
  CHECK(server.log().find("\"event\":\"epoch_begun\"") != std::string::npos);
  Client client(server.port(), set_up.authority());
  Tablet tablet(client, "harbour", "amira", 1);
  REQUIRE(tablet.sign_in(set_up.token()));
  proto::SyncRequest pull;
  proto::Cursor cursor = tablet.cursor(set_up.scope);
  cursor.epoch = EpochId{};  // of a history nobody knows: the centre must ask where they part
  cursor.epoch->bytes[0] = 1;
  cursor.position = 1;
  pull.cursors = {cursor};
  pull.all_cursors = true;
  const auto answer = tablet.sync(pull);
  REQUIRE(answer.pages.size() == 1);
  CHECK(answer.pages[0].head == 0);
}
