#include "tests/sim/schemas.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/domain_schema.hpp"

namespace satchel::sim {
namespace {

using nlohmann::json;

const std::set<std::string> kEachKind = {"person",    "episode",    "plan", "goal", "attempt",
                                         "encounter", "visit_note", "risk", "task", "case_header"};

void drop_fields_that_lead_out(json& all) {
  for (auto& collection : all) {
    json& fields = collection["fields"];
    for (auto it = fields.begin(); it != fields.end();) {
      const auto leads = it->find("references");
      it = leads != it->end() && !all.contains(*leads) ? fields.erase(it) : std::next(it);
    }
    if (!collection.contains("header")) continue;
    json& shown = collection["header"]["fields"];
    for (size_t i = shown.size(); i-- > 0;) {
      if (!fields.contains(shown[i].get<std::string>())) shown.erase(i);
    }
  }
}

}  // namespace

std::string schema_of(Collections collections) {
  json schema = json::parse(test::domain_schema_text());
  json& all = schema["collections"];
  for (auto it = all.begin(); it != all.end() && collections == Collections::each_kind;) {
    it = kEachKind.count(it.key()) != 0 ? std::next(it) : all.erase(it);
  }
  if (collections == Collections::each_kind) drop_fields_that_lead_out(all);
  return schema.dump();
}

std::string grown(const std::string& text) {
  json schema = json::parse(text);
  schema["version"] = schema["version"].get<int>() + 1;
  schema["collections"]["person"]["fields"]["nickname"] = {{"kind", "keep_all"}, {"type", "text"}};
  return schema.dump();
}

}  // namespace satchel::sim
