#include "sync/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>

namespace satchel::sync {
namespace {

constexpr int64_t kLongestMs = 24 * 3'600'000LL;

std::optional<unsigned> month_of(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kNames = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<unsigned>(found - kNames.begin()) + 1;
}

std::optional<int64_t> instant(int year, const char* month, int day, int hour, int minute, int second) {
  const auto month_number = month_of(month);
  if (!month_number || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{*month_number},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  const int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60'000 + second * 1'000LL;
}

}  // namespace

std::optional<int64_t> parse_http_date(std::string_view text) {
  const std::string copy(text.substr(0, 64));
  int day = 0, year = 0, hour = 0, minute = 0, second = 0;
  char month[4] = {};
  // IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
  if (std::sscanf(copy.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute, &second) ==
      6) {
    return instant(year, month, day, hour, minute, second);
  }
  // RFC 850: Sunday, 06-Nov-94 08:49:37 GMT
  if (std::sscanf(copy.c_str(), "%*[A-Za-z], %2d-%3s-%2d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute,
                  &second) == 6) {
    return instant(year < 70 ? 2000 + year : 1900 + year, month, day, hour, minute, second);
  }
  // asctime: Sun Nov  6 08:49:37 1994
  if (std::sscanf(copy.c_str(), "%*3s %3s %2d %2d:%2d:%2d %4d", month, &day, &hour, &minute, &second, &year) == 6) {
    return instant(year, month, day, hour, minute, second);
  }
  return std::nullopt;
}

std::optional<int64_t> retry_after_ms(std::string_view retry_after, std::string_view date_header, int64_t now_wall_ms) {
  while (!retry_after.empty() && retry_after.front() == ' ') retry_after.remove_prefix(1);
  while (!retry_after.empty() && retry_after.back() == ' ') retry_after.remove_suffix(1);
  if (retry_after.empty()) return std::nullopt;
  if (retry_after.find_first_not_of("0123456789") == std::string_view::npos) {
    int64_t seconds = 0;
    const auto parsed = std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
    if (parsed.ec != std::errc{} || seconds > kLongestMs / 1'000) return kLongestMs;
    return seconds * 1'000;
  }
  const auto until = parse_http_date(retry_after);
  if (!until) return std::nullopt;
  const auto answered = parse_http_date(date_header);
  return std::clamp<int64_t>(*until - answered.value_or(now_wall_ms), 0, kLongestMs);
}

}  // namespace satchel::sync
