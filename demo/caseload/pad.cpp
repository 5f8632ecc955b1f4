#include "demo/caseload/pad.hpp"

#include <cstdio>

namespace satchel::demo {
namespace {

using nlohmann::json;

std::string uuid_text(uint64_t high, uint64_t low) {
  char text[40];
  std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(high >> 32),
                static_cast<unsigned>(high >> 16 & 0xffff), static_cast<unsigned>(high & 0xffff),
                static_cast<unsigned>(low >> 48), static_cast<unsigned long long>(low & 0xffffffffffff));
  return text;
}

// RFC 9562: the variant stands in the two highest bits of the lower half.
uint64_t with_variant(uint64_t low) { return (low & ~(uint64_t{3} << 62)) | uint64_t{2} << 62; }

std::string record_id(int64_t ms, Dice& dice) {
  const uint64_t high = static_cast<uint64_t>(ms) << 16 | uint64_t{7} << 12 | dice.below(1 << 12);
  return uuid_text(high, with_variant(dice.next()));
}

}  // namespace

std::string scope_id(Dice& dice) {
  const uint64_t high = (dice.next() & ~uint64_t{0xf000}) | uint64_t{4} << 12;
  return uuid_text(high, with_variant(dice.next()));
}

void Pad::open(const std::string& kind, const std::string& parent, const std::string& scope) {
  json opening = {{"kind", kind}, {"scope", scope}};
  if (!parent.empty()) opening["parent"] = parent;
  open_.push_back(std::move(opening));
}

std::string Pad::create(const std::string& collection, json fields, const std::string& scope) {
  const std::string id = record_id(now_, dice_);
  ++records_;
  changes_.push_back({{"action", "create"},
                      {"collection", collection},
                      {"scope", scope.empty() ? scope_ : scope},
                      {"record", id},
                      {"fields", std::move(fields)}});
  return id;
}

void Pad::set(const std::string& collection, const std::string& record, const std::string& field, json value,
              const std::string& reason) {
  json change = {
      {"action", "set"}, {"collection", collection}, {"record", record}, {"field", field}, {"value", std::move(value)}};
  if (!reason.empty()) change["reason"] = reason;
  changes_.push_back(std::move(change));
}

void Pad::commit() {
  if (changes_.empty()) return;
  json commit = {{"changes", std::move(changes_)}};
  if (!open_.empty()) commit["open"] = std::move(open_);
  changes_ = json::array();
  open_ = json::array();
  commits_.push_back(std::move(commit));
}

}  // namespace satchel::demo
