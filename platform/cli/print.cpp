#include "platform/cli/print.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace satchel_cli {
namespace {

using nlohmann::json;

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string member(const json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() || !it->is_string() ? std::string() : it->get<std::string>();
}

std::string object_text(const json& value) {
  if (value.contains("display") || value.contains("code")) {
    const std::string display = member(value, "display");
    const std::string code = member(value, "code");
    return display.empty() ? code : display + (code.empty() ? "" : " (" + code + ")");
  }
  std::string text;
  for (const auto& [name, part] : value.items()) {
    if (name == "id") continue;
    text += (text.empty() ? "" : ", ") + name + " " + value_text(part);
  }
  const std::string id = member(value, "id");
  return id.empty() ? text : (text.empty() ? "" : text + " ") + "[" + id + "]";
}

std::string who(const json& head) {
  std::string text = member(head, "by").empty() ? "the central store" : member(head, "by");
  text += ", " + member(head, "at") + " by the tablet's clock";
  if (!member(head, "received").empty()) text += ", at base " + member(head, "received");
  if (!member(head, "reason").empty()) text += ", because: " + member(head, "reason");
  return text;
}

void print_heads(const char* label, const json& heads) {
  for (const json& head : heads) {
    std::cout << "      " << label << value_text(head.value("value", json())) << "  (" << who(head) << ")\n";
  }
}

}  // namespace

std::string count_of(uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string value_text(const json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object()) return object_text(value);
  if (!value.is_array()) return dumped(value);
  std::string text;
  for (const json& each : value) text += (text.empty() ? "" : ", ") + value_text(each);
  return text.empty() ? "-" : text;
}

void print_record(const json& record) {
  std::cout << member(record, "collection") << " " << member(record, "id") << "\n  in scope " << member(record, "scope")
            << (record.value("void", false) ? "\n  put away (void)" : "")
            << (record.value("unsent", false) ? "\n  not yet at base" : "") << "\n";
  size_t width = 0;
  for (const auto& [name, value] : record["fields"].items()) width = std::max(width, name.size());
  for (const auto& [name, value] : record["fields"].items()) {
    std::cout << "  " << name << std::string(width - name.size() + 2, ' ') << value_text(value) << "\n";
  }
  for (const auto& [name, sent] : record["submitted"].items()) {
    std::cout << "  " << name << " was sent in by " << who(sent) << "\n";
  }
  for (const json& conflict : record["conflicts"]) print_conflict(conflict, false);
}

void print_row(const json& record) {
  std::string fields;
  for (const auto& [name, value] : record["fields"].items()) {
    std::string text = value_text(value);
    std::replace(text.begin(), text.end(), '\n', ' ');
    fields += "  " + name + "=" + text;
  }
  std::cout << member(record, "id") << (record.value("void", false) ? "  (put away)" : "")
            << (record.value("unsent", false) ? "  (not yet at base)" : "") << fields << "\n";
}

void print_conflict(const json& conflict, bool with_record) {
  if (with_record) std::cout << member(conflict, "collection") << " " << member(conflict, "record") << "\n";
  std::string where = member(conflict, "field").empty() ? "the whole record" : member(conflict, "field");
  if (!member(conflict, "element").empty()) where += " / " + member(conflict, "element");
  if (!member(conflict, "part").empty()) where += " / " + member(conflict, "part");
  std::cout << "    " << where << (conflict.value("decide", false) ? " - please decide: " : ": ")
            << member(conflict, "words") << "\n";
  print_heads("stands:  ", conflict["standing"]);
  print_heads("written: ", conflict["others"]);
}

void print_versions(const json& versions) {
  if (versions.empty()) std::cout << "Nobody has written here.\n";
  size_t number = 0;
  for (const json& version : versions) {
    std::cout << ++number << ". " << member(version, "at") << "  " << member(version, "by") << ": "
              << (version["removed"] == true ? "took out" : value_text(version["value"]));
    if (!member(version, "element").empty()) std::cout << "  (" << member(version, "element") << ")";
    if (!member(version, "reason").empty()) std::cout << "  because: " << member(version, "reason");
    if (version["submitted"] == true) std::cout << "  (sent in)";
    if (version["late"] == true) std::cout << "  (came after it was sent in)";
    if (version["unsent"] == true) std::cout << "  (not yet at base)";
    std::cout << "\n";
    if (version["rule"] != "only_one") std::cout << "   " << member(version, "words") << "\n";
  }
}

void print_scope(const json& scope) {
  std::cout << member(scope, "id") << "  " << member(scope, "kind");
  if (!member(scope, "role").empty()) std::cout << "  as " << member(scope, "role");
  if (!member(scope, "label").empty()) std::cout << "  " << member(scope, "label");
  if (!scope.value("complete", true)) std::cout << "  (not yet all here)";
  if (scope.value("withdrawn", false)) std::cout << "  (leaving this tablet)";
  if (scope.value("unfit", false)) std::cout << "  (what comes for it does not fit together)";
  std::cout << "\n";
}

void print_refused(const json& set_aside) {
  std::cout << member(set_aside, "at") << "  "
            << (set_aside.value("waiting", false) ? "waiting" : "not accepted") << ": " << member(set_aside, "reason")
            << "\n";
  for (const json& change : set_aside["changes"]) {
    std::cout << "    " << member(change, "action") << " " << member(change, "collection") << " "
              << member(change, "record");
    if (!member(change, "field").empty()) std::cout << " " << member(change, "field");
    if (!member(change, "element").empty()) std::cout << " " << member(change, "element");
    if (!member(change, "part").empty()) std::cout << " " << member(change, "part");
    if (change.contains("value")) std::cout << " = " << value_text(change["value"]);
    std::cout << "\n";
  }
}

namespace {

// Where a person sees more of what the status tells; a command has one name in every language.
std::string command_about(const std::string& what) {
  if (what == "to_decide" || what == "to_know") return "satchel conflicts";
  if (what == "set_aside") return "satchel refused";
  if (what == "scopes_unfit") return "satchel scopes";
  return {};
}

}  // namespace

void print_status(const json& status) {
  std::cout << member(status, "words") << "\n";
  for (const json& detail : status["details"]) {
    std::cout << member(detail, "words");
    const std::string command = command_about(member(detail, "what"));
    if (!command.empty()) std::cout << "  (" << command << ")";
    std::cout << "\n";
  }
}

void print_json(const json& value) { std::cout << dumped(value) << std::endl; }

// ---- progress

std::string bar(uint64_t done, uint64_t total, int width) {
  const uint64_t parts = static_cast<uint64_t>(width);
  const uint64_t full = total == 0 ? 0 : std::min(parts, done >= total ? parts : done * parts / total);
  return "[" + std::string(full, '#') + std::string(parts - full, '-') + "]";
}

std::string bytes_text(uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  const char* units[] = {"kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  for (; value >= 1000 && unit < 3; ++unit) value /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", value, units[unit]);
  return text;
}

ProgressLine::ProgressLine(bool wanted) : on_(wanted && ::isatty(STDERR_FILENO) != 0) {}
ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::show(const std::string& words) {
  if (!on_) return;
  std::cerr << "\r\x1b[K" << words << std::flush;
  drawn_ = true;
}

void ProgressLine::show(const std::string& words, uint64_t done, uint64_t total) {
  if (total == 0) return show(words);
  show(bar(done, total, 30) + " " + std::to_string(std::min<uint64_t>(100, done * 100 / total)) + " % " + words);
}

void ProgressLine::clear() {
  if (drawn_) std::cerr << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace satchel_cli
