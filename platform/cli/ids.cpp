#include <set>

#include "platform/cli/commands.hpp"

namespace satchel_cli {
namespace {

using nlohmann::json;

constexpr size_t whole = 36;  // characters of an id
constexpr size_t least = 4;

bool fits(const std::string& id, const std::string& given) {
  if (id.size() < given.size()) return false;
  return id.compare(0, given.size(), given) == 0 || id.compare(id.size() - given.size(), given.size(), given) == 0;
}

std::string only_one(const std::set<std::string>& found, const std::string& what, const std::string& given) {
  if (found.empty()) throw Failure(SATCHEL_NOT_FOUND, "There is no " + what + " \"" + given + "\" in this store.");
  if (found.size() == 1) return *found.begin();
  std::string message = "More than one " + what + " fits \"" + given + "\". Give more of the id:";
  size_t shown = 0;
  for (const std::string& id : found) {
    if (++shown > 5) break;
    message += "\n  " + id;
  }
  throw Failure(SATCHEL_INVALID, message);
}

}  // namespace

std::string full_record_id(Store& store, const std::string& collection, const std::string& given) {
  if (given.size() >= whole) return given;
  if (given.size() < least) {
    throw Failure(SATCHEL_INVALID, "Give at least " + std::to_string(least) + " characters of the id: \"" + given + "\".");
  }
  std::set<std::string> found;
  json query = {{"collection", collection}, {"limit", 1000}, {"include_voided", true}};
  for (;;) {
    const json page = store.query(query);
    for (const json& record : page["records"]) {
      const std::string id = record["id"];
      if (fits(id, given)) found.insert(id);
    }
    query["after"] = page["next"];
    if (page["next"] == "") return only_one(found, collection, given);
  }
}

std::string full_scope_id(Store& store, const std::string& given) {
  std::set<std::string> labelled, found;
  for (const json& scope : store.scopes()) {
    const std::string id = scope["id"];
    if (id == given) return id;
    if (scope["label"] == given) labelled.insert(id);
    if (given.size() >= least && fits(id, given)) found.insert(id);
  }
  if (!labelled.empty()) return only_one(labelled, "scope", given);
  // A whole id that is not known here: the library says what is wrong with it.
  return found.empty() && given.size() >= whole ? given : only_one(found, "scope", given);
}

}  // namespace satchel_cli
