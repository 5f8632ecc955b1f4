#include <set>

#include "platform/codegen/languages.hpp"
#include "platform/codegen/names.hpp"
#include "platform/codegen/source.hpp"

namespace satchel_codegen {
namespace {

const std::set<std::string, std::less<>> cpp_keywords = {
    "alignas",   "alignof",  "and",      "and_eq",    "asm",       "auto",     "bitand",   "bitor",     "bool",
    "break",     "case",     "catch",    "char",      "class",     "co_await", "co_return", "co_yield", "compl",
    "concept",   "const",    "consteval", "constexpr", "constinit", "continue", "decltype", "default",  "delete",
    "do",        "double",   "else",     "enum",      "explicit",  "export",   "extern",   "false",     "float",
    "for",       "friend",   "goto",     "if",        "inline",    "int",      "long",     "mutable",   "namespace",
    "new",       "noexcept", "not",      "not_eq",    "nullptr",   "operator", "or",       "or_eq",     "private",
    "protected", "public",   "register", "requires",  "return",    "short",    "signed",   "sizeof",    "static",
    "struct",    "switch",   "template", "this",      "throw",     "true",     "try",      "typedef",   "typeid",
    "typename",  "union",    "unsigned", "using",     "virtual",   "void",     "volatile", "while",     "xor"};

// What every file begins with: types of values, and how they are read out of JSON.
constexpr std::string_view prelude = R"(
// One code: `system` and `code` of a terminology, `display` as people read it; own words have a display alone.
struct Code {
  std::string system, code, display;
};
struct Reference {
  std::string collection, id;
};
// Names a file by its BLAKE2b-256, in hexadecimal digits.
struct Blob {
  std::string hash;
  int64_t size = 0;
  std::string media_type;
};

namespace json_values {

using json = nlohmann::json;

inline std::string member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Each: false when the value is none of its type, as one that a newer app wrote.
inline bool read(const json& value, std::string& into) {
  if (!value.is_string()) return false;
  into = value.get<std::string>();
  return true;
}
inline bool read(const json& value, int64_t& into) {
  if (!value.is_number_integer()) return false;
  into = value.get<int64_t>();
  return true;
}
inline bool read(const json& value, bool& into) {
  if (!value.is_boolean()) return false;
  into = value.get<bool>();
  return true;
}
inline bool read(const json& value, Code& into) {
  if (!value.is_object() || value.contains("unknown")) return false;
  into = {member(value, "system"), member(value, "code"), member(value, "display")};
  return true;
}
inline bool read(const json& value, Reference& into) {
  std::string text;
  if (!read(value, text) || text.find('/') == std::string::npos) return false;
  into = {text.substr(0, text.find('/')), text.substr(text.find('/') + 1)};
  return true;
}
inline bool read(const json& value, Blob& into) {
  if (!value.is_object() || value.contains("unknown")) return false;
  into = {member(value, "hash"), value.value("size", int64_t{0}), member(value, "media_type")};
  return true;
}

inline json write(const std::string& value) { return value; }
inline json write(int64_t value) { return value; }
inline json write(bool value) { return value; }
inline json write(const Code& value) {
  return {{"system", value.system}, {"code", value.code}, {"display", value.display}};
}
inline json write(const Reference& value) { return value.collection + "/" + value.id; }
inline json write(const Blob& value) {
  return {{"hash", value.hash}, {"size", value.size}, {"media_type", value.media_type}};
}

template <class Value>
void take(const json& fields, const char* name, std::optional<Value>& into, std::vector<std::string>& unreadable) {
  const auto found = fields.find(name);
  if (found == fields.end() || found->is_null()) return;
  Value value{};
  if (read(*found, value)) {
    into = std::move(value);
  } else {
    unreadable.push_back(name);
  }
}
template <class Value>
void take(const json& fields, const char* name, std::vector<Value>& into, std::vector<std::string>& unreadable) {
  const auto found = fields.find(name);
  if (found == fields.end() || !found->is_array()) return;
  bool all = true;
  for (const json& element : *found) {
    Value value{};
    const bool good = read(element, value);
    all = all && good;
    if (good) into.push_back(std::move(value));
  }
  if (!all) unreadable.push_back(name);
}

template <class Value>
void give(json& fields, const char* name, const std::optional<Value>& value) {
  if (!value) return;
  json written = write(*value);
  if (!written.is_null()) fields[name] = std::move(written);
}
template <class Value>
void give(json& fields, const char* name, const std::vector<Value>& values) {
  if (values.empty()) return;
  json list = json::array();
  for (const Value& value : values) list.push_back(write(value));
  fields[name] = std::move(list);
}

}  // namespace json_values
)";

class Cpp {
 public:
  Cpp(const Model& model, const std::string& place) : model_(model), place_(place) {}

