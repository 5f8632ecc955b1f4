#include <set>

#include "platform/codegen/languages.hpp"
#include "platform/codegen/names.hpp"
#include "platform/codegen/source.hpp"

namespace satchel_codegen {
namespace {

const std::set<std::string, std::less<>> swift_keywords = {
    "as",     "associatedtype", "break",     "case",     "catch",  "class",   "continue",  "default", "defer",  "deinit",
    "do",     "else",           "enum",      "extension", "fallthrough", "false", "fileprivate", "for", "func",   "guard",
    "if",     "import",         "in",        "init",     "inout",  "internal", "is",       "let",     "nil",    "operator",
    "precedencegroup", "private", "protocol", "public",  "repeat", "rethrows", "return",   "self",    "static", "struct",
    "subscript", "super",       "switch",    "throw",    "throws", "true",    "try",       "typealias", "var",  "where",
    "while"};

class Swift {
 public:
  Swift(const Model& model, const std::string& place) : model_(model), space_(pascal(place)) {}

  std::string write() {
    out_.line("// Written by \"satchel codegen swift\" from version " + std::to_string(model_.version) +
              " of the schema. Do not edit: run it again.");
    out_.line("import Foundation");
    out_.line("import Satchel");
    out_.line();
    // A space of its own: a collection "task" shall not hide Swift's Task.
    Names names("the schema", {"Bool", "Blob", "Change", "Code", "Day", "Decimal", "Draft", "Instant", "Int64", "Item", "JSON",
                               "Label", "ModelReader", "Place", "Record", "RecordDraft", "Reference", "Set", "String",
                               "TextEdit", "Values"});
    std::vector<Named> all;
    for (const Collection& collection : model_.collections) {
      all.push_back({collection, names.take(collection.name, pascal(collection.name)), {}, members_of(collection)});
      if (has_draft(collection)) all.back().draft = names.take(collection.name, all.back().name + "Draft");
    }
    out_.open("public enum " + space_ + " {");
    for (const Named& one : all) {
      write_struct(one);
      if (has_draft(one.collection)) write_draft(one);
    }
    out_.close("}");
    out_.line();
    out_.open("extension Draft {");
    for (const Named& one : all) {
      if (one.collection.written_by_centre) continue;
      write_create(one);
      if (has_draft(one.collection)) write_begin(one);
    }
    out_.close("}");
    return out_.text();
  }

 private:
  struct Member {
    const Field& field;
    std::string name, type, read;  // `type`: of one value; `read`: the function that reads one
    bool own_type = false;
    std::string type_of_field() const { return field.many ? "[" + type + "]" : type + "?"; }
  };
  struct Named {
    const Collection& collection;
    std::string name, draft;
    std::vector<Member> members;
  };

  static bool has_draft(const Collection& collection) { return !collection.written_by_centre && !collection.append_only; }

  static std::string spelt(const std::string& name) {
    const std::string spelling = camel(name);
    return swift_keywords.contains(spelling) ? "`" + spelling + "`" : spelling;
  }

  static std::string literal(const std::string& text) { return satchel_codegen::quoted(text); }

  static std::pair<const char*, const char*> type_of(Shape shape) {
    switch (shape) {
      case Shape::integer:
        return {"Int64", "Values.integer"};
      case Shape::decimal:
        return {"Decimal", "Values.decimal"};
      case Shape::boolean:
        return {"Bool", "Values.boolean"};
      case Shape::date:
        return {"Day", "Values.date"};
      case Shape::instant:
        return {"Instant", "Values.instant"};
      case Shape::code:
        return {"Code", "Values.code"};
      case Shape::reference:
        return {"Reference", "Values.reference"};
      case Shape::blob:
        return {"Blob", "Values.blob"};
      default:
        return {"String", "Values.text"};
    }
  }

  static std::vector<Member> members_of(const Collection& collection) {
    Names members(collection.name, {"id", "scope", "isPutAway", "isUnsent", "unreadable", "record", "collection", "draft",
                                    "putAway", "restore", "debugDescription", "hash", "hashValue"});
    Names types(collection.name, {"Name", "Bool", "Blob", "Change", "Code", "Day", "Decimal", "Instant", "Int64", "Item", "JSON",
                                  "Label", "ModelReader", "Record", "Reference", "Set", "String", "Values"});
    std::vector<Member> named;
    for (const Field& field : collection.fields) {
      const auto [type, read] = type_of(field.shape);
      Member one{field, members.take(field.name, spelt(field.name)), type, read};
      one.own_type = field.shape == Shape::label || !field.parts.empty();
      if (one.own_type) {
        one.type = types.take(field.name, pascal(field.name));
        one.read = one.type + ".of";
      }
      named.push_back(std::move(one));
    }
    return named;
  }

  void document(const std::string& about) { out_.comment("///", about); }

