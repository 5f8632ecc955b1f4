#include "platform/c/json_in.hpp"

#include "core/model/json_value.hpp"
#include "platform/c/draft.hpp"
#include "platform/c/json_object.hpp"
#include "platform/c/values.hpp"

namespace satchel::abi {
namespace {

using nlohmann::json;

Result<> parse_opening(const json& value, const std::string& pointer, store::Draft& draft, Random& random) {
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(value, pointer));
  SATCHEL_ASSIGN(const auto given, object.id_or_none<ScopeId>("scope"));
  const ScopeId scope = given.value_or(ScopeId{random_128(random)});
  model::Opening opening;
  SATCHEL_ASSIGN(opening.kind, object.text("kind"));
  SATCHEL_ASSIGN(const auto parent, object.id_or_none<ScopeId>("parent"));
  opening.parent = parent.value_or(ScopeId{});
  draft.open.emplace_back(scope, std::move(opening));
  return object.no_others();
}

// A decision about a thing that one person put away and another changed, as the change that it is. Of a text that was
// sent in: that it stays so.
Result<json> keep_to_change(JsonObject& object, const json& decision) {
  json change = decision;
  for (const char* extra : {"shown", "keep"}) change.erase(extra);
  SATCHEL_ASSIGN(const bool keep, object.flag_or("keep", true));
  const bool element = change.contains("element");
  const bool text = !element && change.contains("field");
  if (text && !keep) return object.wrong("keep", "What stands in a field cannot be taken away: give the \"value\".");
  if (text) {
    change["action"] = "submit";
    return change;
  }
  change["action"] = element ? (keep ? "add" : "remove") : (keep ? "restore" : "void");
  return change;
}

Result<json> decision_to_change(JsonObject& object, const json& decision) {
  if (object.find("keep") != nullptr) return keep_to_change(object, decision);
  json change = decision;
  change.erase("shown");
  const auto part = change.find("part");
  if (part != change.end() && part->is_string() && change.contains("value")) {
    change["parts"] = json{{part->get<std::string>(), change["value"]}};
    change.erase("value");
    change.erase("part");
    change["action"] = "add";
  } else {
    change["action"] = change.contains("element") ? "add" : "set";
  }
  return change;
}

}  // namespace

Result<ParsedDraft> parse_draft(std::string_view text, const DraftContext& context) {
  SATCHEL_ASSIGN(const json parsed, parse_json(text));
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(parsed, ""));
  DraftBuilder builder(context, false);
  SATCHEL_ASSIGN(builder.draft().shown, object.text_or("shown", {}));
  SATCHEL_ASSIGN(const json* openings, object.array_or_null("open"));
  SATCHEL_ASSIGN(const json* changes, object.array_or_null("changes"));
  SATCHEL_TRY(object.no_others());
  for (size_t i = 0; openings != nullptr && i < openings->size(); ++i) {
    SATCHEL_TRY(parse_opening((*openings)[i], "/open/" + std::to_string(i), builder.draft(), context.random));
  }
  for (size_t i = 0; changes != nullptr && i < changes->size(); ++i) {
    SATCHEL_TRY(builder.add((*changes)[i], "/changes/" + std::to_string(i)));
  }
  return builder.take();
}

Result<ParsedDraft> parse_decision(std::string_view text, const DraftContext& context) {
  SATCHEL_ASSIGN(const json parsed, parse_json(text));
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(parsed, ""));
  // Without it the decision would count as informed of what arrived since the person looked.
  SATCHEL_ASSIGN(const std::string shown, object.text("shown"));
  SATCHEL_ASSIGN(const json change, decision_to_change(object, parsed));
  DraftBuilder builder(context, true);
  SATCHEL_TRY(builder.add(change, ""));
  builder.draft().shown = shown;
  return builder.take();
}

}  // namespace satchel::abi
