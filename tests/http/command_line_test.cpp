// Every command of satchel-server: once as it is meant, and typed wrong.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/clock.hpp"
#include "server/http/certificates.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/text.hpp"
#include "tests/support_programs/server_process.hpp"

using satchel::test::has;
using satchel::test::Outcome;
using satchel::test::run_server;
using satchel::test::TemporaryDirectory;
using nlohmann::json;

namespace {

constexpr const char* some_scope = "0192f3a1-7c1e-7d30-9a55-3b1f0c2d4e5f";
constexpr const char* some_transaction =
    "0192f3a1-7c1e-7d30-9a55-3b1f0c2d4e5f/0192f3a1-7c1e-7d30-9a55-3b1f0c2d4e60/7";

class SetUp {
 public:
  SetUp() { REQUIRE(run_server({"init", "--data", data(), "--org", "harbour", "--port", "0"}).code == 0); }
  std::string data() const { return directory_.path("c"); }
  std::string config() const { return data() + "/server.json"; }
  const TemporaryDirectory& directory() const { return directory_; }
  // satchel-server COMMAND --data HERE the rest
  Outcome run(std::vector<std::string> words, size_t command_words = 1) const {
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(command_words), {"--data", data()});
    return run_server(words);
  }
  std::string grant(const std::string& worker, const std::string& kind) const {
    const Outcome granted = run({"grant", "--worker", worker, "--kind", kind, "--role", "writer"});
    INFO(granted.err);
    REQUIRE(granted.code == 0);
    return granted.out.substr(0, 36);
  }
  void replace_in_config(const std::string& from, const std::string& to) const {
    std::string text = directory_.read("c/server.json");
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    directory_.write("c/server.json", text.replace(at, from.size(), to));
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("init makes a set-up that check finds in order, and does not touch one that is there") {
  const SetUp set_up;
  const Outcome checked = set_up.run({"check"});
  INFO(checked.out + checked.err);
  CHECK(checked.code == 0);
  CHECK(has(checked.out, "is in order"));
  CHECK(has(checked.out, "Pin: sha256/"));
  const std::string before = set_up.directory().read("c/server.json");
  const Outcome again = set_up.run({"init"});
  CHECK(again.code != 0);
  CHECK(has(again.err, "already"));
  CHECK(set_up.directory().read("c/server.json") == before);
}

TEST_CASE("init refuses a schema that is not one, and says where") {
  const TemporaryDirectory directory;
  directory.write("schema.json", R"({"version": 1, "scopes": {"case": {"opened_by": []}}, "collections": {"x": 7}})");
  const Outcome refused =
      run_server({"init", "--data", directory.path("c"), "--schema", directory.path("schema.json")});
  CHECK(refused.code == 3);
  INFO(refused.err);
  CHECK(has(refused.err, "/collections/x"));
  CHECK_FALSE(std::filesystem::exists(directory.path("c/server.json")));
}

TEST_CASE("every key of the configuration is written by init, listed by check, and explained in OPERATING") {
  const SetUp set_up;
  const Outcome listed = set_up.run({"check", "--keys"});
  std::ifstream file(SATCHEL_SOURCE_DIR "/docs/OPERATING.md");
  std::stringstream operating;
  operating << file.rdbuf();
  const json written = json::parse(set_up.directory().read("c/server.json"), nullptr, true, true);
  int keys = 0;
  std::istringstream lines(listed.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() != '/') continue;
    const std::string pointer = line.substr(0, line.find(' '));
    INFO(pointer);
    if (!has(line, " = ")) continue;
    ++keys;
    CHECK(written.contains(json::json_pointer(pointer)));
    CHECK(has(operating.str(), "`" + pointer + "`"));
  }
  CHECK(keys > 25);
}

TEST_CASE("check points at each thing that is wrong") {
  struct Case {
    const char *from, *to, *pointer, *words;
  };
  const Case cases[] = {
      {"\"port\": 0", "\"port\": 70000", "/listen/port", "whole number from 0 to 65535"},
      {"\"port\": 0", "\"port\": \"0\"", "/listen/port", "whole number"},
      {"\"data_dir\": \"centre\"", "\"data_dir\": 7", "/data_dir", "text in quotes"},
      {"\"data_dir\": \"centre\"", "\"data_dir\": \"\"", "/data_dir", "must not be empty"},
      {"\"data_dir\": \"centre\"", "\"data_dri\": \"centre\"", "/data_dri", "did you mean /data_dir?"},
      {"\"data_dir\": \"centre\"", "\"data_dir\": \"nowhere\"", "/data_dir", "no directory"},
      {"\"configured\": false", "\"configured\": \"no\"", "/backup/configured", "true or false"},
      {"\"level\": \"info\"", "\"level\": \"loud\"", "/log/level", "\"debug\""},
      {"tls/server.key", "tls/authority.key", "/tls/private_key_file", "not the private key"},
      {"tls/server.pem", "tls/nowhere.pem", "/tls/certificate_file", "nowhere.pem"},
      {"\"schema.json\"", "\"server.json\"", "/schema_file", "server.json"},
      {"sign-in/jwk-set.json", "sign-in/none.json", "/sign_in/keys_file", "none.json"},
      {"\"tls\": {", "\"tls\": 3, \"tsl\": {", "/tls", "must be an object"},
      {"\"memory_bytes\": 1073741824", "\"memory_bytes\": 1048576", "/limits/memory_bytes", "at least one request"},
  };
  const SetUp set_up;
  const std::string good = set_up.directory().read("c/server.json");
  for (const Case& wrong : cases) {
    INFO(wrong.to);
    set_up.directory().write("c/server.json", good);
    set_up.replace_in_config(wrong.from, wrong.to);
    const Outcome checked = set_up.run({"check"});
    INFO(checked.out);
    CHECK(checked.code == 3);
    CHECK(has(checked.out, std::string(wrong.pointer) + ": "));
    CHECK(has(checked.out, wrong.words));
  }
  set_up.directory().write("c/server.json", "{\n  \"data_dir\": \"centre\"\n  \"keys_dir\": \"keys\"\n}\n");
  const Outcome checked = set_up.run({"check"});
  CHECK(checked.code == 3);
  CHECK(has(checked.out, "line 3"));
}

TEST_CASE("the sealing key is made by init, looked after by check, and renewed by a command that keeps the old ones") {
  const SetUp set_up;
  const std::string first = set_up.directory().read("c/keys/sealing.key");
  const Outcome renewed = set_up.run({"renew-sealing-key"});
  CHECK(renewed.code == 0);
  CHECK(has(renewed.out, "from the next start on"));
  const std::string both = set_up.directory().read("c/keys/sealing.key");
  CHECK(both.size() == first.size() + 65);
  CHECK(has(both, first.substr(first.size() - 65)));
  CHECK(set_up.run({"check"}).code == 0);
  std::filesystem::permissions(set_up.directory().path("c/keys/sealing.key"), std::filesystem::perms(0644));
  CHECK(has(set_up.run({"check"}).out, "/keys_dir: Others than its owner may use "));
  set_up.directory().write("c/keys/sealing.key", "nonsense\n");
  std::filesystem::permissions(set_up.directory().path("c/keys/sealing.key"), std::filesystem::perms(0600));
  CHECK(has(set_up.run({"check"}).out, "64 hexadecimal digits"));
  set_up.directory().write("c/centre/centre.db", "");
  std::filesystem::remove(set_up.directory().path("c/keys/sealing.key"));
  CHECK(has(set_up.run({"check"}).out, "sealing.key is missing"));
}

TEST_CASE("check tells of a certificate that has ended, and one that ends soon") {
  using namespace satchel::server::http;
  const SetUp set_up;
  const satchel::SystemClock clock;
  const int64_t now = clock.wall_ms(), day = 86'400'000;
  const KeyPair authority = make_authority("Test", now - 90 * day, now + day).value();
  const auto put = [&](int64_t until) {
    const KeyPair made = make_certificate(authority, {{"localhost"}, now - 60 * day, until}).value();
    set_up.directory().write("c/tls/server.pem", made.certificate_pem);
    set_up.directory().write("c/tls/server.key", made.private_key_pem);
  };
  put(now - day);
  const Outcome ended = set_up.run({"check"});
  CHECK(ended.code == 3);
  CHECK(has(ended.out, "/tls/certificate_file: The certificate ended on "));
  put(now + 10 * day);
  const Outcome soon = set_up.run({"check", "--json"});
  CHECK(soon.code == 0);
  const json report = json::parse(soon.out);
  CHECK(report["problems"].empty());
  CHECK(report["warnings"][0]["pointer"] == "/tls/certificate_file");
}

TEST_CASE("grants are given, named and withdrawn") {
  const SetUp set_up;
  const std::string team = set_up.grant("amira", "team");
  const Outcome second = set_up.run({"grant", "--worker", "ben", "--scope", team, "--role", "reader", "--json"});
  CHECK(second.code == 0);
  CHECK(json::parse(second.out)["scope"] == team);
  CHECK(set_up.run({"withdraw", "--worker", "ben", "--scope", team}).code == 0);
  set_up.grant("amira", "case");
  const Outcome covered = set_up.run({"grant", "--worker", "chloe", "--role", "writer", "--like", "amira"});
  CHECK(covered.code == 0);
  CHECK(has(covered.out, "2 scopes"));
  const json scopes = json::parse(set_up.run({"scopes", "--json"}).out)["scopes"];
  CHECK(scopes.size() == 2);
  CHECK(scopes[team]["kind"] == "team");
  CHECK(has(set_up.run({"scopes"}).out, team + "  team"));
  CHECK(set_up.run({"suspend", "--worker", "amira", "--from", "2026-11-16T08:00:00Z"}).code == 0);
  CHECK(has(set_up.run({"suspend", "--worker", "amira"}).out, "Suspended from 20"));
  CHECK(set_up.run({"reinstate", "--worker", "amira"}).code == 0);
  const Outcome twice = set_up.run({"reinstate", "--worker", "amira"});
  CHECK(twice.code == 1);
  CHECK(has(twice.err, "not suspended"));
}

TEST_CASE("a grant of a kind or scope that does not exist is refused in words") {
  const SetUp set_up;
  const Outcome kind = set_up.run({"grant", "--worker", "amira", "--kind", "castle", "--role", "writer"});
  CHECK(kind.code != 0);
  CHECK(has(kind.err, "castle"));
  CHECK(set_up.run({"grant", "--worker", "amira", "--scope", some_scope, "--role", "writer"}).code != 0);
  CHECK(set_up.run({"withdraw", "--worker", "amira", "--scope", some_scope}).code != 0);
}

TEST_CASE("tokens are minted where init made the keys, and nowhere else") {
  const SetUp set_up;
  const Outcome minted = set_up.run({"token", "--worker", "amira", "--lifetime", "15m"});
  CHECK(minted.code == 0);
  CHECK(std::count(minted.out.begin(), minted.out.end(), '.') == 2);
  std::filesystem::remove(set_up.directory().path("c/sign-in/jwt-signing.pem"));
  const Outcome refused = set_up.run({"token", "--worker", "amira"});
  CHECK(refused.code == 1);
  CHECK(has(refused.err, "identity provider"));
}

TEST_CASE("the lists are empty at first, and say so in words or as JSON") {
  const SetUp set_up;
  set_up.grant("amira", "case");
  CHECK(has(set_up.run({"quarantine", "list"}, 2).out, "Nothing is in quarantine"));
  CHECK(json::parse(set_up.run({"quarantine", "list", "--json"}, 2).out).empty());
  CHECK(has(set_up.run({"devices"}).out, "No tablet"));
  CHECK(json::parse(set_up.run({"devices", "--json"}).out).empty());
}

TEST_CASE("what is not in quarantine can be neither released nor refused, what is not missing not lost") {
  const SetUp set_up;
  CHECK(set_up.run({"quarantine", "release", some_transaction}, 2).code == 1);
  CHECK(set_up.run({"quarantine", "refuse", some_transaction, "--reason", "no"}, 2).code == 1);
  CHECK(set_up.run({"lost", some_transaction}).code == 1);
  const std::string scope = set_up.grant("amira", "case");
  const std::string replica = "/0192f3a1-7c1e-7d30-9a55-3b1f0c2d4e60/";
  CHECK(set_up.run({"lost", scope + replica + "2"}).code == 1);
  CHECK(set_up.run({"lost", scope + replica + "1"}).code == 0);
}

TEST_CASE("a directory of services is taken in once") {
  const SetUp set_up;
  const std::string team = set_up.grant("amira", "team");
  set_up.directory().write("services.json", R"([
    {"id": "11111111-1111-4111-8111-111111111111", "name": "Lunch club", "status": "active"},
    {"id": "22222222-2222-4222-8222-222222222222", "name": "Repair shed", "status": "active"}])");
  const std::string file = set_up.directory().path("services.json");
  const Outcome first = set_up.run({"import", "--scope", team, file});
  INFO(first.err);
  CHECK(first.code == 0);
  CHECK(has(first.out, "2 services changed"));
  CHECK(has(set_up.run({"import", "--scope", team, file}).out, "0 services changed"));
  set_up.directory().write("services.json", "not a directory");
  const Outcome junk = set_up.run({"import", "--scope", team, file});
  CHECK(junk.code != 0);
  CHECK_FALSE(junk.err.empty());
  CHECK(set_up.run({"import", "--scope", team, "/nowhere.json"}).code == 1);
}

