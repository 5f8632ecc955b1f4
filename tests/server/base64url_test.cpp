#include "server/base64url.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace satchel;

TEST_CASE("base64url is that of RFC 4648, without padding") {
  CHECK(server::base64url("") == "");
  CHECK(server::base64url("f") == "Zg");
  CHECK(server::base64url("foobar") == "Zm9vYmFy");
  CHECK(server::base64url("\xfb\xff") == "-_8");
  for (const char* text : {"", "f", "fo", "foo", "foob"})
    CHECK(server::from_base64url(server::base64url(text)) == text);
}

TEST_CASE("base64url refuses other alphabets, padding and bits left over") {
  for (const char* text : {"Zg==", "a+b", "a/b", "Z", "Zh", "Zm 9"})
    CHECK_FALSE(server::from_base64url(text).has_value());
}
