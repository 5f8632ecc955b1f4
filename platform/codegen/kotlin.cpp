#include <set>

#include "platform/codegen/languages.hpp"
#include "platform/codegen/names.hpp"
#include "platform/codegen/source.hpp"

namespace satchel_codegen {
namespace {

const std::set<std::string, std::less<>> kotlin_keywords = {
    "as",   "break", "class",   "continue", "do",    "else",  "false", "for",  "fun",       "if",     "in",  "interface", "is",
    "null", "object", "package", "return",  "super", "this",  "throw", "true", "try", "typealias", "typeof", "val", "var",
    "when", "while"};

class Kotlin {
 public:
  Kotlin(const Model& model, const std::string& place) : model_(model), place_(place) {}

  std::string write() {
    out_.line("// Written by \"satchel codegen kotlin\" from version " + std::to_string(model_.version) +
              " of the schema. Do not edit: run it again.");
    out_.line("package " + place_);
    out_.line();
    for (const char* name :
         {"java.math.BigDecimal", "java.time.LocalDate", "java.time.ZonedDateTime", "kotlinx.serialization.json.JsonElement",
          "org.satchel.Blob", "org.satchel.Change", "org.satchel.Code", "org.satchel.Draft", "org.satchel.Label",
          "org.satchel.ModelReader", "org.satchel.Place", "org.satchel.Record", "org.satchel.RecordDraft",
          "org.satchel.Reference", "org.satchel.TextEdit", "org.satchel.Values"}) {
      out_.line(std::string("import ") + name);
    }
    Names names("the schema", {"Blob", "Change", "Code", "Draft", "Label", "ModelReader", "Place", "Record", "RecordDraft",
                               "Reference", "TextEdit", "Values", "String", "Boolean", "Long", "List", "Set"});
    for (const Collection& collection : model_.collections) {
      const std::string name = names.take(collection.name, pascal(collection.name));
      const std::vector<Named> fields = names_of(collection);
      write_class(collection, name, fields);
      if (collection.written_by_centre) continue;
      write_create(collection, name, fields);
      if (!collection.append_only) write_draft(collection, names.take(collection.name, name + "Draft"), name, fields);
    }
    return out_.text();
  }

 private:
  struct Named {
    const Field& field;
    std::string member, type, read;  // `type`: of one value; `read`: the function that reads one
    bool own_type = false;
    std::string type_of_field() const { return field.many ? "List<" + type + ">" : type + "?"; }
  };

  static std::string spelt(const std::string& name) {
    const std::string spelling = camel(name);
    return kotlin_keywords.contains(spelling) ? "`" + spelling + "`" : spelling;
  }
  // A dollar sign begins what stands for a value there.
  static std::string literal(const std::string& text) { return quoted(text, "\\$"); }

  static std::pair<const char*, const char*> type_of(Shape shape) {
    switch (shape) {
      case Shape::integer:
        return {"Long", "Values::integer"};
      case Shape::decimal:
        return {"BigDecimal", "Values::decimal"};
      case Shape::boolean:
        return {"Boolean", "Values::boolean"};
      case Shape::date:
        return {"LocalDate", "Values::date"};
      case Shape::instant:
        return {"ZonedDateTime", "Values::instant"};
      case Shape::code:
        return {"Code", "Values::code"};
      case Shape::reference:
        return {"Reference", "Values::reference"};
      case Shape::blob:
        return {"Blob", "Values::blob"};
      default:
        return {"String", "Values::text"};
    }
  }

  static std::vector<Named> names_of(const Collection& collection) {
    Names members(collection.name, {"id", "scope", "isPutAway", "isUnsent", "unreadable", "record", "of", "draft"});
    Names types(collection.name, {"Name", "Companion", "String", "Boolean", "Long", "List", "Set"});
    std::vector<Named> named;
    for (const Field& field : collection.fields) {
      const auto [type, read] = type_of(field.shape);
      Named one{field, members.take(field.name, spelt(field.name)), type, read};
      one.own_type = field.shape == Shape::label || !field.parts.empty();
      if (one.own_type) {
        one.type = types.take(field.name, pascal(field.name));
        one.read = one.type + "::of";
      }
      named.push_back(std::move(one));
    }
    return named;
  }

  void document(const std::string& about) {
    if (about.empty()) return;
    out_.line("/**");
    out_.comment(" *", about);
    out_.line(" */");
  }

