// A record: its presence and its fields.
#include "core/merge/record.hpp"

#include <algorithm>
#include <tuple>

#include "core/merge/kinds.hpp"

namespace satchel::merge {
namespace {

using model::Action;
using model::Kind;

void apply_to_record(RecordState& state, const Arrival& arrival) {
  switch (arrival.op.action) {
    case Action::create:
      return merge_heads(state.creates, arrival);
    case Action::void_:
      state.presence.remove(arrival.header().shown, arrival.id().replica, arrival.id().counter);
      erase_seen(state.restores, arrival);
      return merge_heads(state.voids, arrival);
    default:  // restore
      erase_seen(state.voids, arrival);
      return merge_heads(state.restores, arrival);
  }
}

void apply_to_field(FieldState& field, const Arrival& arrival) {
  switch (field.kind) {
    case Kind::set:
    case Kind::list: return merge_set(field.elements, arrival);
    case Kind::text: return merge_text(field, arrival);
    case Kind::state: return merge_state(field.heads, arrival);
    case Kind::frozen: return merge_frozen(field.heads, arrival);
    case Kind::server: return merge_server(field.heads, arrival);
    default: return merge_heads(field.heads, arrival);
  }
}

using FieldKey = std::pair<std::string_view, Kind>;

bool before(const FieldState& field, const FieldKey& key) { return FieldKey(field.name, field.kind) < key; }

}  // namespace

FieldState& field_of(std::vector<FieldState>& fields, std::string_view name, Kind kind) {
  const auto at = std::lower_bound(fields.begin(), fields.end(), FieldKey(name, kind), before);
  if (at != fields.end() && at->kind == kind && at->name == name) return *at;
  FieldState field;
  field.name = name;
  field.kind = kind;
  return *fields.insert(at, std::move(field));
}

const FieldState* RecordState::field(std::string_view name) const {
  const auto at = std::lower_bound(fields.begin(), fields.end(), FieldKey(name, Kind::none), before);
  return at != fields.end() && at->name == name ? &*at : nullptr;
}

const FieldState* RecordState::field(std::string_view name, Kind kind) const {
  const auto at = std::lower_bound(fields.begin(), fields.end(), FieldKey(name, kind), before);
  return at != fields.end() && at->name == name && at->kind == kind ? &*at : nullptr;
}

Result<> fits(const RecordState& state, const model::Op& op, const model::Header& header) {
  if (op.kind != Kind::text || is_record_op(op)) return {};
  const FieldState* const field = state.field(op.field, op.kind);
  return field == nullptr ? Result<>() : text_fits(*field, header);
}

Result<> apply(RecordState& state, const model::Op& op, uint32_t index, const Context& context) {
  SATCHEL_CHECK(context.header != nullptr);
  SATCHEL_TRY(fits(state, op, *context.header));
  const Arrival arrival{op, index, context};
  if (touches_record(op, arrival.header())) state.presence.touch(arrival.id().replica, arrival.id().counter);
  if (is_record_op(op)) {
    apply_to_record(state, arrival);
  } else {
    apply_to_field(field_of(state.fields, op.field, op.kind), arrival);
  }
  return {};
}

}  // namespace satchel::merge
