#include "core/log/ord.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace satchel::log {
namespace {

constexpr int64_t minute = 60'000;
constexpr int64_t day = 24 * 60 * minute;
constexpr int64_t noon = 1'790'000'000'000;

struct Row {
  std::string name;
  OrdInput input;
  int64_t expected_ms;
};

TEST_CASE("ord is the corrected time of writing, between what was heard and what was received") {
  // wall, heard, sent, received
  const std::vector<Row> table = {
      {"a right clock", {noon - day, noon - 2 * day, noon, noon, 0}, noon - day},
      {"a skew within two minutes is network delay", {noon - day, 0, noon - 2 * minute, noon, 0}, noon - day},
      {"and so it is the other way round", {noon - day, 0, noon + 2 * minute, noon, 0}, noon - day},
      {"a skew above two minutes is taken off", {noon - day, 0, noon + 2 * minute + 1, noon, 0},
       noon - day - 2 * minute - 1},
      {"a clock a year ahead", {noon + 365 * day - day, noon - 3 * day, noon + 365 * day, noon, 0}, noon - day},
      {"a clock at 1970", {5 * minute, noon - 3 * day, 65 * minute, noon, 0}, noon - 60 * minute},
      {"a clock set right after the commit: never before what was heard", {0, noon - 3 * day, noon, noon, 0},
       noon - 3 * day},
      {"set right after the commit, from ahead: never after received", {noon + 365 * day, 0, noon, noon, 0}, noon},
      {"heard above received counts as received", {noon - day, noon + day, noon, noon, 0}, noon},
      {"never heard", {noon - 40 * day, 0, noon, noon, 0}, noon - 40 * day},
      {"before 1970", {-5 * day, 1, noon, noon, 0}, 1},
      {"the least clock there is", {INT64_MIN, 1, INT64_MAX, noon, 0}, 1},
      {"the greatest clock there is", {INT64_MAX, 0, INT64_MIN, noon, 0}, noon},
      {"times beyond 48 bits", {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, 0}, (int64_t{1} << 48) - 1},
  };
  for (const Row& row : table) {
    INFO(row.name);
    CHECK(ord(row.input) == static_cast<uint64_t>(row.expected_ms) << 16);
  }
}

TEST_CASE("ord is above every ord in base, by one in the low bits") {
  const uint64_t later = (static_cast<uint64_t>(noon + day) << 16) + 7;
  CHECK(ord({noon, 0, noon, noon, later}) == later + 1);
  CHECK(ord({noon, 0, noon, noon, (static_cast<uint64_t>(noon) << 16)}) == (static_cast<uint64_t>(noon) << 16) + 1);
  CHECK(ord({noon, 0, noon, noon, (static_cast<uint64_t>(noon) << 16) - 1}) == static_cast<uint64_t>(noon) << 16);
  CHECK(ord({noon, 0, noon, noon, UINT64_MAX}) == UINT64_MAX);
  CHECK(ord({0, 0, 0, 0, 0}) == 1);  // so that 0 means: none
}

TEST_CASE("a stale edit from a clock a year ahead does not win over a later one") {
  const OrdInput stale{noon + 365 * day - 2 * day, noon - 3 * day, noon + 365 * day, noon, 0};  // two days ago
  const OrdInput fresh{noon - day, noon - 3 * day, noon, noon, 0};                              // yesterday
  CHECK(ord(stale) < ord(fresh));
}

}  // namespace
}  // namespace satchel::log
