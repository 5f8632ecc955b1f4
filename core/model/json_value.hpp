// Values at every edge where a person or an app writes JSON or types text: the C ABI, command lines, exports.
//
//   text       "Rang at ten."                 integer    7
//   decimal    "12.50"                        boolean    true
//   date       "2026-11-21"                   instant    "2026-11-21T14:03:00+01:00[Europe/London]", zone optional
//   code       {"system": "http://snomed.info/sct", "code": "160695008", "display": "Lives alone"}
//   reference  "person/0192f0c1-..."
//   blob       {"hash": "<64 hex digits>", "size": 1200, "media_type": "image/jpeg"}
//   null       takes a value away
//
// A string is taken for every type, so that a command line need not know types: "7", "true", "system|code|display"
// (also "code" alone, "system|code", "||words of one's own"). Decimals as JSON numbers only when whole: a binary
// fraction would not be what was typed.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/schema.hpp"
#include "core/model/value.hpp"

namespace satchel::model {

// Code::invalid with `place` as given and a message that says what was expected. Exact: no rounding, days and times
// checked against the calendar. Does not check what one field allows (levels, labels): see check_value.
Result<Value> value_from_json(const nlohmann::json& json, ValueType type, std::string_view place);
// The same for text as typed; empty text is an empty text, and nothing for any other type.
Result<Value> value_from_text(std::string_view text, ValueType type, std::string_view place);

// What value_from_json takes back. A value of a newer app becomes {"unknown": "<hex>"}, which it does not take.
nlohmann::json value_to_json(const Value& value);
// For a line of text; a code as its display.
std::string value_to_text(const Value& value);

// Id of the element of a set of plain values: equal values are one element on every device. text: the text; code:
// "system|code" ("||display" without a code); else the text form.
std::string element_id(const Value& value);

}  // namespace satchel::model