  void write_struct(const Named& one) {
    if (&one.collection != &model_.collections.front()) out_.line();
    document(one.collection.about);
    out_.open("public struct " + one.name + ": Hashable, Sendable, Identifiable, CustomDebugStringConvertible {");
    out_.line("public static let collection = " + literal(one.collection.name));
    out_.line();
    out_.line("public let id: String");
    out_.line("public let scope: String");
    out_.line("public let isPutAway: Bool");
    out_.line("public let isUnsent: Bool");
    for (const Member& member : one.members) {
      document(member.field.about);
      out_.line("public let " + member.name + ": " + member.type_of_field());
    }
    out_.line("/// Fields with a value that this version of the schema cannot read: a newer app wrote it.");
    out_.line("public let unreadable: Set<String>");
    out_.line();
    write_names(one.members);
    for (const Member& member : one.members) {
      if (!member.own_type) continue;
      member.field.parts.empty() ? write_labels(one.collection, member) : write_item(one.collection, member);
    }
    out_.line();
    write_description(one.name);
    write_init(one.members);
    out_.close("}");
  }

  // What a struct is printed as by itself would put what people wrote into any log that it comes into.
  void write_description(const std::string& name) {
    out_.line("public var debugDescription: String { \"" + name + "(\\(id))\" }");
    out_.line();
  }

  void write_names(const std::vector<Member>& members) {
    out_.line("/// For filters and order.");
    out_.open("public enum Name {");
    for (const Member& member : members) out_.line("public static let " + member.name + " = " + literal(member.field.name));
    out_.close("}");
  }

  void write_labels(const Collection& collection, const Member& member) {
    Names names(collection.name + "." + member.field.name, {"unrecognised", "text", "of", "rawValue", "allCases", "fieldValue"});
    out_.line();
    out_.line("/// Levels: lowest first. unrecognised: a newer app's; of levels, to be taken as the highest. Never written.");
    out_.open("public enum " + member.type + ": String, Label, CaseIterable {");
    for (const std::string& label : member.field.labels) {
      out_.line("case " + names.take(label, spelt(label)) + " = " + literal(label));
    }
    out_.line("case unrecognised = \"\"");
    out_.line();
    out_.line("public var text: String { rawValue }");
    out_.line("public init(text: String) { self = Self(rawValue: text) ?? .unrecognised }");
    out_.close("}");
  }

  void write_item(const Collection& collection, const Member& member) {
    Names names(collection.name + "." + member.field.name,
                {"id", "unreadable", "parts", "of", "debugDescription", "fieldValue", "hash"});
    std::vector<std::string> spellings, types;
    for (const Part& part : member.field.parts) {
      spellings.push_back(names.take(part.name, spelt(part.name)));
      types.push_back(std::string(type_of(part.shape).first) + "?");
    }
    out_.line();
    out_.open("public struct " + member.type + ": Item, Hashable, CustomDebugStringConvertible {");
    for (size_t i = 0; i < spellings.size(); ++i) out_.line("public var " + spellings[i] + ": " + types[i]);
    out_.line("/// Of an item that is there; nil: a new one.");
    out_.line("public var id: String?");
    out_.line("public private(set) var unreadable: Set<String> = []");
    out_.line();
    out_.open("public init(");
    for (size_t i = 0; i < spellings.size(); ++i) out_.line(spellings[i] + ": " + types[i] + " = nil,");
    out_.line("id: String? = nil");
    out_.turn(") {");
    for (const std::string& spelling : spellings) out_.line("self." + spelling + " = " + spelling);
    out_.line("self.id = id");
    out_.close("}");
    out_.line();
    out_.open("public static func of(_ value: JSON) -> " + member.type + "? {");
    out_.line("guard var reader = ModelReader(item: value) else { return nil }");
    out_.line("var item = " + member.type + "(id: reader.one(\"id\", Values.text))");
    for (size_t i = 0; i < spellings.size(); ++i) {
      const Part& part = member.field.parts[i];
      out_.line("item." + spellings[i] + " = reader.one(" + literal(part.name) + ", " + type_of(part.shape).second + ")");
    }
    out_.line("item.unreadable = reader.unreadable");
    out_.line("return item");
    out_.close("}");
    out_.line();
    out_.open("public var parts: [String: any FieldValue] {");
    out_.line("var given: [String: any FieldValue] = [:]");
    for (size_t i = 0; i < spellings.size(); ++i) give(spellings[i], member.field.parts[i].name, false);
    out_.line("return given");
    out_.close("}");
    out_.line();
    out_.line("public var debugDescription: String { \"" + member.type + "(\\(id ?? \"new\"))\" }");
    out_.close("}");
  }

  // One statement for each: of a dictionary with all of them the compiler would have to find out the type at once.
  void give(const std::string& spelling, const std::string& name, bool many) {
    const std::string when = many ? "if !" + spelling + ".isEmpty" : "if let " + spelling;
    out_.line(when + " { given[" + literal(name) + "] = " + spelling + " }");
  }