  std::string write() {
    out_.line("// Written by \"satchel codegen cpp\" from version " + std::to_string(model_.version) +
              " of the schema. Do not edit: run it again.");
    out_.line("#pragma once");
    out_.line();
    for (const char* header : {"cstdint", "nlohmann/json.hpp", "optional", "string", "utility", "vector"}) {
      out_.line(std::string("#include <") + header + ">");
    }
    out_.line();
    out_.line("namespace " + place_ + " {");
    for (size_t begin = 0; begin < prelude.size();) {
      const size_t end = prelude.find('\n', begin);
      out_.line(prelude.substr(begin, end - begin));
      begin = end + 1;
    }
    Names names("the schema", {"Code", "Reference", "Blob"});
    for (const Collection& collection : model_.collections) {
      write_collection(collection, names.take(collection.name, pascal(collection.name)));
    }
    out_.line();
    out_.line("}  // namespace " + place_);
    return out_.text();
  }

 private:
  struct Named {
    const Field& field;
    std::string member, type;  // `type`: of one value
    bool own_type = false;     // of this collection alone
  };

  static std::string spelt(const std::string& name) { return snake(name) + (cpp_keywords.contains(snake(name)) ? "_" : ""); }

  static std::string type_of(Shape shape) {
    switch (shape) {
      case Shape::integer:
        return "int64_t";
      case Shape::boolean:
        return "bool";
      case Shape::code:
        return "Code";
      case Shape::reference:
        return "Reference";
      case Shape::blob:
        return "Blob";
      default:
        return "std::string";  // a decimal, a date, an instant: as docs/SCHEMA.md writes them
    }
  }

  static std::vector<Named> names_of(const Collection& collection) {
    Names members(collection.name, {"id", "scope", "put_away", "unsent", "unreadable", "from_record", "as_fields", "collection"});
    Names types(collection.name, {"Name", pascal(collection.name)});
    std::vector<Named> named;
    for (const Field& field : collection.fields) {
      Named one{field, members.take(field.name, spelt(field.name)), type_of(field.shape)};
      one.own_type = field.shape == Shape::label || !field.parts.empty();
      if (one.own_type) one.type = types.take(field.name, pascal(field.name));
      named.push_back(std::move(one));
    }
    return named;
  }

  void write_collection(const Collection& collection, const std::string& name) {
    const std::vector<Named> fields = names_of(collection);
    out_.line();
    out_.comment("//", collection.about);
    out_.open("struct " + name + " {");
    out_.line("static constexpr const char* collection = " + quoted(collection.name) + ";");
    out_.line("// For filters, order and changes.");
    out_.open("struct Name {");
    for (const Named& one : fields) {
      out_.line("static constexpr const char* " + one.member + " = " + quoted(one.field.name) + ";");
    }
    out_.close("};");
    for (const Named& one : fields) {
      if (!one.own_type) continue;
      one.field.parts.empty() ? write_labels(collection, one) : write_item(collection, one);
    }
    out_.line();
    out_.line("std::string id, scope;");
    out_.line("bool put_away = false, unsent = false;");
    out_.line("// Fields with a value that this version of the schema cannot read: a newer app wrote it.");
    out_.line("std::vector<std::string> unreadable;");
    for (const Named& one : fields) {
      out_.comment("//", one.field.about);
      out_.line((one.field.many ? "std::vector<" : "std::optional<") + one.type + "> " + one.member + ";");
    }
    write_from(fields, name);
    if (!collection.written_by_centre) write_fields(fields);
    out_.close("};");
  }