  void write_class(const Collection& collection, const std::string& name, const std::vector<Named>& fields) {
    out_.line();
    document(collection.about);
    out_.open("public data class " + name + "(");
    out_.line("public val id: String,");
    out_.line("public val scope: String,");
    out_.line("public val isPutAway: Boolean,");
    out_.line("public val isUnsent: Boolean,");
    for (const Named& one : fields) {
      document(one.field.about);
      out_.line("public val " + one.member + ": " + one.type_of_field() + ",");
    }
    out_.line("/** Fields with a value that this version of the schema cannot read: a newer app wrote it. */");
    out_.line("public val unreadable: Set<String>,");
    out_.turn(") {");
    write_names(fields);
    for (const Named& one : fields) {
      if (!one.own_type) continue;
      one.field.parts.empty() ? write_labels(collection, one) : write_item(collection, one);
    }
    out_.line();
    write_to_string(name);
    write_of(collection, name, fields);
    out_.close("}");
  }

  // A data class would put what people wrote into any log that it comes into.
  void write_to_string(const std::string& name) {
    out_.line("override fun toString(): String = \"" + name + "($id)\"");
    out_.line();
  }

  void write_names(const std::vector<Named>& fields) {
    out_.line("/** For filters and order. */");
    out_.open("public object Name {");
    for (const Named& one : fields) {
      out_.line("public const val " + one.member + ": String = " + literal(one.field.name));
    }
    out_.close("}");
  }

  void write_labels(const Collection& collection, const Named& one) {
    Names names(collection.name + "." + one.field.name, {"UNRECOGNISED"});
    out_.line();
    out_.line("/** Levels: lowest first. UNRECOGNISED: a newer app's; of levels, to be taken as the highest. Never written. */");
    out_.open("public enum class " + one.type + "(override val text: String) : Label {");
    for (const std::string& label : one.field.labels) {
      out_.line(names.take(label, upper(label)) + "(" + literal(label) + "),");
    }
    out_.line("UNRECOGNISED(\"\"),");
    out_.line(";");
    out_.line();
    out_.open("public companion object {");
    out_.line("public fun of(value: JsonElement): " + one.type +
              "? = Values.text(value)?.let { text -> entries.find { it.text == text } ?: UNRECOGNISED }");
    out_.close("}");
    out_.close("}");
  }

  void write_item(const Collection& collection, const Named& one) {
    Names names(collection.name + "." + one.field.name, {"id", "unreadable", "parts", "of", "Companion"});
    std::vector<std::string> spellings;
    for (const Part& part : one.field.parts) spellings.push_back(names.take(part.name, spelt(part.name)));
    out_.line();
    out_.line("/** @property id of an item that is there; null: a new one */");
    out_.open("public data class " + one.type + "(");
    for (size_t i = 0; i < spellings.size(); ++i) {
      out_.line("public val " + spellings[i] + ": " + type_of(one.field.parts[i].shape).first + "? = null,");
    }
    out_.line("public val id: String? = null,");
    out_.line("public val unreadable: Set<String> = emptySet(),");
    out_.turn(") {");
    out_.open("public fun parts(): Map<String, Any?> = listOf(");
    for (size_t i = 0; i < spellings.size(); ++i) {
      out_.line(literal(one.field.parts[i].name) + " to " + spellings[i] + ",");
    }
    out_.close(").filter { it.second != null }.toMap()");
    out_.line();
    write_to_string(one.type);
    out_.open("public companion object {");
    out_.open("public fun of(value: JsonElement): " + one.type + "? = ModelReader.ofItem(value)?.let { reader ->");
    out_.open(one.type + "(");
    for (size_t i = 0; i < spellings.size(); ++i) {
      out_.line(spellings[i] + " = reader.one(" + literal(one.field.parts[i].name) + ", " +
                type_of(one.field.parts[i].shape).second + "),");
    }
    out_.line("id = reader.one(\"id\", Values::text),");
    out_.line("unreadable = reader.unreadable,");
    out_.close(")");
    out_.close("}");
    out_.close("}");
    out_.close("}");
  }

  void write_of(const Collection& collection, const std::string& name, const std::vector<Named>& fields) {
    out_.open("public companion object {");
    out_.line("public const val COLLECTION: String = " + literal(collection.name));
    out_.line();
    out_.open("public fun of(record: Record): " + name + " {");
    out_.line("val reader = ModelReader(record.fields)");
    out_.open("return " + name + "(");
    out_.line("id = record.id,");
    out_.line("scope = record.scope,");
    out_.line("isPutAway = record.isPutAway,");
    out_.line("isUnsent = record.isUnsent,");
    for (const Named& one : fields) {
      out_.line(one.member + " = reader." + (one.field.many ? "many(" : "one(") + literal(one.field.name) + ", " + one.read +
                "),");
    }
    out_.line("unreadable = reader.unreadable,");
    out_.close(")");
    out_.close("}");
    out_.close("}");
  }

