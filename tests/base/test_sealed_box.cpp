#include <catch2/catch_test_macros.hpp>

#include "core/base/random.hpp"
#include "core/base/sealed_box.hpp"

using namespace satchel;

TEST_CASE("what is sealed opens with its own key, whole, and with nothing else") {
  SeededRandom random(1);
  Bytes key(sealed_box::key_bytes, '\0'), other(sealed_box::key_bytes, '\0');
  random.fill(key.data(), key.size());
  random.fill(other.data(), other.size());
  const auto half = sealed_box::public_half(key);
  REQUIRE(half.ok());
  for (const size_t size : {0, 1, 1000, 5'000'000}) {
    const Bytes content(size, 'n');
    const auto sealed = sealed_box::seal(*half, content);
    REQUIRE(sealed.ok());
    const auto opened = sealed_box::open(key, *sealed);
    REQUIRE(opened.ok());
    CHECK(*opened == content);
    CHECK(sealed_box::open(other, *sealed).error().code == Code::protocol);
  }
  const Bytes sealed = sealed_box::seal(*half, "a note").value();
  CHECK(sealed.find("note") == Bytes::npos);
  for (size_t i = 0; i < sealed.size(); ++i) {
    Bytes bent = sealed;
    bent[i] = static_cast<char>(bent[i] ^ 1);
    CHECK_FALSE(sealed_box::open(key, bent).ok());
    CHECK_FALSE(sealed_box::open(key, BytesView(sealed).substr(0, i)).ok());
  }
  CHECK(sealed_box::public_half("short").error().code == Code::invalid);
  CHECK(sealed_box::seal("short", "x").error().code == Code::invalid);
  CHECK(sealed_box::open("short", sealed).error().code == Code::invalid);
}
