#include <algorithm>

#include "core/merge/resolve.hpp"
#include "proto/codec.hpp"
#include "tests/sim/checks.hpp"

namespace satchel::sim {
namespace {

// What stands in a field, encoded; empty: nothing.
Bytes standing(const merge::RecordState& state, const model::Field& field) {
  const merge::FieldState* found = state.field(field.name, field.kind);
  if (found == nullptr) return {};
  const merge::Resolved resolved = merge::resolve(*found, &field);
  if (resolved.standing.empty()) return {};
  const auto value = proto::decode_value(resolved.standing.front()->value);
  return value.ok() && !std::holds_alternative<model::Null>(*value) ? resolved.standing.front()->value : Bytes();
}

class CheckHeaders final : public Check {
 public:
  const char* name() const override { return "headers"; }

  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    for (const auto& tablet : world.tablets) {
      if (!tablet.running()) continue;
      const auto held = tablet.reader->scopes();
      if (!held.ok()) continue;
      const bool sees_team = std::any_of(held->begin(), held->end(), [&](const auto& scope) {
        return scope.id == world.team && !scope.withdrawn;
      });
      if (!sees_team) continue;
      for (const auto& scope : *held) {
        if (scope.kind == "case" && !scope.withdrawn) look(world, tablet, scope.id, wrong);
      }
    }
    return wrong;
  }

 private:
  static void look(const AtRest& world, const TabletAtRest& tablet, const ScopeId& scope,
                   std::vector<std::string>& wrong) {
    const auto known = world.known->find(scope);
    if (known == world.known->end()) return;
    for (const model::RecordKey& key : known->second) {
      const model::Collection* collection = tablet.schema().collection(key.collection);
      if (collection == nullptr || !collection->header) continue;
      const auto record = tablet.record(key);
      if (!record.ok()) continue;
      const std::string about = tablet.name + " in " + world.name_of_scope(scope) + ": the header of " +
                                key.collection + " " + key.record.text() + " ";
      compare(tablet, scope, *collection, key, record->has_value() ? &(*record)->state : nullptr, about, wrong);
    }
  }

  static void compare(const TabletAtRest& tablet, const ScopeId& scope, const model::Collection& collection,
                      const model::RecordKey& key, const merge::RecordState* of, const std::string& about,
                      std::vector<std::string>& wrong) {
    const std::string& name = collection.header->collection;
    const RecordId id{uuid_v8(name, scope.text(), key.record.text())};
    const auto header = tablet.record({name, id});
    if (!header.ok()) return;
    const bool wanted = of != nullptr && of->present();
    const bool there = header->has_value() && (*header)->state.present();
    if (wanted != there) wrong.push_back(about + (there ? "is there, but not what it is of" : "is missing"));
    if (!wanted || !there) return;
    for (const std::string& field : collection.header->fields) {
      const Bytes value = standing(*of, collection.fields.at(field));
      const model::Field* in_header = tablet.schema().field(name, field);
      if (in_header == nullptr || standing((*header)->state, *in_header) == value) continue;
      wrong.push_back(about + "says something else in " + field);
    }
  }
};

}  // namespace

std::unique_ptr<Check> check_headers() { return std::make_unique<CheckHeaders>(); }

}  // namespace satchel::sim
