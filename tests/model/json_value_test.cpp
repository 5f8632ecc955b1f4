#include "core/model/json_value.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/base/random.hpp"
#include "core/model/calendar.hpp"

using namespace satchel;
using namespace satchel::model;
using nlohmann::json;

namespace {

const char* const record_text = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6";

Value read(const json& value, ValueType type) {
  auto result = value_from_json(value, type, "person.x");
  if (!result.ok()) FAIL(value.dump() << ": " << result.error().message);
  return std::move(result).value();
}

std::string refused(const json& value, ValueType type) {
  const auto result = value_from_json(value, type, "person.x");
  if (result.ok()) FAIL(value.dump() << " was taken");
  CHECK(result.error().code == Code::invalid);
  CHECK(result.error().place == "person.x");
  return result.error().message;
}

void round_trip(const Value& value, ValueType type, const json& expected) {
  CHECK(value_to_json(value) == expected);
  CHECK(read(expected, type) == value);
}

}  // namespace

TEST_CASE("values come back from their JSON as they were") {
  const RecordId record = *RecordId::parse(record_text);
  round_trip(std::string("Caf\xC3\xA9 \"x\"\n"), ValueType::text, "Caf\xC3\xA9 \"x\"\n");
  round_trip(std::string(), ValueType::text, "");
  round_trip(int64_t{-7}, ValueType::integer, -7);
  round_trip(int64_t{INT64_MIN}, ValueType::integer, INT64_MIN);
  round_trip(Decimal{1250, 2}, ValueType::decimal, "12.50");
  round_trip(Decimal{-5, 2}, ValueType::decimal, "-0.05");
  round_trip(Decimal{INT64_MIN, 18}, ValueType::decimal, "-9.223372036854775808");
  round_trip(Decimal{42, 0}, ValueType::decimal, "42");
  round_trip(true, ValueType::boolean, true);
  round_trip(Date{2028, 2, 29}, ValueType::date, "2028-02-29");
  round_trip(Date{1, 1, 1}, ValueType::date, "0001-01-01");
  round_trip(Instant{1'795'269'780'000, 60, "Europe/London"}, ValueType::instant,
             "2026-11-21T15:03:00+01:00[Europe/London]");
  round_trip(Instant{-1, 0, ""}, ValueType::instant, "1969-12-31T23:59:59.999Z");
  round_trip(Instant{0, -570, ""}, ValueType::instant, "1969-12-31T14:30:00-09:30");
  round_trip(Instant{5, 0, ""}, ValueType::instant, "1970-01-01T00:00:00.005Z");
  round_trip(CodedValue{"http://snomed.info/sct", "160695008", "Lives alone"}, ValueType::code,
             {{"system", "http://snomed.info/sct"}, {"code", "160695008"}, {"display", "Lives alone"}});
  round_trip(Reference{"person", record}, ValueType::reference, std::string("person/") + record_text);
  round_trip(BlobReference{Bytes(32, '\xAB'), 1200, "image/jpeg"}, ValueType::blob,
             {{"hash", to_hex(Bytes(32, '\xAB'))},
              {"size", 1200},
              {"media_type", "image/jpeg"}});
  for (const auto type : {ValueType::text, ValueType::integer, ValueType::instant, ValueType::blob}) {
    round_trip(Null{}, type, nullptr);
  }
}

