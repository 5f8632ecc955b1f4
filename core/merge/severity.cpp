// severity, restrictive: the greatest head in the field's order stands. A lowering supersedes exactly the heads it saw
// (that is what merge_heads does), so one that did not see an alarm never wins over it.
#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/merge/kinds.hpp"
#include "proto/codec.hpp"

namespace satchel::merge {
namespace {

constexpr int64_t no_value = std::numeric_limits<int64_t>::min();
constexpr int64_t unknown = std::numeric_limits<int64_t>::max();  // of a newer schema: it may be the worst there is

int64_t rank(const model::Field& field, const model::Value& value) {
  if (std::holds_alternative<model::Null>(value)) return no_value;
  if (!field.levels.empty()) {
    const auto* level = std::get_if<std::string>(&value);
    const auto at = level ? std::find(field.levels.begin(), field.levels.end(), *level) : field.levels.end();
    return at == field.levels.end() ? unknown : at - field.levels.begin();
  }
  if (const auto* flag = std::get_if<bool>(&value); flag && field.type == model::ValueType::boolean) return *flag;
  if (const auto* date = std::get_if<model::Date>(&value); date && field.type == model::ValueType::date) {
    return -(int64_t{date->year} * 12 * 31 + int64_t{date->month} * 31 + date->day);  // sooner is greater
  }
  if (const auto* at = std::get_if<model::Instant>(&value); at && field.type == model::ValueType::instant) {
    return ~at->utc_ms;  // as the negative, for every number
  }
  return unknown;
}

int64_t rank(const model::Field& field, const Head& head) {
  if (head.value.empty()) return no_value;
  const auto value = proto::decode_value(head.value);
  return value.ok() ? rank(field, *value) : unknown;
}

}  // namespace

Resolved resolve_severity(Heads heads, const model::Field& field) {
  Resolved resolved;
  if (heads.empty()) return resolved;
  if (!all_same_value(heads)) resolved.rule = Rule::highest;
  const Head* highest = heads.front();
  if (heads.size() > 1) {
    int64_t greatest = rank(field, *highest);
    for (const Head* head : heads) {
      if (const int64_t other = rank(field, *head); other > greatest) {
        greatest = other;
        highest = head;
      }
    }
  }
  resolved.standing.push_back(highest);
  std::copy_if(heads.begin(), heads.end(), std::back_inserter(resolved.others),
               [&](const Head* head) { return head != highest; });
  return resolved;
}

bool lowers(const model::Field& field, const model::Value& value, const Resolved& standing) {
  return !standing.standing.empty() && rank(field, value) < rank(field, *standing.standing.front());
}

}  // namespace satchel::merge
