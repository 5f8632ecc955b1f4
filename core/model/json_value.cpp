#include "core/model/json_value.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/model/calendar.hpp"
#include "core/model/limits.hpp"
#include "core/model/text.hpp"

namespace satchel::model {
namespace {

using nlohmann::json;

Error wrong(std::string_view place, std::string message) {
  return make_error(Code::invalid, std::move(message), std::string(place));
}

std::string in_quotes(std::string_view text) {
  size_t shown = 60;
  if (text.size() <= shown) return "\"" + std::string(text) + "\"";
  while (shown > 0 && (static_cast<unsigned char>(text[shown]) & 0xC0) == 0x80) --shown;  // not inside a character
  return "\"" + std::string(text.substr(0, shown)) + "...\"";
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// ---- text forms

// Takes exactly `digits` digits off the front.
bool take_digits(std::string_view& text, size_t digits, uint32_t& out) {
  if (text.size() < digits) return false;
  out = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (!is_digit(text[i])) return false;
    out = out * 10 + static_cast<uint32_t>(text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, Date& date) {
  uint32_t year = 0;
  if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, date.month) || !take(text, '-') ||
      !take_digits(text, 2, date.day)) {
    return false;
  }
  date.year = static_cast<int32_t>(year);
  return true;
}

// HH:MM[:SS[.fff]] in milliseconds of the day.
bool take_time(std::string_view& text, int64_t& ms) {
  uint32_t hour = 0, minute = 0, second = 0, fraction = 0;
  if (!take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute)) return false;
  if (take(text, ':')) {
    if (!take_digits(text, 2, second)) return false;
    if (take(text, '.')) {
      uint32_t weight = 100;
      if (text.empty() || !is_digit(text[0])) return false;
      for (; weight > 0 && !text.empty() && is_digit(text[0]); weight /= 10) {
        fraction += static_cast<uint32_t>(text[0] - '0') * weight;
        text.remove_prefix(1);
      }
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  ms = ((int64_t{hour} * 60 + minute) * 60 + second) * 1000 + fraction;
  return true;
}

bool take_offset(std::string_view& text, int32_t& minutes) {
  if (take(text, 'Z')) return true;
  const bool east = take(text, '+');
  if (!east && !take(text, '-')) return false;
  uint32_t hour = 0, minute = 0;
  if (!take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute) || minute > 59) return false;
  minutes = static_cast<int32_t>(hour * 60 + minute) * (east ? 1 : -1);
  return true;
}

bool take_zone(std::string_view& text, std::string& zone) {
  if (text.empty()) return true;
  if (!take(text, '[') || text.size() < 2 || text.back() != ']') return false;
  text.remove_suffix(1);
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
    if (!letter && c != '/' && c != '_' && c != '-' && c != '+') return false;
  }
  zone = text;
  text = {};
  return zone.size() <= limits::name_bytes;
}

Result<Value> parse_date(std::string_view text, std::string_view place) {
  std::string_view rest = text;
  Date date;
  if (!take_date(rest, date) || !rest.empty()) {
    return wrong(place, in_quotes(text) + " is not a date. Write it as year-month-day: 2026-11-21.");
  }
  if (!is_day(date)) return wrong(place, in_quotes(text) + " is not a day of the calendar.");
  return Value{date};
}

Result<Value> parse_instant(std::string_view text, std::string_view place) {
  std::string_view rest = text;
  Date date;
  Instant instant;
  int64_t ms_of_day = 0;
  const bool read = take_date(rest, date) && take(rest, 'T') && take_time(rest, ms_of_day) &&
                    take_offset(rest, instant.offset_minutes) && take_zone(rest, instant.zone) && rest.empty();
  if (!read) {
    return wrong(place, in_quotes(text) + " is not a date with time and offset. Write it as "
                                       "2026-11-21T14:03:00+01:00 or 2026-11-21T13:03:00Z, "
                                       "with at most three digits behind the seconds.");
  }
  if (!is_day(date)) return wrong(place, in_quotes(text) + " does not name a day of the calendar.");
  instant.utc_ms = days_since_1970(date) * 86'400'000 + ms_of_day - int64_t{60'000} * instant.offset_minutes;
  if (!is_moment(instant)) {
    return wrong(place, in_quotes(text) + " is outside the years 1 to 9999, or its offset above 18 hours.");
  }
  return Value{std::move(instant)};
}

Result<Value> parse_integer(std::string_view text, std::string_view place) {
  int64_t integer = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (error == std::errc::result_out_of_range) return wrong(place, in_quotes(text) + " is too large a number.");
  if (error != std::errc{} || end != text.data() + text.size()) {
    return wrong(place, in_quotes(text) + " is not a whole number.");
  }
  return Value{integer};
}

Result<Value> parse_decimal(std::string_view text, std::string_view place) {
  std::string digits;
  Decimal decimal;
  std::string_view rest = text;
  if (take(rest, '-')) digits = "-";
  const size_t whole = rest.find_first_not_of("0123456789");
  digits.append(rest.substr(0, whole));
  const std::string_view fraction = whole == std::string_view::npos ? "" : rest.substr(whole);
  const bool has_point = !fraction.empty() && fraction[0] == '.';
  const bool fits = fraction.empty() ||
                    (has_point && fraction.size() > 1 && fraction.find_first_not_of("0123456789", 1) == fraction.npos);
  if (whole == 0 || rest.empty() || !fits) {
    return wrong(place, in_quotes(text) + " is not a decimal number. Write it with digits and one point: 12.50.");
  }
  if (has_point) {
    digits.append(fraction.substr(1));
    decimal.scale = static_cast<uint32_t>(std::min<size_t>(fraction.size() - 1, 1000));
  }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), decimal.units);
  if (error != std::errc{} || decimal.scale > limits::decimal_scale) {
    return wrong(place, in_quotes(text) + " has more digits than a decimal number can hold (18 behind the point).");
  }
  return Value{decimal};
}

