// Certificates that a tablet must not trust, and a key that moves to the spare pin: whole tablets, real TLS. Each
// message says which certificate, until when, and what to do; nothing that was written is lost meanwhile.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>

#include "core/base/files.hpp"
#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"

using namespace satchel;
using namespace satchel::contract;
using Catch::Matchers::ContainsSubstring;
using server::http::CertificateWish;
using server::http::KeyPair;

namespace {


std::string date_of(const KeyPair& pair) {
  return format_instant(take(server::http::read_certificate(pair.certificate_pem)).until_ms).substr(0, 10);
}
std::string pin_of(const KeyPair& pair) { return take(server::http::read_certificate(pair.certificate_pem)).pin; }

KeyPair authority_named(const std::string& name) {
  const int64_t now = SystemClock().wall_ms();
  return take(server::http::make_authority(name, now - 60 * day_ms, now + 300 * day_ms));
}

// A centre whose certificate changes, and a tablet that has synced under the first one and holds an unsent note.
struct Changing {
  Centre centre;
  ScopeId scope;
  std::unique_ptr<Tablet> amira;
  RecordId record;

  KeyPair certificate(CertificateWish wish = {}) const {
    KeyPair authority;
    authority.certificate_pem = take(read_file(centre.ca_file()));
    authority.private_key_pem = take(read_file((centre.keys_dir() / "authority.key").string()));
    return signed_by(authority, std::move(wish));
  }
  static KeyPair signed_by(const KeyPair& authority, CertificateWish wish = {}) {
    const int64_t now = SystemClock().wall_ms();
    if (wish.hosts.empty()) wish.hosts = {"localhost", "127.0.0.1"};
    if (wish.from_ms == 0) wish.from_ms = now - day_ms;
    if (wish.until_ms == 0) wish.until_ms = now + 100 * day_ms;
    return take(server::http::make_certificate(authority, wish));
  }
  void begin(TabletOptions options = {}) {
    centre.start();
    scope = centre.grant("amira", "case");
    options.engine = hasty();
    amira = std::make_unique<Tablet>(centre, std::move(options));
    take(amira->sync());
    amira->commit(note(scope, "written under the old certificate", &record));
  }
  void change_to(const KeyPair& pair) {
    centre.stop();
    centre.use_certificate(pair);
    centre.start();
  }
  std::string refusal() {
    const auto refused = amira->sync();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Code::certificate);
    CHECK_THAT(refused.error().message, ContainsSubstring("Nothing was sent."));
    CHECK(amira->status().unsent == 1);
    return refused.error().message;
  }
  void deliver() {
    sync_in_the_end(*amira);
    CHECK(amira->position(scope) == 1);
    require_agreement(scope, {amira.get()});
  }
};

}  // namespace

TEST_CASE("a certificate that the tablet does not trust: it says whose, until when and what to do") {
  Changing world;
  world.begin();
  const KeyPair good = world.certificate();
  const KeyPair stranger = Changing::signed_by(authority_named("Cafe Royal"));
  world.change_to(stranger);
  const std::string words = world.refusal();
  CHECK_THAT(words, ContainsSubstring("does not trust"));
  CHECK_THAT(words, ContainsSubstring("Cafe Royal"));
  CHECK_THAT(words, ContainsSubstring(date_of(stranger)));
  CHECK_THAT(words, ContainsSubstring("tell your office"));
  world.change_to(good);
  world.deliver();
}

TEST_CASE("a certificate that has expired: it says until when it was good and what to look at first") {
  Changing world;
  world.begin();
  const int64_t now = SystemClock().wall_ms();
  const KeyPair old = world.certificate({{}, now - 40 * day_ms, now - 3 * day_ms});
  const KeyPair renewed = world.certificate();
  world.change_to(old);
  const std::string words = world.refusal();
  CHECK_THAT(words, ContainsSubstring("has expired"));
  CHECK_THAT(words, ContainsSubstring(date_of(old)));
  CHECK_THAT(words, ContainsSubstring("Check this tablet's date first"));
  CHECK_THAT(words, ContainsSubstring("tell your office"));
  world.change_to(renewed);
  world.deliver();
}

TEST_CASE("a certificate for another host: it says for which, until when and what to do") {
  Changing world;
  world.begin();
  const KeyPair other = world.certificate({{"portal.example"}, 0, 0}), good = world.certificate();
  world.change_to(other);
  const std::string words = world.refusal();
  CHECK_THAT(words, ContainsSubstring("portal.example"));
  CHECK_THAT(words, ContainsSubstring(date_of(other)));
  CHECK_THAT(words, ContainsSubstring("guest network"));
  CHECK_THAT(words, ContainsSubstring("tell your office"));
  world.change_to(good);
  world.deliver();
}

TEST_CASE("the key moves to the spare pin: the note arrives, with a word of warning; a third key is refused") {
  Changing world;
  const KeyPair current = world.certificate(), spare = world.certificate(), third = world.certificate();
  world.centre.use_certificate(current);
  TabletOptions options;
  options.pins = {pin_of(current), pin_of(spare)};
  world.begin(std::move(options));
  CHECK(world.amira->notices().empty());

  world.change_to(third);
  const std::string words = world.refusal();
  for (const std::string& part : {pin_of(third), date_of(third), pin_of(current), pin_of(spare)})
    CHECK_THAT(words, ContainsSubstring(part));
  CHECK_THAT(words, ContainsSubstring("update the app"));

  world.change_to(spare);
  world.deliver();
  REQUIRE(world.amira->notices().size() == 1);
  const std::string notice = world.amira->notices().front();
  CHECK_THAT(notice, ContainsSubstring(pin_of(spare)));
  CHECK_THAT(notice, ContainsSubstring(date_of(spare)));
  CHECK_THAT(notice, ContainsSubstring("Update the app"));
}
