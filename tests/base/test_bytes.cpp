#include <catch2/catch_test_macros.hpp>

#include "core/base/bytes.hpp"
#include "core/base/check.hpp"
#include "core/base/hash.hpp"
#include "core/base/result.hpp"

using namespace satchel;

TEST_CASE("hexadecimal goes there and back, and what is not hexadecimal changes nothing") {
  const Bytes all("\x00\x7f\x80\xff", 4);
  CHECK(to_hex(all) == "007f80ff");
  Bytes out = "before";
  CHECK(from_hex("007F80fF", out));
  CHECK(out == all);
  CHECK_FALSE(from_hex("0", out));
  CHECK_FALSE(from_hex("0g", out));
  CHECK(out == all);
}

TEST_CASE("a hash is BLAKE2b-256 over length-prefixed parts") {
  // python3: hashlib.blake2b(pack("<Q",1)+b"d"+pack("<Q",3)+b"abc", digest_size=32).hexdigest()
  CHECK(to_hex(Hasher("d").part("abc").finish().view()) ==
        "3cc6388ed5de329b15a623d2a7d535b3025a6632c782de1b5363f770bf14df6e");
  // the same with key=b"k"
  CHECK(to_hex(Hasher("d", "k").part("abc").finish().view()) ==
        "13b4b85372eeea06cd423f5f143c70d4bd8d14d7f94b03f134aefd4eed61dd82");
  CHECK(to_hex(Hasher("d", "k").part("abc").finish_mac().view()) == "13b4b85372eeea06cd423f5f143c70d4");
  CHECK(Hasher("d").part("ab").part("c").finish() != Hasher("d").part("a").part("bc").finish());
  CHECK(Hasher("d").finish() != Hasher("e").finish());
  CHECK(Hasher("d").number(1).finish() == Hasher("d").part(Bytes("\x01\0\0\0\0\0\0\0", 8)).finish());
}

TEST_CASE("secrets compare by content") {
  CHECK(equal_constant_time("abc", "abc"));
  CHECK(equal_constant_time("", ""));
  CHECK_FALSE(equal_constant_time("abc", "abd"));
  CHECK_FALSE(equal_constant_time("abc", "ab"));
}

TEST_CASE("a failed check names the place without the machine's path") {
  try {
    check_failed("a == b", "/somewhere/else/core/store/outbox.cpp", 12);
    FAIL("check_failed returned");
  } catch (const CheckFailure& failure) {
    CHECK(std::string(failure.what()) == "core/store/outbox.cpp:12: a == b");
  }
}

TEST_CASE("an error that may pass by itself is retryable") {
  CHECK(make_error(Code::network, "").error().retryable);
  CHECK(make_error(Code::busy, "").error().retryable);
  CHECK_FALSE(make_error(Code::invalid, "").error().retryable);
  CHECK(code_name(Code::disk_full) == "disk_full");
  CHECK_THROWS_AS(Result<int>(make_error(Code::io, "")).value(), CheckFailure);
}
