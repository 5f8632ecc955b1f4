#include "platform/codegen/model.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace satchel_codegen {
namespace {

using json = nlohmann::ordered_json;

Shape shape_of(const std::string& type) {
  static const std::map<std::string, Shape> shapes = {
      {"text", Shape::text},       {"integer", Shape::integer}, {"decimal", Shape::decimal},
      {"boolean", Shape::boolean}, {"date", Shape::date},       {"instant", Shape::instant},
      {"code", Shape::code},       {"reference", Shape::reference}, {"blob", Shape::blob}};
  return shapes.at(type);
}

// Of a state: each label once, in the order in which the moves name them. "" is the beginning, no label.
std::vector<std::string> labels_of(const json& transitions) {
  std::vector<std::string> labels;
  const auto add = [&labels](const std::string& label) {
    if (!label.empty() && std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
  };
  for (const auto& [from, moves] : transitions.items()) {
    add(from);
    for (const auto& to : moves) add(to.get<std::string>());
  }
  return labels;
}

Field read_field(const std::string& name, const json& declared, const Collection& collection) {
  Field field;
  const std::string kind = declared.at("kind");
  field.name = name;
  field.about = declared.value("about", "");
  field.ordered = kind == "list";
  field.many = kind == "set" || field.ordered;
  field.typed = kind == "text";
  field.submitted = declared.contains("submitted");
  field.written_by_centre = kind == "server" || collection.written_by_centre;
  field.wants_reason = declared.value("lowering_needs_reason", false);
  if (declared.contains("parts")) {
    for (const auto& [part, type] : declared["parts"].items()) field.parts.push_back({part, shape_of(type)});
  } else if (kind == "state") {
    field.shape = Shape::label;
    field.labels = labels_of(declared.at("transitions"));
  } else if (declared.contains("levels")) {
    field.shape = Shape::label;
    field.labels = declared["levels"].get<std::vector<std::string>>();
  } else {
    field.shape = shape_of(declared.at("type"));
  }
  return field;
}

}  // namespace

Model read_model(std::string_view schema) {
  const json source = json::parse(schema);
  Model model;
  model.version = source.at("version");
  for (const auto& [name, declared] : source.at("collections").items()) {
    Collection collection;
    collection.name = name;
    collection.about = declared.value("about", "");
    collection.written_by_centre = declared.value("server_only", false);
    collection.append_only = declared.value("append_only", false);
    for (const auto& [field, as] : declared.at("fields").items()) {
      collection.fields.push_back(read_field(field, as, collection));
    }
    model.collections.push_back(std::move(collection));
  }
  return model;
}

}  // namespace satchel_codegen