Result<Value> check_code(CodedValue code, std::string_view place) {
  const auto fits = [](const std::string& part) { return part.empty() || valid_identifier(part, limits::id_bytes); };
  if (code.code.empty() && code.display.empty()) return wrong(place, "A code needs a code or a text.");
  if (!fits(code.system) || !fits(code.code) || !valid_utf8(code.display)) {
    return wrong(place, "A code's system and code may have at most 128 bytes and no control characters.");
  }
  if (code.system.find('|') != std::string::npos) return wrong(place, "A code's system may not contain \"|\".");
  return Value{std::move(code)};
}

Result<Value> parse_code(std::string_view text, std::string_view place) {
  CodedValue code;
  const size_t first = text.find('|');
  if (first == std::string_view::npos) {
    code.code = text;
    return check_code(std::move(code), place);
  }
  const size_t second = text.find('|', first + 1);
  code.system = text.substr(0, first);
  code.code = text.substr(first + 1, second == text.npos ? second : second - first - 1);
  if (second != text.npos) code.display = text.substr(second + 1);
  return check_code(std::move(code), place);
}

Result<Value> parse_reference(std::string_view text, std::string_view place) {
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto record = RecordId::parse(text.substr(slash + 1));
    const auto collection = text.substr(0, slash);
    if (record && !record->is_nil() && valid_name(collection)) {
      return Value{Reference{std::string(collection), *record}};
    }
  }
  return wrong(place, in_quotes(text) + " does not name a record. Write it as collection/id: "
                                     "person/0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6.");
}

// ---- objects

// The members of an object, all of them known; wrong types and unknown members are named.
Result<> only_members(const json& object, std::initializer_list<std::string_view> known, std::string_view place) {
  for (const auto& [name, member] : object.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return wrong(place, in_quotes(name) + " is not a part of this value.");
    }
  }
  return {};
}

