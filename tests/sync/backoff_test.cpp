#include "sync/backoff.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "sync/retry_after.hpp"

namespace satchel::sync {
namespace {

TEST_CASE("Full jitter is uniform between nothing and the doubled base, never above the cap") {
  SeededRandom random(3);
  for (uint32_t attempt = 0; attempt < 70; ++attempt) {
    const int64_t most = attempt < 9 ? 1'000LL << attempt : 300'000;
    int64_t least = std::numeric_limits<int64_t>::max(), greatest = 0;
    for (int i = 0; i < 400; ++i) {
      const int64_t delay = full_jitter_ms(1'000, 300'000, attempt, random);
      least = std::min(least, delay);
      greatest = std::max(greatest, delay);
    }
    CHECK(greatest <= std::min<int64_t>(most, 300'000));
    CHECK(least < most / 10);
    CHECK(greatest > std::min<int64_t>(most, 300'000) * 9 / 10);
  }
}

TEST_CASE("A base above the cap and a cap of nothing are taken as they are") {
  SeededRandom random(3);
  CHECK(full_jitter_ms(5'000, 10, 4, random) <= 10);
  CHECK(full_jitter_ms(1'000, 0, 4, random) == 0);
}

TEST_CASE("HTTP dates are read in all three forms") {
  const int64_t expected = 784'111'777'000;
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == expected);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == expected);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == expected);
  for (const char* wrong : {"", "tomorrow", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06",
                            "Sun, 06 Xyz 1994 08:49:37 GMT"}) {
    CHECK_FALSE(parse_http_date(wrong));
  }
}

TEST_CASE("Retry-After is seconds or a date, and the date counts from the answer's own clock") {
  CHECK(retry_after_ms("120", "", 0) == 120'000);
  CHECK(retry_after_ms(" 3 ", "", 0) == 3'000);
  CHECK(retry_after_ms("0", "", 0) == 0);
  CHECK(retry_after_ms("Sun, 06 Nov 1994 08:50:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 5) == 60'000);
  CHECK(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", "", 784'111'776'000) == 1'000);
  CHECK(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", "", 794'111'776'000) == 0);
  CHECK(retry_after_ms("99999999999999999999", "", 0) == 86'400'000);
  CHECK_FALSE(retry_after_ms("", "", 0));
  CHECK_FALSE(retry_after_ms("-5", "", 0));
  CHECK_FALSE(retry_after_ms("soon", "", 0));
}

}  // namespace
}  // namespace satchel::sync
