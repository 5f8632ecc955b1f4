#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"

namespace satchel::model {

// How a field merges (DESIGN §3). The numbers are on the wire; an op carries the tag, so that a replica without the
// schema merges the same way. Unknown numbers merge as heads, uninterpreted.
enum class Kind : uint32_t {
  none = 0,  // an op on the record itself
  register_ = 1,
  keep_all = 2,
  severity = 3,
  restrictive = 4,
  set = 5,
  state = 6,
  frozen = 7,
  server = 8,
  list = 9,
  text = 10,
};

// A field of these kinds is made of elements; all others hold one value.
constexpr bool has_elements(Kind kind) { return kind == Kind::set || kind == Kind::list; }

// The part of a list's element that says where it stands: a text that core/merge/list.hpp makes and compares.
inline constexpr std::string_view place_part = "place";

enum class Action : uint32_t {
  create = 1,    // the record
  void_ = 2,     // the record: takes it out of sight, for ever readable
  restore = 3,   // the record
  assign = 4,    // a field of one value. state: the label moved to
  add = 5,       // set, list: the element with its value or a part; also touches an element that is there
  remove = 6,    // set, list: the element
  edit = 7,      // text: what was put in and taken out, as TextEdits; positions count in what `shown` names
  submit = 8,    // text: sent in as it reads in `shown`, with what its own transaction edits. No value. With `settles`: seen
};

// One change to one field of one record.
struct Op {
  std::string collection;
  RecordId record;
  std::string field;    // empty for create, void, restore
  Kind kind = Kind::none;
  Action action = Action::assign;
  std::string element;  // set, list: id of the element (a code is its own id)
  std::string part;     // set, list: sub-field of the element, empty for the element's own value
  Bytes value;          // encoded model::Value; empty: none
  std::string reason;   // "why", where the field asks for one
  bool settles = false; // a decision in the inbox: does not revive a voided record
  bool operator==(const Op&) const = default;
};

struct RecordKey {
  std::string collection;
  RecordId record;
  std::strong_ordering operator<=>(const RecordKey&) const = default;
};

}  // namespace satchel::model
