// platform/codegen: an app's schema as typed models in the app's language, so that a misspelt field, level or label does
// not compile. Owned invariant: what is written here knows the library's public interface alone and holds no rule of
// Satchel. It does not check a schema (satchel_check_schema has done that) and never opens a store.
//
// model: what the languages need to know of a schema, in the order in which its file says it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace satchel_codegen {

enum class Shape { text, integer, decimal, boolean, date, instant, code, reference, blob, label };

struct Part {
  std::string name;
  Shape shape = Shape::text;
};

struct Field {
  std::string name, about;
  Shape shape = Shape::text;
  bool many = false;                // a set or a list
  bool ordered = false;             // a list
  bool typed = false;               // kind text: edited by the character
  bool submitted = false;           // may be sent in
  bool written_by_centre = false;
  bool wants_reason = false;        // for a lowering
  std::vector<std::string> labels;  // of shape label: levels, lowest first, or the labels of a state
  std::vector<Part> parts;          // of the items of a set or list; then `shape` says nothing
};

struct Collection {
  std::string name, about;
  bool written_by_centre = false;
  bool append_only = false;
  std::vector<Field> fields;
};

struct Model {
  uint64_t version = 0;
  std::vector<Collection> collections;
};

// Of a schema that satchel_check_schema found right.
Model read_model(std::string_view schema);

}  // namespace satchel_codegen
