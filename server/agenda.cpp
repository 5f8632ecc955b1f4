#include "server/agenda.hpp"

#include <algorithm>
#include <variant>

#include "core/log/packing.hpp"
#include "core/model/calendar.hpp"
#include "proto/codec.hpp"

namespace satchel::server {
namespace {

constexpr size_t read_at_once_bytes = 64 * 1024;

std::optional<int64_t> moment_of(const model::Value& value) {
  if (const auto* instant = std::get_if<model::Instant>(&value)) return instant->utc_ms;
  if (const auto* date = std::get_if<model::Date>(&value)) return model::days_since_1970(*date) * 86'400'000;
  return std::nullopt;
}

Result<std::optional<int64_t>> moment_of(BytesView record, const model::Field& field) {
  SATCHEL_ASSIGN(merge::RecordState state, log::state_at_rest(record, log::Parts::shown, "records"));
  if (!state.present()) return std::optional<int64_t>();
  SATCHEL_ASSIGN(const Bytes standing, standing_value(std::move(state), field));
  if (standing.empty()) return std::optional<int64_t>();
  SATCHEL_ASSIGN(const model::Value value, proto::decode_value(standing));
  return moment_of(value);
}

}  // namespace

Result<std::optional<int64_t>> soonest_in(Centre& centre, log::ScopeKey scope, int64_t from_ms) {
  std::optional<int64_t> soonest;
  for (const auto& [name, collection] : centre.schema().collections()) {
    if (collection.agenda.empty()) continue;
    const model::Field& field = collection.fields.at(collection.agenda);
    model::RecordKey after{name, RecordId{}};
    for (bool more = true; more;) {
      SATCHEL_ASSIGN(const auto records, centre.log().records_after(scope, after, read_at_once_bytes));
      for (const proto::SnapshotRecord& record : records) {
        if (record.key.collection != name) break;
        SATCHEL_ASSIGN(const auto moment, moment_of(record.state, field));
        if (moment && *moment >= from_ms) soonest = std::min(soonest.value_or(*moment), *moment);
      }
      more = !records.empty() && records.back().key.collection == name;
      if (more) after = records.back().key;
    }
  }
  return soonest;
}

}  // namespace satchel::server
