#include "tests/kills/journal.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace satchel::kills {
namespace {

using nlohmann::json;

constexpr size_t kWordsMost = 1000;
constexpr std::array<std::string_view, 8> kNames = {"opened",    "begins", "returned", "objected",
                                                    "uncertain", "syncs",  "forked",   "fault"};

}  // namespace

std::string encode(const Line& line) {
  json out = {{"what", kNames[static_cast<size_t>(line.what)]}};
  for (const auto& [mark, scope] : line.marks) out["marks"].push_back({mark, scope.text()});
  for (const ScopeId& scope : line.opens) out["opens"].push_back(scope.text());
  if (!line.words.empty()) out["words"] = line.words.substr(0, kWordsMost);
  return out.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<Line> decode(const std::string& text) {
  const json in = json::parse(text, nullptr, false);
  if (!in.is_object()) return std::nullopt;
  const auto name = std::find(kNames.begin(), kNames.end(), in.value("what", ""));
  if (name == kNames.end()) return std::nullopt;
  Line line;
  line.what = static_cast<Line::What>(name - kNames.begin());
  line.words = in.value("words", "");
  for (const json& mark : in.value("marks", json::array())) {
    const auto scope = ScopeId::parse(mark.at(1).get<std::string>());
    if (!scope) return std::nullopt;
    line.marks.emplace_back(mark.at(0).get<uint32_t>(), *scope);
  }
  for (const json& one : in.value("opens", json::array())) {
    const auto scope = ScopeId::parse(one.get<std::string>());
    if (!scope) return std::nullopt;
    line.opens.push_back(*scope);
  }
  return line;
}

}  // namespace satchel::kills
