#pragma once

#include <cstdint>
#include <string>
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
};

enum class Action : uint32_t {
  create = 1,    // the record
  void_ = 2,     // the record: takes it out of sight, for ever readable
  restore = 3,   // the record
  assign = 4,    // a field: every kind but set. state: the label moved to
  add = 5,       // set: the element with its value; also touches an element that is there
  remove = 6,    // set: the element
};

// One change to one field of one record.
struct Op {
  std::string collection;
  RecordId record;
  std::string field;    // empty for create, void, restore
  Kind kind = Kind::none;
  Action action = Action::assign;
  std::string element;  // set: id of the element (a code is its own id)
  std::string part;     // set: sub-field of the element, empty for the element's own value
  Bytes value;          // encoded model::Value; empty: none
  std::string reason;   // "why", where the field asks for one
  bool settles = false; // a decision in the inbox: does not revive a voided record
  bool operator==(const Op&) const = default;
};

struct RecordKey {
  std::string collection;
  RecordId record;
  auto operator<=>(const RecordKey&) const = default;
};

}  // namespace satchel::model