Result<std::string> text_member(const json& object, const char* name, std::string_view place) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string()) return wrong(place, in_quotes(name) + " must be a text.");
  return found->get<std::string>();
}

Result<Value> code_object(const json& object, std::string_view place) {
  SATCHEL_TRY(only_members(object, {"system", "code", "display"}, place));
  CodedValue code;
  SATCHEL_ASSIGN(code.system, text_member(object, "system", place));
  SATCHEL_ASSIGN(code.code, text_member(object, "code", place));
  SATCHEL_ASSIGN(code.display, text_member(object, "display", place));
  return check_code(std::move(code), place);
}

Result<Value> blob_object(const json& object, std::string_view place) {
  SATCHEL_TRY(only_members(object, {"hash", "size", "media_type"}, place));
  BlobReference blob;
  SATCHEL_ASSIGN(const std::string hash, text_member(object, "hash", place));
  SATCHEL_ASSIGN(blob.media_type, text_member(object, "media_type", place));
  if (!from_hex(hash, blob.hash) || blob.hash.size() != limits::blob_hash_bytes) {
    return wrong(place, "\"hash\" must be 64 hexadecimal digits.");
  }
  const auto size = object.find("size");
  if (size == object.end() || !size->is_number_integer() || (!size->is_number_unsigned() && size->get<int64_t>() < 0) ||
      size->get<uint64_t>() > limits::counter_most) {
    return wrong(place, "\"size\" must be a whole number of bytes.");
  }
  blob.size = size->get<uint64_t>();
  if (!blob.media_type.empty() && !valid_identifier(blob.media_type, limits::id_bytes)) {
    return wrong(place, "\"media_type\" is too long or holds control characters.");
  }
  return Value{std::move(blob)};
}

std::string_view expected(ValueType type) {
  switch (type) {
    case ValueType::text: return "a text";
    case ValueType::integer: return "a whole number";
    case ValueType::decimal: return "a decimal number as text, such as \"12.50\"";
    case ValueType::boolean: return "true or false";
    case ValueType::date: return "a date as text, such as \"2026-11-21\"";
    case ValueType::instant: return "a date with time and offset as text, such as \"2026-11-21T14:03:00+01:00\"";
    case ValueType::code: return "a code: {\"system\", \"code\", \"display\"}";
    case ValueType::reference: return "a record as text, collection/id";
    case ValueType::blob: return "a file: {\"hash\", \"size\", \"media_type\"}";
  }
  return "a value";
}

Result<Value> from_integer(const json& number, ValueType type, std::string_view place) {
  if (number.is_number_unsigned() && number.get<uint64_t>() > INT64_MAX) {
    return wrong(place, number.dump() + " is too large a number.");
  }
  const auto integer = number.get<int64_t>();
  if (type == ValueType::decimal) return Value{Decimal{integer, 0}};
  return Value{integer};
}