TEST_CASE("text is taken for every type, so that a command line need not know types") {
  CHECK(read("7", ValueType::integer) == Value{int64_t{7}});
  CHECK(read("12.5", ValueType::decimal) == Value{Decimal{125, 1}});
  CHECK(read(3, ValueType::decimal) == Value{Decimal{3, 0}});
  CHECK(read("true", ValueType::boolean) == Value{true});
  CHECK(read("false", ValueType::boolean) == Value{false});
  CHECK(read("", ValueType::integer) == Value{Null{}});
  CHECK(read("housing", ValueType::code) == Value{CodedValue{"", "housing", ""}});
  CHECK(read("nhs|A1", ValueType::code) == Value{CodedValue{"nhs", "A1", ""}});
  CHECK(read("nhs|A1|Lives | alone", ValueType::code) == Value{CodedValue{"nhs", "A1", "Lives | alone"}});
  CHECK(read("||own words", ValueType::code) == Value{CodedValue{"", "", "own words"}});
  CHECK(read(json{{"code", "A1"}}, ValueType::code) == Value{CodedValue{"", "A1", ""}});
  CHECK(read("2026-11-21T14:03Z", ValueType::instant) == Value{Instant{1'795'269'780'000, 0, ""}});
  CHECK(read("2026-11-21T14:03:00.5Z", ValueType::instant) == Value{Instant{1'795'269'780'500, 0, ""}});
}

TEST_CASE("what is not exactly a value of the type is refused in plain words") {
  CHECK(refused(7, ValueType::text) == "This must be a text.");
  CHECK(refused(7.5, ValueType::integer) == "This must be a whole number.");
  CHECK(refused("7.5", ValueType::integer) == "\"7.5\" is not a whole number.");
  CHECK(refused(" 7", ValueType::integer) == "\" 7\" is not a whole number.");
  CHECK(refused("9223372036854775808", ValueType::integer) == "\"9223372036854775808\" is too large a number.");
  CHECK(refused(uint64_t{9223372036854775808u}, ValueType::integer) == "9223372036854775808 is too large a number.");
  CHECK(refused(0.1, ValueType::decimal) == "This must be a decimal number as text, such as \"12.50\".");
  for (const char* text : {".5", "5.", "1,5", "1.5.0", "-", "1e3", "+1", "1. 5"}) {
    CHECK(refused(text, ValueType::decimal).find("is not a decimal number") != std::string::npos);
  }
  CHECK(refused("0.1234567890123456789", ValueType::decimal).find("more digits") != std::string::npos);
  CHECK(refused("yes", ValueType::boolean) == "\"yes\" is not true or false.");
  CHECK(refused(1, ValueType::boolean) == "This must be true or false.");
  CHECK(refused("Oak", ValueType::blob).find("is not a file") != std::string::npos);
  CHECK(refused(json::array(), ValueType::code).find("must be a code") != std::string::npos);
  CHECK(refused(json::object(), ValueType::code) == "A code needs a code or a text.");
  CHECK(refused(json{{"code", "a"}, {"text", "b"}}, ValueType::code) == "\"text\" is not a part of this value.");
  CHECK(refused(json{{"code", 3}}, ValueType::code) == "\"code\" must be a text.");
  CHECK(refused(json{{"system", "a|b"}, {"code", "c"}}, ValueType::code) == "A code's system may not contain \"|\".");
  CHECK(refused("person", ValueType::reference).find("does not name a record") != std::string::npos);
  CHECK(refused("person/7", ValueType::reference).find("collection/id") != std::string::npos);
  CHECK(refused(json{{"hash", "ab"}, {"size", 1}}, ValueType::blob) == "\"hash\" must be 64 hexadecimal digits.");
  CHECK(refused(json{{"hash", std::string(64, 'a')}, {"size", -1}}, ValueType::blob).find("\"size\"") == 0);
  const auto broken = value_from_text("\xFF", ValueType::text, "person.x");
  CHECK(broken.error().message == "This is not valid UTF-8 text.");
}

