#include <charconv>
#include <cstdio>

#include "core/model/calendar.hpp"
#include "server/main/commands.hpp"

namespace satchel::server::cli {
namespace {

constexpr int64_t second_ms = 1000, minute_ms = 60 * second_ms, hour_ms = 60 * minute_ms;

bool number_of(std::string_view text, uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Result<model::TransactionId> parse_transaction_id(const std::string& text) {
  const Error wrong = make_error(
      Code::invalid,
      "'" + text + "' does not name a transaction: scope/replica/counter, as `quarantine list` prints it.");
  const size_t first = text.find('/');
  const size_t second = first == std::string::npos ? first : text.find('/', first + 1);
  if (second == std::string::npos) return wrong;
  const auto scope = ScopeId::parse(std::string_view(text).substr(0, first));
  const auto replica = ReplicaId::parse(std::string_view(text).substr(first + 1, second - first - 1));
  uint64_t counter = 0;
  if (!scope || !replica || !number_of(std::string_view(text).substr(second + 1), counter) || counter == 0) {
    return wrong;
  }
  return model::TransactionId{*scope, *replica, counter};
}

std::string transaction_id_text(const model::TransactionId& id) {
  return id.scope.text() + "/" + id.replica.text() + "/" + std::to_string(id.counter);
}

Result<int64_t> parse_utc(const std::string& text) {
  const Error wrong = make_error(
      Code::invalid,
      "'" + text + "' is not a time: write it like 2026-11-21T14:03:00Z, or 2026-11-21 for its midnight (UTC).");
  int year = 0, hour = 0, minute = 0, second = 0, used = 0;
  unsigned month = 0, day = 0;
  const bool whole = std::sscanf(text.c_str(), "%4d-%2u-%2uT%2d:%2d:%2dZ%n", &year, &month, &day, &hour, &minute,
                                 &second, &used) == 6 &&
                     used == 20 && text.size() == 20;
  if (!whole) {
    hour = minute = second = used = 0;
    const bool date_only = std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &used) == 3 && used == 10 &&
                           text.size() == 10;
    if (!date_only) return wrong;
  }
  const model::Date date{year, month, day};
  if (!model::is_day(date) || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return wrong;
  }
  return model::days_since_1970(date) * day_ms + hour * hour_ms + minute * minute_ms + second * second_ms;
}

Result<int64_t> parse_duration(const std::string& text) {
  const Error wrong =
      make_error(Code::invalid, "'" + text + "' is not a length of time: write 90s, 15m, 8h or 30d.");
  if (text.size() < 2) return wrong;
  int64_t unit = 0;
  switch (text.back()) {
    case 's': unit = second_ms; break;
    case 'm': unit = minute_ms; break;
    case 'h': unit = hour_ms; break;
    case 'd': unit = day_ms; break;
    default: return wrong;
  }
  uint64_t count = 0;
  if (!number_of(std::string_view(text).substr(0, text.size() - 1), count)) return wrong;
  if (count == 0 || count > static_cast<uint64_t>(3650 * day_ms / unit)) return wrong;
  return static_cast<int64_t>(count) * unit;
}

}  // namespace satchel::server::cli