  void write_init(const std::vector<Member>& members) {
    out_.open("public init(_ record: Record) {");
    out_.line("var reader = ModelReader(record.fields)");
    for (const char* name : {"id", "scope", "isPutAway", "isUnsent"}) out_.line(std::string(name) + " = record." + name);
    for (const Member& member : members) {
      out_.line(member.name + " = reader." + (member.field.many ? "many(" : "one(") + literal(member.field.name) + ", " +
                member.read + ")");
    }
    out_.line("unreadable = reader.unreadable");
    out_.close("}");
  }

  // Outside the struct, its own types are known by its name; outside the space, by that too.
  std::string outside(const Member& member, const std::string& name) const {
    return member.own_type ? space_ + "." + name + "." + member.type : member.type;
  }

  void write_create(const Named& one) {
    out_.line("/// What is nil or empty is left out. `scope` and `record`: as `Draft.create` says.");
    out_.line("@discardableResult");
    out_.open("public func create" + one.name + "(");
    for (const Member& member : one.members) {
      if (member.field.written_by_centre) continue;
      const std::string type = outside(member, one.name);
      out_.line(member.name + ": " + (member.field.many ? "[" + type + "] = []," : type + "? = nil,"));
    }
    out_.line("scope: String? = nil,");
    out_.line("record: String? = nil");
    out_.turn(") -> Change {");
    out_.line("var given: [String: (any FieldValue)?] = [:]");
    for (const Member& member : one.members) {
      if (!member.field.written_by_centre) give(member.name, member.field.name, member.field.many);
    }
    out_.line("return create(" + literal(one.collection.name) + ", given, scope: scope, record: record)");
    out_.close("}");
    out_.line();
  }

  void write_begin(const Named& one) {
    out_.open("public func " + spelt(one.collection.name) + "(_ id: String) -> " + space_ + "." + one.draft + " {");
    out_.line(space_ + "." + one.draft + "(draft: record(" + literal(one.collection.name) + ", id))");
    out_.close("}");
    out_.line();
  }

  void write_draft(const Named& one) {
    out_.line();
    out_.line("/// Changes of one " + one.collection.name + ", as part of a `Draft`.");
    out_.open("public struct " + one.draft + " {");
    out_.line("public let draft: RecordDraft");
    for (const Member& member : one.members) {
      if (member.field.written_by_centre) continue;
      member.field.many ? write_element_changes(member, one.name) : write_changes(member, one.name);
    }
    change("putAway()", "putAway()");
    change("restore()", "restore()");
    out_.close("}");
  }

  void change(const std::string& head, const std::string& call) {
    out_.line("@discardableResult public func " + head + " -> Change { draft." + call + " }");
  }

  void write_changes(const Member& member, const std::string& name) {
    const std::string field = literal(member.field.name), value = "_ value: " + outside(member, name) + "?";
    if (member.field.wants_reason) {
      change(member.name + "(" + value + ", reason: String? = nil)", "set(" + field + ", value, reason: reason)");
    } else {
      change(member.name + "(" + value + ")", "set(" + field + ", value)");
    }
    const std::string pascal_name = pascal(member.field.name);
    if (member.field.typed) change("edit" + pascal_name + "(_ edits: [TextEdit])", "edit(" + field + ", edits)");
    if (member.field.submitted) change("submit" + pascal_name + "()", "submit(" + field + ")");
  }

  void write_element_changes(const Member& member, const std::string& name) {
    const std::string field = literal(member.field.name), pascal_name = pascal(member.field.name);
    const std::string place = member.field.ordered ? ", at place: Place? = nil" : "";
    const std::string given = member.field.ordered ? ", at: place" : "";
    if (member.field.parts.empty()) {
      const std::string value = "_ value: " + outside(member, name);
      change("add" + pascal_name + "(" + value + place + ")", "add(" + field + ", value" + given + ")");
      change("remove" + pascal_name + "(" + value + ")", "remove(" + field + ", value)");
      if (member.field.ordered) {
        change("move" + pascal_name + "(" + value + ", to place: Place)", "move(" + field + ", value, to: place)");
      }
      return;
    }
    change("add" + pascal_name + "(_ item: " + outside(member, name) + place + ")",
           "add(" + field + ", parts: item.parts, element: item.id" + given + ")");
    change("remove" + pascal_name + "(_ id: String)", "remove(" + field + ", element: id)");
    if (!member.field.ordered) return;
    change("move" + pascal_name + "(_ id: String, to place: Place)", "move(" + field + ", element: id, to: place)");
  }

  const Model& model_;
  const std::string space_;
  Source out_{4};
};

}  // namespace

std::string write_swift(const Model& model, const std::string& place) { return Swift(model, place).write(); }

}  // namespace satchel_codegen