TEST_CASE("backup and restore keep what is there, and take no file that is not a backup") {
  const SetUp set_up;
  set_up.grant("amira", "case");
  const std::string copy = set_up.directory().path("backup.db");
  CHECK(set_up.run({"backup", copy}).code == 0);
  const Outcome again = set_up.run({"backup", copy});
  CHECK(again.code != 0);
  CHECK(has(again.err, "already"));
  CHECK(set_up.run({"restore", "--from", copy}).code == 0);
  CHECK(set_up.run({"verify"}).code == 0);
  set_up.directory().write("junk.db", std::string(8192, 'j'));
  const Outcome junk = set_up.run({"restore", "--from", set_up.directory().path("junk.db")});
  CHECK(junk.code == 4);
  CHECK(set_up.run({"restore", "--from", "/nowhere.db"}).code == 1);
  CHECK(set_up.run({"verify"}).code == 0);
}

TEST_CASE("what is typed wrong is answered with what is wrong, and exit code 2") {
  struct Case {
    std::vector<std::string> words;
    const char* says;
  };
  const std::vector<Case> cases = {
      {{}, "subcommand"},
      {{"sreve"}, "There are: serve"},
      {{"reinstate"}, "--worker"},
      {{"serve", "--port", "many"}, "many"},
      {{"init", "--prot", "1"}, "--prot"},
      {{"check", "--config"}, "--config"},
      {{"token"}, "--worker"},
      {{"token", "--worker", "a", "--lifetime", "long"}, "length of time"},
      {{"grant", "--worker", "a", "--role", "king", "--kind", "case"}, "king"},
      {{"grant", "--worker", "a", "--role", "writer", "--scope", "7"}, "not an id"},
      {{"withdraw", "--worker", "a"}, "--scope"},
      {{"suspend", "--worker", "a", "--from", "yesterday"}, "not a time"},
      {{"quarantine"}, "subcommand"},
      {{"quarantine", "list", "--all"}, "--all"},
      {{"quarantine", "release", "a/b/c"}, "does not name a transaction"},
      {{"quarantine", "refuse", some_transaction}, "--reason"},
      {{"lost", "0192f3a1"}, "does not name a transaction"},
      {{"import", "services.json"}, "--scope"},
      {{"backup"}, "file"},
      {{"restore"}, "--from"},
      {{"devices", "--orgg", "x"}, "--orgg"},
      {{"verify", "--deep"}, "--deep"},
  };
  for (const Case& wrong : cases) {
    std::string typed;
    for (const auto& word : wrong.words) typed += word + " ";
    INFO(typed);
    const Outcome outcome = run_server(wrong.words);
    INFO(outcome.err);
    CHECK(outcome.code == 2);
    CHECK(has(outcome.err, wrong.says));
    CHECK(outcome.out.empty());
  }
}

TEST_CASE("a grant without scope and kind, or with both, and a command without an organisation are wrong usage") {
  const SetUp set_up;
  CHECK(set_up.run({"grant", "--worker", "a", "--role", "writer"}).code == 2);
  const Outcome both =
      set_up.run({"grant", "--worker", "a", "--role", "writer", "--kind", "case", "--scope", some_scope});
  CHECK(both.code == 2);
  CHECK(set_up.run({"grant", "--worker", "a", "--role", "writer", "--kind", "case", "--like", "b"}).code == 2);
  set_up.replace_in_config("\"organisation\": \"harbour\"", "\"organisation\": \"\"");
  const Outcome outcome = set_up.run({"devices"});
  CHECK(outcome.code == 2);
  CHECK(has(outcome.err, "--org"));
  CHECK(set_up.run({"devices", "--org", "harbour"}).code == 1);  // an organisation that nobody has used yet
}

TEST_CASE("a configuration that is not there is named, with the way to one") {
  const Outcome outcome = run_server({"serve", "--config", "/nowhere/server.json"});
  CHECK(outcome.code == 1);
  CHECK(has(outcome.err, "/nowhere/server.json"));
  CHECK(has(outcome.err, "init"));
}