  void write_labels(const Collection& collection, const Named& one) {
    Names names(collection.name + "." + one.field.name, {"unrecognised"});
    std::vector<std::string> spellings;
    std::string list;
    for (const std::string& label : one.field.labels) {
      spellings.push_back(names.take(label, spelt(label)));
      list += spellings.back() + ", ";
    }
    out_.line();
    out_.line("// Lowest first. Unrecognised: a newer app's; of levels, to be taken as the highest.");
    out_.line("enum class " + one.type + " { " + list + "unrecognised };");
    out_.open("friend bool read(const nlohmann::json& value, " + one.type + "& into) {");
    out_.line("if (!value.is_string()) return false;");
    out_.line("const std::string text = value.get<std::string>();");
    out_.line("into = " + one.type + "::unrecognised;");
    for (size_t i = 0; i < spellings.size(); ++i) {
      out_.line("if (text == " + quoted(one.field.labels[i]) + ") into = " + one.type + "::" + spellings[i] + ";");
    }
    out_.line("return true;");
    out_.close("}");
    out_.line("// null for what is not recognised: it is never written.");
    out_.open("friend nlohmann::json write(" + one.type + " value) {");
    out_.open("switch (value) {");
    for (size_t i = 0; i < spellings.size(); ++i) {
      out_.line("case " + one.type + "::" + spellings[i] + ": return " + quoted(one.field.labels[i]) + ";");
    }
    out_.line("case " + one.type + "::unrecognised: break;");
    out_.close("}");
    out_.line("return nullptr;");
    out_.close("}");
  }

  void write_item(const Collection& collection, const Named& one) {
    Names names(collection.name + "." + one.field.name, {"id", "unreadable"});
    std::vector<std::string> spellings;
    out_.line();
    out_.open("struct " + one.type + " {");
    out_.line("std::string id;  // empty: a new one");
    out_.line("std::vector<std::string> unreadable;");
    for (const Part& part : one.field.parts) {
      spellings.push_back(names.take(part.name, spelt(part.name)));
      out_.line("std::optional<" + type_of(part.shape) + "> " + spellings.back() + ";");
    }
    out_.close("};");
    out_.open("friend bool read(const nlohmann::json& value, " + one.type + "& into) {");
    out_.line("if (!value.is_object() || value.contains(\"unknown\")) return false;");
    out_.line("into.id = json_values::member(value, \"id\");");
    for (size_t i = 0; i < spellings.size(); ++i) {
      out_.line("json_values::take(value, " + quoted(one.field.parts[i].name) + ", into." + spellings[i] +
                ", into.unreadable);");
    }
    out_.line("return true;");
    out_.close("}");
    out_.open("friend nlohmann::json write(const " + one.type + "& item) {");
    out_.line("nlohmann::json parts = nlohmann::json::object();");
    for (size_t i = 0; i < spellings.size(); ++i) {
      out_.line("json_values::give(parts, " + quoted(one.field.parts[i].name) + ", item." + spellings[i] + ");");
    }
    out_.line("return parts;");
    out_.close("}");
  }

  void write_from(const std::vector<Named>& fields, const std::string& name) {
    out_.line();
    out_.line("// Of \"record\" of satchel_read, or one of \"records\" of satchel_query.");
    out_.open("static " + name + " from_record(const nlohmann::json& record) {");
    out_.line(name + " out;");
    out_.line("out.id = record.at(\"id\").get<std::string>();");
    out_.line("out.scope = record.at(\"scope\").get<std::string>();");
    out_.line("out.put_away = record.value(\"void\", false);");
    out_.line("out.unsent = record.value(\"unsent\", false);");
    out_.line("const nlohmann::json& values = record.at(\"fields\");");
    for (const Named& one : fields) {
      out_.line("json_values::take(values, " + quoted(one.field.name) + ", out." + one.member + ", out.unreadable);");
    }
    out_.line("return out;");
    out_.close("}");
  }

  void write_fields(const std::vector<Named>& fields) {
    out_.line();
    out_.line("// What has a value, as \"fields\" of a change that creates a record. What the centre writes is left out.");
    out_.open("nlohmann::json as_fields() const {");
    out_.line("nlohmann::json values = nlohmann::json::object();");
    for (const Named& one : fields) {
      if (one.field.written_by_centre) continue;
      out_.line("json_values::give(values, " + quoted(one.field.name) + ", " + one.member + ");");
    }
    out_.line("return values;");
    out_.close("}");
  }

  const Model& model_;
  const std::string& place_;
  Source out_{2};
};

}  // namespace

std::string write_cpp(const Model& model, const std::string& place) { return Cpp(model, place).write(); }

}  // namespace satchel_codegen
