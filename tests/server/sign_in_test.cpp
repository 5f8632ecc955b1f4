// Tokens of an identity provider, and the sessions that they are exchanged for.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/files.hpp"
#include "server/base64url.hpp"
#include "server/es256.hpp"
#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;

namespace {

class Provider {
 public:
  Provider() {
    must(server::make_development_keys(directory.path()));
    options.keys_file = server::development_key_set(directory.path());
    options.issuer = "https://sign-in.example";
    options.audience = "satchel";
    authenticator = must(server::make_jwt_authenticator(options, clock));
  }

  std::string token(int64_t lifetime_ms = 600'000) {
    return must(server::mint_token(directory.path(), options.issuer, options.audience, org, "ana", lifetime_ms, clock));
  }
  // A token with any header and claims, signed by the provider's own key.
  std::string token(const nlohmann::json& header, const nlohmann::json& claims) {
    const auto key = must(server::Es256Key::from_pem(must(read_file(directory.path("jwt-signing.pem")))));
    const std::string text = server::base64url(header.dump()) + "." + server::base64url(claims.dump());
    return text + "." + server::base64url(must(key.sign(text)));
  }
  nlohmann::json header() {
    const auto key = must(server::Es256Key::from_pem(must(read_file(directory.path("jwt-signing.pem")))));
    return {{"alg", "ES256"}, {"kid", must(key.thumbprint())}};
  }
  nlohmann::json claims() {
    const int64_t now = clock.wall_ms() / 1000;
    return {{"iss", options.issuer}, {"aud", options.audience}, {"org", org}, {"sub", "ana"}, {"exp", now + 600}};
  }
  // Empty when it is good.
  std::string complaint(const std::string& jwt) {
    const auto result = authenticator->authenticate(jwt);
    if (result.ok()) return "";
    CHECK(result.error().code == Code::sign_in);
    return result.error().message;
  }
  bool complains_of(const std::string& word, const std::string& jwt) {
    return complaint(jwt).find(word) != std::string::npos;
  }

  satchel::test::TemporaryDirectory directory;
  ManualClock clock;
  server::JwtOptions options;
  std::unique_ptr<server::Authenticator> authenticator;
};

}  // namespace

TEST_CASE("a token of the provider names organisation and worker") {
  Provider provider;
  const auto claims = must(provider.authenticator->authenticate(provider.token()));
  CHECK(claims.organisation == org);
  CHECK(claims.worker == "ana");
  CHECK(claims.expires_ms > provider.clock.wall_ms());
  auto listed = provider.claims();
  listed["aud"] = {"other", "satchel"};
  CHECK(provider.complaint(provider.token(provider.header(), listed)).empty());
}

