// The proleptic Gregorian calendar, exactly: years 1..9999, no time zone database, no locale.
#pragma once

#include <cstdint>

#include "core/model/value.hpp"

namespace satchel::model {

inline constexpr int64_t instant_least_ms = -62'135'596'800'000;  // 0001-01-01T00:00:00.000Z
inline constexpr int64_t instant_most_ms = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z
inline constexpr int32_t offset_minutes_most = 18 * 60;           // as java.time.ZoneOffset

// Is it a day of the calendar?
bool is_day(const Date& date);
// Is it a moment of the calendar, in UTC and by the clock of its place, with a possible offset?
bool is_moment(const Instant& instant);
int64_t days_since_1970(const Date& date);  // of a day of the calendar
Date date_of(int64_t days_since_1970);

}  // namespace satchel::model
