// One field of a schema: which options go with which kind.
#include <algorithm>
#include <array>

#include "core/model/limits.hpp"
#include "core/model/schema_parser.hpp"
#include "core/model/text.hpp"

namespace satchel::model {
namespace {

using nlohmann::json;

constexpr std::array kinds = {Kind::register_, Kind::keep_all, Kind::severity, Kind::restrictive,
                              Kind::set,       Kind::list,     Kind::state,      Kind::frozen,
                              Kind::server,    Kind::text};
constexpr std::array types = {ValueType::text,    ValueType::integer, ValueType::decimal,
                              ValueType::boolean, ValueType::date,    ValueType::instant,
                              ValueType::code,    ValueType::reference, ValueType::blob};

template <class Words>
std::string known_words(const Words& values, std::string_view (*name)(typename Words::value_type)) {
  std::string list;
  for (const auto value : values) list.append(list.empty() ? "" : ", ").append(name(value));
  return list;
}

Result<Kind> read_kind(const json& object, const Pointer& at) {
  SATCHEL_ASSIGN(const std::string word, read_text(object, "kind", at));
  if (word.empty()) return at.error("A field needs a \"kind\": " + known_words(kinds, kind_name) + ".");
  for (const Kind kind : kinds) {
    if (kind_name(kind) == word) return kind;
  }
  return (at / "kind").error("\"" + word + "\" is not a kind. Kinds are: " + known_words(kinds, kind_name) + ".");
}

Result<ValueType> type_of(const std::string& word, const Pointer& at) {
  for (const ValueType type : types) {
    if (type_name(type) == word) return type;
  }
  return at.error("\"" + word + "\" is not a type. Types are: " + known_words(types, type_name) + ".");
}

// State fields hold labels, and items of a set hold parts: there the type is given.
Result<> read_type(const json& object, const Pointer& at, Field& field) {
  const bool given = field.kind == Kind::state || !field.parts.empty();
  SATCHEL_ASSIGN(const std::string word, read_text(object, "type", at));
  if (word.empty() && object.contains("type")) return (at / "type").error("This must be the name of a type.");
  if (given && !word.empty()) {
    return (at / "type").error(field.kind == Kind::state ? "A state holds labels and has no type."
                                                         : "Items with parts have no type of their own.");
  }
  if (given) return {};
  if (word.empty()) return at.error("This field needs a \"type\": " + known_words(types, type_name) + ".");
  SATCHEL_ASSIGN(field.type, type_of(word, at / "type"));
  if (has_elements(field.kind) && (field.type == ValueType::boolean || field.type == ValueType::blob)) {
    return (at / "type").error("A " + std::string(kind_name(field.kind)) + " cannot hold values of type " + word + ".");
  }
  return {};
}

// Which order does the field have: levels, sooner date, or true?
Result<> check_order(const json& object, const Pointer& at, const Field& field) {
  const bool ordered = field.kind == Kind::severity || field.kind == Kind::restrictive;
  if (!ordered) {
    for (const char* name : {"levels", "lowering_needs_reason"}) {
      if (object.contains(name)) return (at / name).error("Only fields of kind severity or restrictive have this.");
    }
    return {};
  }
  const bool has_levels = object.contains("levels");
  if (field.type == ValueType::text) {
    if (!has_levels) return at.error("This field needs \"levels\", the lowest first.");
    if (field.levels.size() < 2) return (at / "levels").error("An order needs at least two levels.");
    if (field.levels.size() > limits::labels_per_field) return (at / "levels").error("These are too many levels.");
    return {};
  }
  if (has_levels) return (at / "levels").error("Only a field of type text has levels.");
  if (field.type == ValueType::boolean) return {};
  if (field.type == ValueType::date && field.kind == Kind::severity) return {};
  return (at / "type").error(field.kind == Kind::severity
                                 ? "A severity is a text with levels, a date (sooner is higher) or a boolean."
                                 : "A restrictive field is a text with levels or a boolean.");
}

// {"": ["planned"], "planned": ["done", "refused"]}: from each label the labels it may move to.
Result<> read_transitions(const json& object, const Pointer& at, Field& field) {
  const auto found = object.find("transitions");
  if (found == object.end()) {
    return at.error("A state needs \"transitions\": from each label the labels it may move to.");
  }
  const Pointer table = at / "transitions";
  if (!found->is_object()) return table.error("This must be an object: {\"\": [\"first\"], \"first\": [\"next\"]}.");
  std::set<std::string> reached;
  for (const auto& [from, to] : found->items()) {
    if (!from.empty()) SATCHEL_TRY(expect_name(from, table / from));
    SATCHEL_ASSIGN(const auto labels, read_names(*found, from.c_str(), table));
    if (labels.empty()) return (table / from).error("Name at least one label, or leave this line out.");
    for (const std::string& label : labels) field.transitions.emplace(from, label);
    reached.insert(labels.begin(), labels.end());
  }
  if (reached.size() > limits::labels_per_field) return table.error("These are too many labels.");
  if (!found->contains("")) return table.error("Say where it begins: \"\": [\"first label\"].");
  for (const auto& [from, to] : found->items()) {
    if (!from.empty() && reached.count(from) == 0) {
      return (table / from).error("No move leads to \"" + from + "\".");
    }
  }
  return {};
}

Result<> read_beats(const json& object, const Pointer& at, Field& field) {
  const auto found = object.find("beats");
  if (found == object.end()) return {};
  const Pointer list = at / "beats";
  if (!found->is_array()) return list.error("This must be a list of pairs: [[\"winner\", \"loser\"]].");
  std::set<std::string> labels;
  for (const auto& [from, to] : field.transitions) labels.insert(to);
  for (size_t i = 0; i < found->size(); ++i) {
    const json& pair = (*found)[i];
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      return (list / i).error("This must be a pair of labels: [\"winner\", \"loser\"].");
    }
    for (size_t k = 0; k < 2; ++k) {
      if (labels.count(pair[k].get<std::string>()) != 0) continue;
      return (list / i / k).error("No transition leads to \"" + pair[k].get<std::string>() + "\".");
    }
    if (!field.beats.emplace(pair[0].get<std::string>(), pair[1].get<std::string>()).second) {
      return (list / i).error("This pair stands twice.");
    }
  }
  return check_strict_order(field.beats, list);
}

Result<> read_state(const json& object, const Pointer& at, Field& field) {
  if (field.kind != Kind::state) {
    for (const char* name : {"transitions", "beats"}) {
      if (object.contains(name)) return (at / name).error("Only fields of kind state have this.");
    }
    return {};
  }
  SATCHEL_TRY(read_transitions(object, at, field));
  return read_beats(object, at, field);
}

Result<> read_parts(const json& object, const Pointer& at, Field& field) {
  const auto found = object.find("parts");
  if (found == object.end()) return {};
  const Pointer parts = at / "parts";
  if (!has_elements(field.kind)) return parts.error("Only fields of kind set or list have parts.");
  if (!found->is_object() || found->empty()) return parts.error("This must be an object: {\"number\": \"text\"}.");
  if (found->size() > limits::fields_per_collection) return parts.error("These are too many parts.");
  for (const auto& [name, type] : found->items()) {
    SATCHEL_TRY(expect_name(name, parts / name));
    if (field.kind == Kind::list && name == place_part) {
      return (parts / name).error("\"place\" is where an item of a list stands. Take another name.");
    }
    if (!type.is_string()) return (parts / name).error("This must be the name of a type.");
    SATCHEL_ASSIGN(field.parts[name], type_of(type.get<std::string>(), parts / name));
  }
  return {};
}

// {"amends": "field"}: which field of the collection it is, is looked at when all are read.
Result<std::string> read_submitted(const json& object, const Pointer& above) {
  const auto found = object.find("submitted");
  if (found == object.end()) return std::string();
  const Pointer at = above / "submitted";
  SATCHEL_TRY(expect_object(*found, {"amends", "about"}, at));
  SATCHEL_TRY(read_text(*found, "about", at));
  SATCHEL_ASSIGN(std::string amends, read_text(*found, "amends", at));
  if (amends.empty()) return at.error("Say by which field a record \"amends\" another: {\"amends\": \"amends\"}.");
  return amends;
}

// A text is of type text, may keep what different people wrote apart, and may be sent in.
Result<> read_text_options(const json& object, const Pointer& at, Field& field) {
  SATCHEL_ASSIGN(const std::string between, read_text(object, "between_people", at));
  if (field.kind != Kind::text) {
    for (const char* name : {"between_people", "submitted"}) {
      if (object.contains(name)) return (at / name).error("Only fields of kind text have this.");
    }
    return {};
  }
  if (field.type != ValueType::text) return (at / "type").error("A field of kind text has the type text.");
  if (between != "keep_all" && object.contains("between_people")) {
    return (at / "between_people").error("This must be \"keep_all\", or be left out.");
  }
  field.between_people_keep_all = !between.empty();
  SATCHEL_ASSIGN(field.amends, read_submitted(object, at));
  if (field.between_people_keep_all && !field.amends.empty()) {
    return (at / "submitted").error("What people wrote apart cannot be sent in as one text: leave out \"between_people\".");
  }
  return {};
}

}  // namespace