  // Outside the class, its own types are known by its name.
  static std::string outside(const Named& one, const std::string& name) {
    return one.own_type ? name + "." + one.type : one.type;
  }

  void write_create(const Collection& collection, const std::string& name, const std::vector<Named>& fields) {
    out_.line();
    out_.line("/** What is null or empty is left out. `scope` and `record`: as [Draft.create] says. */");
    out_.open("public fun Draft.create" + name + "(");
    for (const Named& one : fields) {
      if (one.field.written_by_centre) continue;
      const std::string type = outside(one, name);
      out_.line(one.member + ": " + (one.field.many ? "List<" + type + "> = emptyList()," : type + "? = null,"));
    }
    out_.line("scope: String? = null,");
    out_.line("record: String? = null,");
    out_.turn("): Change = create(");
    out_.line(literal(collection.name) + ",");
    out_.open("*ModelReader.given(");
    for (const Named& one : fields) {
      if (one.field.written_by_centre) continue;
      const bool items = !one.field.parts.empty();
      out_.line(literal(one.field.name) + " to " + one.member + (items ? ".map { it.parts() }" : "") + ",");
    }
    out_.close("),");
    out_.line("scope = scope,");
    out_.line("record = record,");
    out_.close(")");
  }

  void write_draft(const Collection& collection, const std::string& draft, const std::string& name,
                   const std::vector<Named>& fields) {
    out_.line();
    out_.line("/** Changes of one " + collection.name + ", as part of a [Draft]. */");
    out_.open("public class " + draft + "(public val draft: RecordDraft) {");
    for (const Named& one : fields) {
      if (one.field.written_by_centre) continue;
      one.field.many ? write_element_changes(one, name) : write_changes(one, name);
    }
    out_.line("public fun putAway(): Change = draft.putAway()");
    out_.line("public fun restore(): Change = draft.restore()");
    out_.close("}");
    out_.line();
    out_.line("public fun Draft." + spelt(collection.name) + "(id: String): " + draft + " = " + draft + "(record(" +
              literal(collection.name) + ", id))");
  }

  void write_changes(const Named& one, const std::string& name) {
    const std::string field = literal(one.field.name);
    const std::string value = "value: " + outside(one, name) + "?";
    if (one.field.wants_reason) {
      out_.line("public fun " + one.member + "(" + value + ", reason: String? = null): Change = draft.set(" + field +
                ", value, reason)");
    } else {
      out_.line("public fun " + one.member + "(" + value + "): Change = draft.set(" + field + ", value)");
    }
    const std::string pascal_name = pascal(one.field.name);
    if (one.field.typed) {
      out_.line("public fun edit" + pascal_name + "(edits: List<TextEdit>): Change = draft.edit(" + field + ", edits)");
    }
    if (one.field.submitted) out_.line("public fun submit" + pascal_name + "(): Change = draft.submit(" + field + ")");
  }

  void write_element_changes(const Named& one, const std::string& name) {
    const std::string field = literal(one.field.name), pascal_name = pascal(one.field.name);
    const std::string place = one.field.ordered ? ", place: Place? = null" : "", given = one.field.ordered ? ", place = place" : "";
    if (one.field.parts.empty()) {
      const std::string value = "value: " + outside(one, name);
      out_.line("public fun add" + pascal_name + "(" + value + place + "): Change = draft.add(" + field + ", value" + given + ")");
      out_.line("public fun remove" + pascal_name + "(" + value + "): Change = draft.remove(" + field + ", value)");
      if (!one.field.ordered) return;
      out_.line("public fun move" + pascal_name + "(" + value + ", place: Place): Change = draft.move(" + field + ", value, place)");
      return;
    }
    out_.line("public fun add" + pascal_name + "(item: " + outside(one, name) + place + "): Change =");
    out_.line("    draft.add(" + field + ", item.parts(), item.id" + given + ")");
    out_.line("public fun remove" + pascal_name + "(id: String): Change = draft.removeElement(" + field + ", id)");
    if (!one.field.ordered) return;
    out_.line("public fun move" + pascal_name + "(id: String, place: Place): Change = draft.moveElement(" + field + ", id, place)");
  }

  const Model& model_;
  const std::string& place_;
  Source out_{4};
};

}  // namespace

std::string write_kotlin(const Model& model, const std::string& place) { return Kotlin(model, place).write(); }

}  // namespace satchel_codegen
