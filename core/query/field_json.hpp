// field_json: what stands in a field, as JSON of docs/ABI.md.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/merge/record.hpp"
#include "core/model/schema.hpp"

namespace satchel::query {

// A value as ops carry it. What was accepted once can be read: one that cannot is shown as it lies, {"unknown": "hex"}.
nlohmann::json value_json(BytesView encoded);
// Of several values that stand, the first; of a set or list its elements.
nlohmann::json field_json(const merge::FieldState& state, const model::Field* field);

}  // namespace satchel::query