std::string two(uint64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string date_text(const Date& date) {
  std::string year = std::to_string(date.year);
  year.insert(0, year.size() < 4 ? 4 - year.size() : 0, '0');
  return year + "-" + two(date.month) + "-" + two(date.day);
}

std::string instant_text(const Instant& instant) {
  const int64_t local = instant.utc_ms + int64_t{60'000} * instant.offset_minutes;
  const int64_t days = local >= 0 ? local / 86'400'000 : (local - 86'399'999) / 86'400'000;
  const auto ms = static_cast<uint64_t>(local - days * 86'400'000);
  std::string text = date_text(date_of(days)) + "T" + two(ms / 3'600'000) + ":" + two(ms / 60'000 % 60) + ":" +
                     two(ms / 1000 % 60);
  if (ms % 1000 != 0) text += "." + std::to_string(1000 + ms % 1000).substr(1);
  if (instant.offset_minutes == 0) {
    text += "Z";
  } else {
    const auto minutes = static_cast<uint64_t>(std::abs(instant.offset_minutes));
    text += (instant.offset_minutes < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60);
  }
  return instant.zone.empty() ? text : text + "[" + instant.zone + "]";
}

std::string decimal_text(const Decimal& decimal) {
  std::string text = std::to_string(decimal.units);
  if (decimal.scale == 0) return text;
  const size_t sign = decimal.units < 0 ? 1 : 0;
  if (text.size() - sign <= decimal.scale) text.insert(sign, decimal.scale + 1 - (text.size() - sign), '0');
  text.insert(text.size() - decimal.scale, ".");
  return text;
}

struct ToJson {
  json operator()(const Null&) const { return nullptr; }
  json operator()(const std::string& text) const { return text; }
  json operator()(int64_t integer) const { return integer; }
  json operator()(const Decimal& decimal) const { return decimal_text(decimal); }
  json operator()(bool boolean) const { return boolean; }
  json operator()(const Date& date) const { return date_text(date); }
  json operator()(const Instant& instant) const { return instant_text(instant); }
  json operator()(const CodedValue& code) const {
    return {{"system", code.system}, {"code", code.code}, {"display", code.display}};
  }
  json operator()(const Reference& reference) const { return reference.collection + "/" + reference.record.text(); }
  json operator()(const BlobReference& blob) const {
    return {{"hash", to_hex(blob.hash)}, {"size", blob.size}, {"media_type", blob.media_type}};
  }
  json operator()(const TextEdits& edits) const {
    json out = json::array();
    for (const TextEdit& edit : edits.edits) {
      out.push_back({{"at", edit.at}, {"removed", edit.removed}, {"inserted", edit.inserted}});
    }
    return {{"edits", std::move(out)}};
  }
  json operator()(const UnknownValue& unknown) const { return {{"unknown", to_hex(unknown.encoded)}}; }
};

}  // namespace

Result<Value> value_from_text(std::string_view text, ValueType type, std::string_view place) {
  if (!valid_utf8(text)) return wrong(place, "This is not valid UTF-8 text.");
  if (type == ValueType::text) return Value{std::string(text)};
  if (text.empty()) return Value{Null{}};
  switch (type) {
    case ValueType::integer: return parse_integer(text, place);
    case ValueType::decimal: return parse_decimal(text, place);
    case ValueType::boolean:
      if (text == "true") return Value{true};
      if (text == "false") return Value{false};
      break;
    case ValueType::date: return parse_date(text, place);
    case ValueType::instant: return parse_instant(text, place);
    case ValueType::code: return parse_code(text, place);
    case ValueType::reference: return parse_reference(text, place);
    case ValueType::text:
    case ValueType::blob: break;
  }
  return wrong(place, in_quotes(text) + " is not " + std::string(expected(type)) + ".");
}

Result<Value> value_from_json(const json& value, ValueType type, std::string_view place) {
  if (value.is_null()) return Value{Null{}};
  if (value.is_string()) return value_from_text(value.get_ref<const std::string&>(), type, place);
  if (value.is_boolean() && type == ValueType::boolean) return Value{value.get<bool>()};
  if (value.is_number_integer() && (type == ValueType::integer || type == ValueType::decimal)) {
    return from_integer(value, type, place);
  }
  if (value.is_object() && type == ValueType::code) return code_object(value, place);
  if (value.is_object() && type == ValueType::blob) return blob_object(value, place);
  return wrong(place, "This must be " + std::string(expected(type)) + ".");
}

json value_to_json(const Value& value) { return std::visit(ToJson{}, value); }

std::string value_to_text(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* code = std::get_if<CodedValue>(&value)) return code->display.empty() ? code->code : code->display;
  if (std::holds_alternative<Null>(value)) return {};
  const json made = value_to_json(value);
  return made.is_string() ? made.get<std::string>() : made.dump();
}

std::string element_id(const Value& value) {
  if (const auto* code = std::get_if<CodedValue>(&value)) {
    return code->code.empty() ? "||" + code->display : code->system + "|" + code->code;
  }
  return value_to_text(value);
}

}  // namespace satchel::model