Result<> check_strict_order(const std::set<std::pair<std::string, std::string>>& beats, const Pointer& at) {
  std::set<std::pair<std::string, std::string>> reached = beats;  // transitive closure
  bool grew = true;
  while (grew) {
    grew = false;
    for (const auto& [winner, middle] : std::vector(reached.begin(), reached.end())) {
      for (auto next = beats.lower_bound({middle, ""}); next != beats.end() && next->first == middle; ++next) {
        grew = reached.emplace(winner, next->second).second || grew;
      }
    }
  }
  for (const auto& [winner, loser] : reached) {
    if (winner == loser) return at.error("\"" + winner + "\" beats itself, directly or through others.");
  }
  for (const auto& [winner, loser] : reached) {
    if (beats.count({winner, loser}) != 0) continue;
    return at.error("\"" + winner + "\" beats others that beat \"" + loser + "\", so it must beat \"" + loser +
                    "\" too: add [\"" + winner + "\", \"" + loser + "\"], or take a pair out.");
  }
  return {};
}

Result<Field> read_field(const std::string& name, const json& object, const Pointer& at) {
  SATCHEL_TRY(expect_object(object, {"kind", "type", "levels", "lowering_needs_reason", "transitions", "beats", "parts",
                                     "indexed", "references", "about", "between_people", "submitted"}, at));
  Field field;
  field.name = name;
  SATCHEL_TRY(read_text(object, "about", at));
  SATCHEL_ASSIGN(field.kind, read_kind(object, at));
  SATCHEL_TRY(read_parts(object, at, field));
  SATCHEL_TRY(read_type(object, at, field));
  SATCHEL_ASSIGN(field.levels, read_names(object, "levels", at));
  SATCHEL_TRY(check_order(object, at, field));
  SATCHEL_ASSIGN(field.lowering_needs_reason, read_flag(object, "lowering_needs_reason", at));
  SATCHEL_TRY(read_state(object, at, field));
  SATCHEL_TRY(read_text_options(object, at, field));
  SATCHEL_ASSIGN(field.indexed, read_flag(object, "indexed", at));
  if (field.indexed && (has_elements(field.kind) || field.type == ValueType::blob)) {
    return (at / "indexed").error("Sets, lists and files cannot be indexed.");
  }
  SATCHEL_ASSIGN(field.references, read_text(object, "references", at));
  if (object.contains("references") && field.type != ValueType::reference) {
    return (at / "references").error("Only a field of type reference has this.");
  }
  return field;
}

}  // namespace satchel::model
