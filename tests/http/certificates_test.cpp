#include "server/http/certificates.hpp"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>

#include "core/base/clock.hpp"
#include "server/http/tls_context.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace satchel;
using namespace satchel::server::http;
using satchel::test::TemporaryDirectory;

namespace {

constexpr int64_t day_ms = 86'400'000;
constexpr int64_t now_ms = 1'790'000'000'000;

}  // namespace

TEST_CASE("a certificate says whom it is for, until when, and what to pin") {
  const KeyPair authority = make_authority("Test", now_ms - day_ms, now_ms + day_ms).value();
  const CertificateWish wish{{"centre.example", "192.0.2.7", "2001:db8::1"}, now_ms - 2000, now_ms + 5000};
  const KeyPair made = make_certificate(authority, wish).value();
  const CertificateFacts facts = read_certificate(made.certificate_pem).value();
  const std::vector<std::string> hosts{"centre.example", "192.0.2.7", "2001:0db8:0000:0000:0000:0000:0000:0001"};
  CHECK(facts.hosts == hosts);
  CHECK(facts.from_ms == now_ms - 2000);
  CHECK(facts.until_ms == now_ms + 5000);
  CHECK(facts.pin.substr(0, 7) == "sha256/");
  CHECK(facts.pin.size() == 7 + 44);
  CHECK(facts.pin != read_certificate(authority.certificate_pem)->pin);
}

TEST_CASE("a certificate that has ended can be asked for, as tests need one") {
  const KeyPair authority = make_authority("Test", now_ms - 9 * day_ms, now_ms + day_ms).value();
  const KeyPair ended = make_certificate(authority, {{"localhost"}, now_ms - 5 * day_ms, now_ms - day_ms}).value();
  CHECK(read_certificate(ended.certificate_pem)->until_ms == now_ms - day_ms);
}

TEST_CASE("a wish that makes no certificate is refused") {
  const KeyPair authority = make_authority("Test", now_ms, now_ms + day_ms).value();
  CHECK(make_certificate(authority, {{}, now_ms, now_ms + 1}).error().code == Code::invalid);
  CHECK(make_certificate({"junk", "junk"}, {{"a"}, now_ms, now_ms + 1}).error().code == Code::invalid);
  CHECK(read_certificate("junk").error().code == Code::invalid);
}

TEST_CASE("development certificates stay while they are valid and are made anew when they are not") {
  const TemporaryDirectory directory;
  const auto files = make_development_certificates(directory.path(), {"localhost"}, now_ms).value();
  const std::string authority = directory.read("authority.pem"), certificate = directory.read("server.pem");
  REQUIRE(make_development_certificates(directory.path(), {"localhost"}, now_ms + day_ms).ok());
  CHECK(directory.read("authority.pem") == authority);
  CHECK(directory.read("server.pem") == certificate);
  REQUIRE(make_development_certificates(directory.path(), {"localhost"}, now_ms + 1000 * day_ms).ok());
  CHECK(directory.read("authority.pem") == authority);
  CHECK(directory.read("server.pem") != certificate);
  CHECK(make_tls_context(files.certificate_file, files.private_key_file).ok());
  struct stat facts {};
  REQUIRE(::stat(files.private_key_file.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("a wrong certificate or key file is named, with what is wrong") {
  const TemporaryDirectory directory;
  const auto files = make_development_certificates(directory.path(), {"localhost"}, now_ms).value();
  directory.write("junk", "not PEM");
  const auto missing = make_tls_context(directory.path("nowhere.pem"), files.private_key_file);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == Code::certificate);
  CHECK(missing.error().place == directory.path("nowhere.pem"));
  const auto junk = make_tls_context(directory.path("junk"), files.private_key_file);
  REQUIRE_FALSE(junk.ok());
  CHECK(junk.error().message.find("not a certificate") != std::string::npos);
  const auto other = make_tls_context(files.certificate_file, directory.path("authority.key"));
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().place == directory.path("authority.key"));
  CHECK(other.error().message.find("not the private key of the certificate") != std::string::npos);
}
