// Tokens and keys, over real TLS. Each refusal says what to do; nothing that was written is lost meanwhile.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"

using namespace satchel;
using namespace satchel::contract;
using Catch::Matchers::ContainsSubstring;

namespace {


// A tablet with one unsent note, whose next sync needs a new session.
struct Waiting {
  Centre centre;
  ScopeId scope;
  std::unique_ptr<Tablet> tablet;
  Waiting() {
    centre.start();
    scope = centre.grant("amira", "case");
    tablet = std::make_unique<Tablet>(centre, TabletOptions{.engine = hasty()});
    take(tablet->sync());
    tablet->commit(note(scope, "kept while signing in"));
    tablet->close();
    tablet->open();  // a new process: no session left
  }
  std::string refuse(const std::string& token) {
    tablet->token.set(token);
    const auto refused = tablet->sync();
    REQUIRE_FALSE(refused.ok());
    INFO(refused.error().message);
    CHECK(refused.error().code == Code::sign_in);
    CHECK_FALSE(refused.error().message.empty());
    CHECK(tablet->status().unsent == 1);
    return refused.error().message;
  }
  void deliver() {
    tablet->token.set(centre.token("amira"));
    take(tablet->sync());
    CHECK(tablet->status().unsent == 0);
    require_agreement(scope, {tablet.get()});
  }
  std::string token(const std::string& for_audience, int64_t lifetime_ms, const std::filesystem::path& keys) {
    return take(
        server::mint_token(keys.string(), issuer, for_audience, organisation, "amira", lifetime_ms, centre.clock));
  }
};

}  // namespace

TEST_CASE("an expired token asks to sign in again, and the note goes with the next one") {
  Waiting waiting;
  waiting.refuse(waiting.token(audience, -3'600'000, waiting.centre.keys_dir()));
  waiting.deliver();
}

TEST_CASE("a token for another service is refused") {
  Waiting waiting;
  waiting.refuse(waiting.token("somebody-else", 3'600'000, waiting.centre.keys_dir()));
  waiting.deliver();
}

TEST_CASE("a token signed by a key that the centre does not know is refused") {
  Waiting waiting;
  test::TemporaryDirectory foreign;
  take(server::make_development_keys(foreign.path()));
  waiting.refuse(waiting.token(audience, 3'600'000, foreign.path()));
  waiting.deliver();
}

TEST_CASE("a token with algorithm none is refused") {
  Waiting waiting;
  const std::string good = waiting.centre.token("amira");
  const auto first = good.find('.'), second = good.find('.', first + 1);
  // {"alg":"none","typ":"JWT"}
  waiting.refuse("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0" + good.substr(first, second - first) + ".");
  waiting.deliver();
}

TEST_CASE("the key set was rotated while a tablet was away for 120 days") {
  Waiting waiting;
  // Good for long enough: nothing but the rotation is wrong with it.
  const std::string old_token = waiting.token(audience, 365 * day_ms, waiting.centre.keys_dir());
  test::TemporaryDirectory fresh;
  take(server::make_development_keys(fresh.path()));
  std::filesystem::copy(fresh.path(), waiting.centre.keys_dir(),
                        std::filesystem::copy_options::overwrite_existing | std::filesystem::copy_options::recursive);
  waiting.centre.clock.shift(120 * day_ms);
  waiting.tablet->clock.shift(120 * day_ms);
  CHECK_THAT(waiting.refuse(old_token), ContainsSubstring("key that is not known"));
  waiting.deliver();
}

TEST_CASE("a session that ends in the middle is renewed without anybody noticing") {
  Centre centre;
  centre.service_options().session_ms = 60'000;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  Tablet amira(centre, {.engine = hasty()});
  take(amira.sync());
  centre.clock.shift(10 * 60'000);
  amira.token.set(centre.token("amira"));
  amira.commit(note(scope, "after the coffee"));
  take(amira.sync());
  CHECK(amira.status().unsent == 0);
}

TEST_CASE("another worker's token is not taken for this store") {
  Waiting waiting;
  waiting.centre.grant("beth", "case", waiting.scope);
  waiting.tablet->token.set(waiting.centre.token("beth"));
  const auto refused = waiting.tablet->sync();
  REQUIRE_FALSE(refused.ok());
  // The centre knows whose tablet this is and says so first; a tablet that it does not know yet finds out by itself.
  CHECK(refused.error().code == Code::permission);
  CHECK_FALSE(refused.error().message.empty());
  CHECK(waiting.tablet->status().unsent == 1);
  waiting.deliver();
}

TEST_CASE("a store that never synced does not take another worker's token either") {
  Centre centre;
  centre.start();
  centre.grant("beth", "case");
  Tablet amira(centre, {.worker = "amira", .engine = hasty()});
  amira.token.set(centre.token("beth"));
  const auto refused = amira.sync();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::wrong_owner);
  CHECK_THAT(refused.error().message, ContainsSubstring("beth") || ContainsSubstring("another"));
  CHECK(amira.scopes().empty());
}