TEST_CASE("days and times are exact") {
  for (const char* text : {"2027-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-01-00",
                           "0000-01-01"}) {
    INFO(text);
    CHECK(refused(text, ValueType::date).find("not a day of the calendar") != std::string::npos);
  }
  for (const char* text : {"21.11.2026", "2026-11-21T00:00Z", "2026-1-2", "26-11-21", "2026-11-21 ", "+2026-11-21"}) {
    INFO(text);
    CHECK(refused(text, ValueType::date).find("is not a date") != std::string::npos);
  }
  for (const char* text :
       {"2026-11-21", "2026-11-21T14:03:00", "2026-11-21 14:03:00Z", "2026-11-21T24:00:00Z", "2026-11-21T14:60:00Z",
        "2026-11-21T14:03:60Z", "2026-11-21T14:03:00.1234Z", "2026-11-21T14:03:00.Z", "2026-11-21T14:03:00+1:00",
        "2026-11-21T14:03:00+01:60", "2026-11-21T14:03:00Z[]", "2026-11-21T14:03:00Z[Europe/London",
        "2026-11-21T14:03:00Zx", "2026-11-21T14:03:00Z[a b]"}) {
    INFO(text);
    CHECK(refused(text, ValueType::instant).find("is not a date with time and offset") != std::string::npos);
  }
  CHECK(refused("2027-02-29T14:03:00Z", ValueType::instant).find("does not name a day") != std::string::npos);
  CHECK(refused("2026-11-21T14:03:00+18:01", ValueType::instant).find("above 18 hours") != std::string::npos);
  CHECK(refused("0001-01-01T00:00:00+01:00", ValueType::instant).find("outside the years") != std::string::npos);
}

TEST_CASE("every day from year 1 to 9999 has its number, and the number its day") {
  Date day{1, 1, 1};
  CHECK(days_since_1970(Date{1970, 1, 1}) == 0);
  CHECK(days_since_1970(Date{2000, 3, 1}) == 11017);
  const int64_t first = days_since_1970(day), last = days_since_1970(Date{9999, 12, 31});
  CHECK(first * 86'400'000 == instant_least_ms);
  CHECK((last + 1) * 86'400'000 - 1 == instant_most_ms);
  size_t wrong = 0;
  for (int64_t number = first; number <= last; ++number) {
    const Date found = date_of(number);
    const bool follows = number == first || (found > day && (found.day == 1 || found.day == day.day + 1));
    wrong += !is_day(found) || days_since_1970(found) != number || !follows;
    day = found;
  }
  CHECK(wrong == 0);
}

TEST_CASE("random instants come back from their text") {
  SeededRandom random(5);
  for (int i = 0; i < 5000; ++i) {
    const auto range = static_cast<uint64_t>(instant_most_ms - instant_least_ms);
    const Instant instant{instant_least_ms + static_cast<int64_t>(random.below(range)),
                          static_cast<int32_t>(random.below(2161)) - 1080, i % 2 == 0 ? "" : "Asia/Tokyo"};
    if (!is_moment(instant)) continue;
    REQUIRE(read(value_to_json(instant), ValueType::instant) == Value{instant});
  }
}

TEST_CASE("equal values are one element, different ones are two") {
  CHECK(element_id(std::string("Amy")) == "Amy");
  CHECK(element_id(CodedValue{"nhs", "A1", "Lives alone"}) == "nhs|A1");
  CHECK(element_id(CodedValue{"nhs", "A1", "lives by herself"}) == "nhs|A1");
  CHECK(element_id(CodedValue{"", "A1", ""}) == "|A1");
  CHECK(element_id(CodedValue{"", "", "own words"}) == "||own words");
  CHECK(element_id(int64_t{7}) == "7");
  CHECK(element_id(Date{2026, 11, 21}) == "2026-11-21");
}

TEST_CASE("a line of text shows a code by its words") {
  CHECK(value_to_text(CodedValue{"nhs", "A1", "Lives alone"}) == "Lives alone");
  CHECK(value_to_text(CodedValue{"nhs", "A1", ""}) == "A1");
  CHECK(value_to_text(Null{}).empty());
  CHECK(value_to_text(true) == "true");
  CHECK(value_to_text(Decimal{1250, 2}) == "12.50");
  CHECK(value_to_json(UnknownValue{"\x5A\x00"}) == json{{"unknown", "5a"}});
}
