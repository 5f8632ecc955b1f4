#include <algorithm>

#include "core/merge/resolve.hpp"
#include "proto/codec.hpp"
#include "tests/sim/checks.hpp"

namespace satchel::sim {
namespace {

struct Assignment {
  const ReadEntry* read = nullptr;
  size_t index = 0;
  const model::Op& op() const { return read->ops[index]; }
};

// By the design's words, not by core/merge: an op is superseded by one that was shown it.
bool saw(const Assignment& later, const Assignment& earlier) {
  if (later.read == earlier.read) return later.index > earlier.index;
  return later.read->header.shown.includes(earlier.read->header.id.replica, earlier.read->header.id.counter);
}

int rank(const model::Field& field, const Bytes& encoded) {
  const auto value = proto::decode_value(encoded);
  if (encoded.empty() || !value.ok() || std::holds_alternative<model::Null>(*value)) return -1;
  if (const auto* on = std::get_if<bool>(&*value)) return *on ? 1 : 0;
  const auto* level = std::get_if<std::string>(&*value);
  if (level == nullptr) return -1;
  const auto found = std::find(field.levels.begin(), field.levels.end(), *level);
  return static_cast<int>(found - field.levels.begin());
}

class CheckAlarms final : public Check {
 public:
  const char* name() const override { return "alarms"; }

  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    for (const ReadScope& scope : world.centre->scopes()) {
      std::map<std::pair<model::RecordKey, std::string>, std::vector<Assignment>> fields;
      for (const ReadEntry& read : scope.entries) {
        for (size_t i = 0; i < read.ops.size(); ++i) {
          const model::Op& op = read.ops[i];
          if (op.kind != model::Kind::severity && op.kind != model::Kind::restrictive) continue;
          fields[{{op.collection, op.record}, op.field}].push_back({&read, i});
        }
      }
      for (const auto& [key, all] : fields) look(world, scope.state.id, key.first, key.second, all, wrong);
    }
    return wrong;
  }

 private:
  static void look(const AtRest& world, const ScopeId& scope, const model::RecordKey& record, const std::string& name,
                   const std::vector<Assignment>& all, std::vector<std::string>& wrong) {
    for (const auto& tablet : world.tablets) {
      if (!tablet.running()) continue;
      const model::Field* field = tablet.schema().field(record.collection, name);
      if (field == nullptr || field->type == model::ValueType::date) continue;
      const auto shown = tablet.record(record);
      if (!shown.ok() || !*shown) continue;
      int expected = -1;
      for (const Assignment& one : all) {
        const bool superseded = std::any_of(all.begin(), all.end(), [&](const Assignment& other) {
          return (other.read != one.read || other.index != one.index) && saw(other, one);
        });
        if (!superseded) expected = std::max(expected, rank(*field, one.op().value));
      }
      int stands = -1;
      if (const auto* state = (*shown)->state.field(name, field->kind)) {
        for (const merge::Head* head : merge::resolve(*state, field).standing)
          stands = std::max(stands, rank(*field, head->value));
      }
      if (stands == expected) continue;
      wrong.push_back(tablet.name + " shows " + record.collection + "." + name + " of " + record.record.text() +
                      " in " + world.name_of_scope(scope) + " at " + std::to_string(stands) +
                      " where what nobody was shown to lower stands at " + std::to_string(expected));
    }
  }
};

}  // namespace

std::unique_ptr<Check> check_alarms() { return std::make_unique<CheckAlarms>(); }

}  // namespace satchel::sim
