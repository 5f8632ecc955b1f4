// The application's schema: collections, fields, kinds, levels, transition tables. Written as JSON (docs/SCHEMA.md),
// checked completely on load: the first error names the JSON pointer and the reason.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/op.hpp"
#include "core/model/value.hpp"

namespace satchel::model {

enum class ValueType { text, integer, decimal, boolean, date, instant, code, reference, blob };

struct Field {
  std::string name;
  Kind kind = Kind::register_;
  ValueType type = ValueType::text;      // of the value, or of the elements of a set or list
  // severity: lowest first; the value is the level's name (type text). Empty with type date: sooner is greater;
  // boolean: true is greater.
  // restrictive: as severity; `given < refused < withdrawn`, or boolean.
  std::vector<std::string> levels;
  bool lowering_needs_reason = false;
  // state: legal moves from label to label ("" = no label yet), and the strict partial order for concurrent ones.
  std::set<std::pair<std::string, std::string>> transitions;
  std::set<std::pair<std::string, std::string>> beats;  // (winner, loser)
  // set, list of items (random ids) with sub-fields, each a register; empty: of codes or plain values.
  std::map<std::string, ValueType> parts;
  bool between_people_keep_all = false;  // text: different people's versions stand side by side
  // text: may be sent in, and then stands for good; the reference by which another record of the collection says that it
  // amends this one. Empty: it is never sent in.
  std::string amends;
  bool indexed = false;
  std::string references;                // collection, for type reference
};

// What a team's list shows of a record that lives below the team: a projection, written by the centre.
struct HeaderProjection {
  std::string collection;                // in the team's scope; one record of it for each record here
  std::vector<std::string> fields;       // of the same names there, of kind server
  std::string scope_field;               // there: takes the id of the scope that the header stands for; empty: none does
};

struct Collection {
  std::string name;
  std::vector<std::string> scopes;       // kinds of scope its records may live in
  std::map<std::string, Field> fields;
  bool append_only = false;              // records are created, never edited
  bool server_only = false;              // only the centre writes
  std::string agenda;                    // field that says when a record is to happen; empty: none does
  std::optional<HeaderProjection> header;
};

struct ScopeKind {
  std::string name;                      // "case", "case-restricted", "team", "self", "supervision"
  std::vector<std::string> opened_by;    // roles that may open one; empty: only the centre
  std::string parent;                    // kind of its parent, or empty
};

class SchemaParser;

class Schema {
 public:
  static Result<Schema> parse(std::string_view json);  // Code::invalid, place = JSON pointer
  uint32_t version() const { return version_; }
  const Collection* collection(std::string_view name) const;
  const Field* field(std::string_view collection, std::string_view field) const;
  const std::map<std::string, Collection, std::less<>>& collections() const { return collections_; }
  const std::map<std::string, ScopeKind, std::less<>>& scopes() const { return scopes_; }
  const std::string& source() const { return source_; }  // the JSON it was parsed from

 private:
  friend class SchemaParser;
  uint32_t version_ = 0;
  std::string source_;
  std::map<std::string, Collection, std::less<>> collections_;
  std::map<std::string, ScopeKind, std::less<>> scopes_;
};

// Is `value` what `field` can hold: type, level, label, calendar date, size? Code::invalid or Code::limit,
// place = "collection.field". Null (takes the value away) is fine for every kind but state. For a set: the element's
// own value; a set of items with parts has none.
Result<> check_value(const Collection& collection, const Field& field, const Value& value);
// The same for one part of an item of a set. place = "collection.field.part".
Result<> check_part(const Collection& collection, const Field& field, std::string_view part, const Value& value);

// Words of the schema: "keep_all", "instant".
std::string_view kind_name(Kind kind);
std::string_view type_name(ValueType type);

}  // namespace satchel::model
