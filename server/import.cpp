#include "server/import.hpp"

#include "core/merge/resolve.hpp"
#include "core/merge/text/diff.hpp"
#include "core/model/json_value.hpp"
#include "core/model/limits.hpp"
#include "server/own_writes.hpp"

namespace satchel::server {
namespace {

constexpr const char* collection_name = "service";
constexpr size_t bytes_per_transaction = 1 << 20;
constexpr size_t ops_per_transaction = 2000;

model::Op op_on(const RecordId& record, model::Action action) {
  model::Op op;
  op.collection = collection_name;
  op.record = record;
  op.action = action;
  return op;
}

Result<Bytes> encoded_value(const model::Field& field, const DirectoryService& service, const std::string& text) {
  const std::string place = "service " + service.source_id + ", " + field.name;
  auto value = model::value_from_text(text, field.type, place);
  if (!value.ok()) return value.error();
  return proto::encode_value(*value);
}

// What the record shows for the field now; empty: nothing.
Bytes standing_value(const merge::RecordState& state, const model::Field& field) {
  const merge::FieldState* written = state.field(field.name, field.kind);
  if (written == nullptr) return {};
  const merge::Resolved resolved = merge::resolve(*written, &field);
  return resolved.standing.empty() ? Bytes() : resolved.standing.front()->value;
}

// The centre has everything in front of it.
Result<> as_edits(model::Op& op, const merge::RecordState& state) {
  const merge::FieldState* written = state.field(op.field, op.kind);
  SATCHEL_ASSIGN(const model::Value value, proto::decode_value(op.value));
  const auto* text = std::get_if<std::string>(&value);
  op.action = model::Action::edit;
  op.value = proto::encode_value(
      model::TextEdits{merge::text::diff(written == nullptr ? "" : written->text.plain(), text == nullptr ? "" : *text)});
  return {};
}

Result<std::vector<model::Op>> changes_of(const model::Collection& collection, const DirectoryService& service,
                                          const merge::RecordState& state) {
  const RecordId record = service_record(service.source_id);
  std::vector<model::Op> ops;
  if (!state.created()) ops.push_back(op_on(record, model::Action::create));
  if (state.created() && !state.present()) ops.push_back(op_on(record, model::Action::restore));
  for (const auto& [name, field] : collection.fields) {
    const auto text = service.fields.find(name);
    Bytes value;
    if (text != service.fields.end()) {
      SATCHEL_ASSIGN(value, encoded_value(field, service, text->second));
    }
    if (value == standing_value(state, field)) continue;
    model::Op op = op_on(record, model::Action::assign);
    op.field = name;
    op.kind = field.kind;
    op.value = std::move(value);
    if (field.kind == model::Kind::text) SATCHEL_TRY(as_edits(op, state));
    ops.push_back(std::move(op));
  }
  return ops;
}

Result<> write_batch(Work& work, log::ScopeKey scope, std::vector<model::Op>& ops) {
  if (ops.empty()) return {};
  OwnWrite write;
  write.ops = std::move(ops);
  ops.clear();
  write.worker = centre_worker;
  write.wall_ms = write.heard_ms = work.centre().clock().wall_ms();
  return write_own(work, scope, std::move(write));
}

}  // namespace

RecordId service_record(std::string_view source_id) {
  return RecordId{uuid_v8("open-referral-service", source_id, "")};
}

Result<uint64_t> import_services(Work& work, log::ScopeKey scope, const std::vector<DirectoryService>& services) {
  Centre& centre = work.centre();
  const model::Collection* collection = centre.schema().collection(collection_name);
  if (collection == nullptr) return make_error(Code::invalid, "The schema has no collection \"service\".", "schema");
  uint64_t changed = 0;
  std::vector<model::Op> batch;
  size_t bytes = 0;
  for (const DirectoryService& service : services) {
    const model::RecordKey key{collection_name, service_record(service.source_id)};
    SATCHEL_ASSIGN(const auto encoded, centre.log().record_state(scope, key));
    merge::RecordState state;
    if (encoded) {
      SATCHEL_ASSIGN(state, merge::decode(*encoded));
    }
    SATCHEL_ASSIGN(auto ops, changes_of(*collection, service, state));
    if (ops.empty()) continue;
    ++changed;
    for (model::Op& op : ops) {
      bytes += op.value.size() + 128;
      batch.push_back(std::move(op));
    }
    if (batch.size() < ops_per_transaction && bytes < bytes_per_transaction) continue;
    SATCHEL_TRY(write_batch(work, scope, batch));
    bytes = 0;
  }
  SATCHEL_TRY(write_batch(work, scope, batch));
  return changed;
}

}  // namespace satchel::server
