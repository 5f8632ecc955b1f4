#include "server/main/config.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "server/files.hpp"

namespace satchel::server::cli {
namespace {

using nlohmann::json;
using Type = ConfigKey::Type;
using Problems = std::vector<ConfigProblem>;

// "line 7, column 3" of the byte at `offset`.
std::string place_in(const std::string& text, size_t offset) {
  const size_t end = std::min(offset, text.size());
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
  const size_t start = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  const size_t column = start == std::string::npos ? end + 1 : end - start;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

std::optional<json> parse(const std::string& text, Problems& problems) {
  try {
    json parsed = json::parse(text, nullptr, true, true);
    if (parsed.is_object()) return parsed;
    problems.push_back({"", "The file must hold one JSON object: { ... }."});
  } catch (const json::parse_error& error) {
    const size_t offset = error.byte > 0 ? error.byte - 1 : 0;
    problems.push_back({"", "This is not JSON at " + place_in(text, offset) +
                                " (a comma, quote or bracket is missing or too many)."});
  }
  return std::nullopt;
}

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string unknown_key(const std::string& pointer) {
  std::string nearest;
  size_t distance = 4;
  for (const ConfigKey& key : config_keys()) {
    const size_t here = edit_distance(pointer, key.pointer);
    if (here < distance) nearest = key.pointer, distance = here;
  }
  return "There is no such key" + (nearest.empty() ? std::string(".") : "; did you mean " + nearest + "?");
}

// Keys of the file that the table does not know.
void find_unknown(const json& object, const std::string& prefix, const std::set<std::string>& known,
                  const std::set<std::string>& groups, Problems& problems) {
  for (const auto& [name, value] : object.items()) {
    const std::string pointer = prefix + "/" + name;
    if (groups.contains(pointer)) {
      if (value.is_object()) {
        find_unknown(value, pointer, known, groups, problems);
      } else {
        problems.push_back({pointer, "This must be an object: { ... }."});
      }
    } else if (!known.contains(pointer)) {
      problems.push_back({pointer, unknown_key(pointer)});
    }
  }
}

std::string wrong_type(const ConfigKey& key) {
  switch (key.type) {
    case Type::number:
      return "This must be a whole number from " + std::to_string(key.least) + " to " + std::to_string(key.most) + ".";
    case Type::boolean: return "This must be true or false.";
    case Type::level: return "This must be \"debug\", \"info\", \"warning\" or \"error\".";
    default: return "This must be text in quotes.";
  }
}

// The value as ConfigKey::set takes it; nothing when it does not fit the key.
std::optional<std::string> value_text(const ConfigKey& key, const json& value) {
  if (key.type == Type::boolean) {
    return value.is_boolean() ? std::optional<std::string>(value.get<bool>() ? "true" : "false") : std::nullopt;
  }
  if (key.type == Type::number) {
    if (!value.is_number_integer()) return std::nullopt;
    if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
    const int64_t number = value.get<int64_t>();
    if (number < key.least || number > key.most) return std::nullopt;
    return std::to_string(number);
  }
  if (!value.is_string()) return std::nullopt;
  std::string text = value.get<std::string>();
  static const std::set<std::string> levels = {"debug", "info", "warning", "error"};
  if (key.type == Type::level && !levels.contains(text)) return std::nullopt;
  return text;
}

std::string resolved(const std::string& path, const std::string& config_file) {
  if (path.empty() || std::filesystem::path(path).is_absolute()) return path;
  return (std::filesystem::absolute(config_file).parent_path() / path).lexically_normal().string();
}

void apply(const ConfigKey& key, const json& root, Config& config, Problems& problems) {
  const json::json_pointer pointer(key.pointer);
  if (!root.contains(pointer)) {
    if (key.required) problems.push_back({key.pointer, "This key is missing. " + key.meaning});
    return;
  }
  const std::optional<std::string> text = value_text(key, root.at(pointer));
  if (!text) {
    problems.push_back({key.pointer, wrong_type(key)});
  } else if (key.required && text->empty()) {
    problems.push_back({key.pointer, "This must not be empty. " + key.meaning});
  } else {
    key.set(config, key.type == Type::path ? resolved(*text, config.file) : *text);
  }
}

void check_together(const Config& config, Problems& problems) {
  if (config.http.body.plain_bytes_most < config.http.body.body_bytes_most) {
    problems.push_back({"/limits/plain_bytes", "This must not be smaller than /limits/body_bytes."});
  }
  if (config.http.memory_bytes_most < config.http.body.plain_bytes_most + config.http.body.body_bytes_most) {
    problems.push_back({"/limits/memory_bytes",
                        "This must hold at least one request: /limits/body_bytes and /limits/plain_bytes together."});
  }
}

std::string group_of(const std::string& pointer) {
  const size_t slash = pointer.rfind('/');
  return slash == 0 ? "" : pointer.substr(1, slash - 1);
}

}  // namespace

std::vector<ConfigProblem> read_config(const std::string& file, Config& config) {
  Problems problems;
  config.file = file;
  const auto text = read_file(file);
  if (!text) {
    problems.push_back({"", text.error().message});
    return problems;
  }
  const std::optional<json> root = parse(*text, problems);
  if (!root) return problems;
  std::set<std::string> known, groups;
  for (const ConfigKey& key : config_keys()) {
    known.insert(key.pointer);
    if (!group_of(key.pointer).empty()) groups.insert("/" + group_of(key.pointer));
  }
  find_unknown(*root, "", known, groups, problems);
  for (const ConfigKey& key : config_keys()) {
    const std::string group = group_of(key.pointer);
    if (!group.empty() && root->contains(group) && !(*root)[group].is_object()) continue;  // said already
    apply(key, *root, config, problems);
  }
  if (problems.empty()) check_together(config, problems);
  return problems;
}

Result<Config> load_config(const std::string& file) {
  if (!file_exists(file)) {
    return make_error(Code::not_found, "There is no configuration at " + file +
                                           ". Name one with --config or --data, or make one for trying out with "
                                           "`satchel-server init`.");
  }
  Config config;
  const Problems problems = read_config(file, config);
  if (problems.empty()) return config;
  std::string message = file + " is not right:";
  for (const auto& problem : problems) {
    message += "\n  " + (problem.pointer.empty() ? std::string() : problem.pointer + ": ") + problem.message;
  }
  return make_error(Code::invalid, message, "/");
}

std::string config_text(const Config& config) {
  // Grouped as the table is: keys of one object stand together.
  std::string out = "// Configuration of satchel-server: JSON with comments. Paths are relative to this file.\n"
                    "// `satchel-server check` says what is wrong with it. docs/OPERATING.md explains every key.\n{\n";
  std::string group;
  const auto& keys = config_keys();
  for (size_t i = 0; i < keys.size(); ++i) {
    const std::string here = group_of(keys[i].pointer);
    if (here != group) {
      if (!group.empty()) out += "  },\n";
      if (!here.empty()) out += "  \"" + here + "\": {\n";
      group = here;
    }
    const std::string indent = group.empty() ? "  " : "    ";
    const std::string name = keys[i].pointer.substr(keys[i].pointer.rfind('/') + 1);
    const bool bare = keys[i].type == Type::number || keys[i].type == Type::boolean;
    const std::string value = bare ? keys[i].show(config) : json(keys[i].show(config)).dump();
    const bool last = i + 1 == keys.size() || (!here.empty() && group_of(keys[i + 1].pointer) != here);
    out += indent + "// " + keys[i].meaning + "\n" + indent + "\"" + name + "\": " + value + (last ? "\n" : ",\n");
  }
  return out + (group.empty() ? "}\n" : "  }\n}\n");
}

}  // namespace satchel::server::cli
