// The small readers of schema_parser.hpp.
#include <algorithm>

#include "core/model/limits.hpp"
#include "core/model/schema_parser.hpp"
#include "core/model/text.hpp"

namespace satchel::model {

using nlohmann::json;

// RFC 6901: "~" and "/" inside a step are escaped.
Pointer Pointer::operator/(std::string_view step) const {
  Pointer longer = *this;
  longer.text_ += '/';
  for (const char c : step) {
    if (c == '~') {
      longer.text_ += "~0";
    } else if (c == '/') {
      longer.text_ += "~1";
    } else {
      longer.text_ += c;
    }
  }
  return longer;
}

namespace {

Error not_json(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n');
  const size_t column = line_start == before.npos ? before.size() + 1 : before.size() - line_start;
  return make_error(Code::invalid, "The schema is not JSON: line " + std::to_string(line) + ", column " +
                                       std::to_string(column) + ".");
}

// Follows the parser to find names that stand twice: nlohmann keeps the last one without a word.
struct Duplicates {
  std::vector<std::set<std::string>> names;  // of each object that is open
  std::vector<std::string> path;
  std::string found;                         // JSON pointer of the first

  bool operator()(int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) {
      names.emplace_back();
      path.emplace_back();
    } else if (event == json::parse_event_t::object_end) {
      names.pop_back();
      path.pop_back();
    } else if (event == json::parse_event_t::key) {
      path.back() = parsed.get<std::string>();
      if (!names.back().insert(path.back()).second && found.empty()) {
        Pointer at;
        for (const std::string& step : path) at = at / step;
        found = at.text();
      }
    }
    return true;
  }
};

}  // namespace

Result<json> parse_schema_json(std::string_view text) {
  if (text.size() > limits::schema_bytes) {
    return make_error(Code::limit, "The schema is larger than " + std::to_string(limits::schema_bytes) + " bytes.");
  }
  Duplicates duplicates;
  try {
    json parsed = json::parse(text, [&](int depth, json::parse_event_t event, json& value) {
      return duplicates(depth, event, value);
    });
    if (!duplicates.found.empty()) return make_error(Code::invalid, "This name stands twice here.", duplicates.found);
    return parsed;
  } catch (const json::parse_error& error) {
    return not_json(text, error.byte);
  } catch (const json::exception&) {
    return make_error(Code::invalid, "The schema holds a number that is too large.");
  }
}

Result<> expect_object(const json& object, std::initializer_list<std::string_view> known, const Pointer& at) {
  if (!object.is_object()) return at.error("This must be an object: {...}.");
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string list;
    for (const std::string_view word : known) list.append(list.empty() ? "" : ", ").append(word);
    return (at / name).error("\"" + name + "\" is not known here. Known are: " + list + ".");
  }
  return {};
}

Result<std::string> read_text(const json& object, const char* name, const Pointer& at) {
  const auto found = object.find(name);
  if (found == object.end()) return std::string();
  if (!found->is_string()) return (at / name).error("This must be a text.");
  return found->get<std::string>();
}

Result<bool> read_flag(const json& object, const char* name, const Pointer& at) {
  const auto found = object.find(name);
  if (found == object.end()) return false;
  if (!found->is_boolean()) return (at / name).error("This must be true or false.");
  return found->get<bool>();
}

Result<std::vector<std::string>> read_names(const json& object, const char* name, const Pointer& at, bool dashes) {
  std::vector<std::string> names;
  const auto found = object.find(name);
  if (found == object.end()) return names;
  const Pointer list = at / name;
  if (!found->is_array()) return list.error("This must be a list: [...].");
  for (size_t i = 0; i < found->size(); ++i) {
    const json& item = (*found)[i];
    if (!item.is_string()) return (list / i).error("This must be a text.");
    const auto word = item.get<std::string>();
    SATCHEL_TRY(expect_name(word, list / i, dashes));
    if (std::find(names.begin(), names.end(), word) != names.end()) {
      return (list / i).error("\"" + word + "\" stands twice in this list.");
    }
    names.push_back(word);
  }
  return names;
}

Result<> expect_name(const std::string& name, const Pointer& at, bool dashes) {
  if (valid_name(name, dashes)) return {};
  return at.error("\"" + name + "\" cannot be a name. A name begins with a letter a-z and goes on with a-z, 0-9 and _" +
                  (dashes ? " and -" : "") + ", at most " + std::to_string(limits::name_bytes) + " characters.");
}

}  // namespace satchel::model
