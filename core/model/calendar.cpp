#include "core/model/calendar.hpp"

namespace satchel::model {
namespace {

constexpr int64_t days_per_400_years = 146'097;
constexpr int64_t days_0000_03_01_to_1970 = 719'468;

uint32_t days_in_month(int32_t year, uint32_t month) {
  constexpr uint32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[month - 1];
}

}  // namespace

bool is_day(const Date& date) {
  return date.year >= 1 && date.year <= 9999 && date.month >= 1 && date.month <= 12 && date.day >= 1 &&
         date.day <= days_in_month(date.year, date.month);
}

bool is_moment(const Instant& instant) {
  if (instant.offset_minutes < -offset_minutes_most || instant.offset_minutes > offset_minutes_most) return false;
  if (instant.utc_ms < instant_least_ms || instant.utc_ms > instant_most_ms) return false;
  const int64_t local_ms = instant.utc_ms + int64_t{60'000} * instant.offset_minutes;
  return local_ms >= instant_least_ms && local_ms <= instant_most_ms;
}

// Years counted from 1 March, so that the leap day is the last of its year (Hinnant, "chrono-Compatible Low-Level Date
// Algorithms").
int64_t days_since_1970(const Date& date) {
  const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t month = (date.month + 9) % 12;
  const int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * days_per_400_years + day_of_era - days_0000_03_01_to_1970;
}

Date date_of(int64_t days) {
  days += days_0000_03_01_to_1970;
  const int64_t era = (days >= 0 ? days : days - (days_per_400_years - 1)) / days_per_400_years;
  const int64_t day_of_era = days - era * days_per_400_years;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * day_of_year + 2) / 153;
  Date date;
  date.day = static_cast<uint32_t>(day_of_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<uint32_t>(month < 10 ? month + 3 : month - 9);
  date.year = static_cast<int32_t>(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
  return date;
}

}  // namespace satchel::model