TEST_CASE("expired, early, for another audience, of another issuer, without a person: each says so") {
  Provider provider;
  const std::string good = provider.token(600'000);
  provider.clock.advance(600'000 + 59'000);
  CHECK(provider.complaint(good).empty());  // leeway
  provider.clock.advance(2'000);
  CHECK(provider.complains_of("expired", good));
  const auto with = [&](const char* name, const nlohmann::json& value) {
    auto claims = provider.claims();
    claims[name] = value;
    return provider.token(provider.header(), claims);
  };
  const int64_t now = provider.clock.wall_ms() / 1000;
  CHECK(provider.complains_of("not valid yet", with("nbf", now + 120)));
  CHECK(provider.complaint(with("nbf", now + 30)).empty());
  CHECK(provider.complains_of("not valid yet", with("nbf", "soon")));
  CHECK(provider.complains_of("audience", with("aud", "elsewhere")));
  CHECK(provider.complains_of("audience", with("aud", nullptr)));
  CHECK(provider.complains_of("another sign-in service", with("iss", "https://evil.example")));
  CHECK(provider.complains_of("when it ends", with("exp", nullptr)));
  CHECK(provider.complains_of("when it ends", with("exp", 1e300)));
  CHECK(provider.complains_of("organisation", with("org", "")));
  CHECK(provider.complains_of("person", with("sub", std::string(200, 'x'))));
}

TEST_CASE("only ES256 with a known key counts, whatever the token says of itself") {
  Provider provider, stranger;
  const auto with = [&](const char* name, const nlohmann::json& value) {
    auto header = provider.header();
    header[name] = value;
    return provider.token(header, provider.claims());
  };
  for (const char* algorithm : {"none", "None", "HS256", "RS256", "ES384", "es256", ""}) {
    CHECK(provider.complains_of("Only ES256", with("alg", algorithm)));
  }
  CHECK(provider.complains_of("Only ES256", with("alg", nullptr)));
  CHECK(provider.complains_of("extension", with("crit", {"b64"})));
  CHECK(provider.complains_of("not known here", with("kid", "another")));
  CHECK(provider.complains_of("not known here", stranger.token()));
  std::string unsigned_token = with("alg", "none");
  unsigned_token.resize(unsigned_token.rfind('.') + 1);
  CHECK(provider.complains_of("Only ES256", unsigned_token));
  const std::string good = provider.token();
  std::string bent = good.substr(0, good.rfind('.') + 1) + server::base64url(Bytes(64, '\0'));
  CHECK(provider.complains_of("signature", bent));
  const std::string other_claims = provider.token();
  bent = good.substr(0, good.find('.')) + "." + server::base64url(R"({"sub":"boss"})") + good.substr(good.rfind('.'));
  CHECK(provider.complains_of("signature", bent));
  for (const char* junk : {"", ".", "..", "a.b", "a.b.c", "a.b.c.d", "e30.e30.AA", "\xff.\xff.\xff"}) {
    CHECK_FALSE(provider.complaint(junk).empty());
  }
}

TEST_CASE("a rotated key set is read again; a broken file leaves the keys that were good") {
  Provider provider;
  const std::string old_token = provider.token();
  Provider next;
  { std::ofstream(provider.options.keys_file, std::ios::trunc) << "half a fi"; }
  CHECK(provider.complaint(old_token).empty());
  must(replace_file(provider.options.keys_file, must(read_file(next.options.keys_file)), false));
  CHECK(provider.complains_of("not known here", old_token));
  CHECK(provider.complaint(next.token()).empty());
}

TEST_CASE("a key set that cannot be used is refused at the start with its reason") {
  Provider provider;
  const auto complaint = [&](const std::string& content) {
    must(replace_file(provider.options.keys_file, content, false));
    const auto made = server::make_jwt_authenticator(provider.options, provider.clock);
    return made.ok() ? std::string() : made.error().message;
  };
  CHECK(complaint("[]").find("RFC 7517") != std::string::npos);
  CHECK(complaint(R"({"keys":[]})").find("no ES256 key") != std::string::npos);
  CHECK(complaint(R"({"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"}]})").find("curve") !=
        std::string::npos);
  CHECK(complaint(R"({"keys":[{"kty":"RSA","kid":"a"}]})").find("no ES256 key") != std::string::npos);
}

TEST_CASE("a session ends after its time, and a credential is worth nothing to who reads the database") {
  World world;
  world.grant("ana");
  Tablet ana(world, "ana");
  ana.sync_all();
  const Bytes file = must(read_file(world.file("centre.db"))) + must(read_file(world.file("centre.db-wal")));
  CHECK(file.find(ana.credential) == Bytes::npos);
  world.stop();
  world.start();
  CHECK(ana.send(ana.request()).status == 200);  // survives a restart
  world.clock.advance(15 * 60'000);
  CHECK(ana.send(ana.request()).status == 401);
  ana.sign_in();
  CHECK(ana.send(ana.request()).status == 200);
  for (const char* header : {"", "Bearer", "Bearer ", "Basic abc"}) {
    CHECK(world.post("/v1/sync", header, proto::encode(ana.request())).status == 401);
  }
}

TEST_CASE("a replica is bound to its secret and its worker at its first session") {
  World world;
  Tablet ana(world, "ana");
  CHECK(ana.try_sign_in(ana.proof).status == 200);
  const auto reply = ana.try_sign_in(Bytes(32, 'x'));
  CHECK(reply.status == 409);
  CHECK(must(proto::decode_failure(reply.body)).code == "replica_taken");
  ana.worker = "ben";
  CHECK(ana.try_sign_in(ana.proof).status == 409);
}

TEST_CASE("a bad token, a bad body and another protocol are told apart") {
  World world;
  proto::SessionRequest request;
  request.replica = ReplicaId{random_128(world.random)};
  request.token = "bad";
  request.secret_proof = Bytes(32, 'p');
  CHECK(world.post("/v1/session", "", proto::encode(request)).status == 401);
  CHECK(world.post("/v1/session", "", "\xff\xff").status == 400);
  request.protocol = proto::protocol_version + 1;
  CHECK(world.post("/v1/session", "", proto::encode(request)).status == 426);
}
