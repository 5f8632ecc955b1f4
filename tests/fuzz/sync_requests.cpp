#include "tests/fuzz/sync_requests.hpp"

#include "proto/codec.hpp"

namespace satchel::fuzz {

using model::Action;
using model::Kind;
using model::ValueType;

TabletOfChoices::TabletOfChoices(text_test::Choices& choices, const Known& known, const model::Schema& schema)
    : choices_(choices), known_(known), schema_(schema), hands_(known.hands) {}

uint64_t TabletOfChoices::number() {
  static constexpr uint64_t ends[] = {0, 255, 1 << 20, INT64_MAX, uint64_t{1} << 63, UINT64_MAX};
  const uint32_t at = choices_.below(16);
  return at < std::size(ends) ? ends[at] : at - std::size(ends);
}

ScopeId TabletOfChoices::scope() {
  return seldom(16) ? ScopeId{} : pick(known_.scopes);
}

ReplicaId TabletOfChoices::replica() {
  const uint32_t at = choices_.below(16);
  if (at == 15) return ReplicaId{};
  if (at == 14) return ReplicaId{random_128(random_)};
  return at < 3 ? known_.other : known_.replica;
}

model::Version TabletOfChoices::version() {
  model::Version made;
  for (uint32_t left = choices_.below(3); left > 0; --left) {
    const ReplicaId of = replica();
    if (!of.is_nil()) made.set(of, number() & INT64_MAX);
  }
  return made;
}

Hash256 TabletOfChoices::hash(const Hash256& right) {
  Hash256 made = right;
  if (seldom(4)) made.bytes[choices_.below(32)] ^= 1;
  return made;
}

Bytes TabletOfChoices::bent(Bytes bytes) {
  if (!seldom(4)) return bytes;
  for (uint32_t left = 1 + choices_.below(4); left > 0 && !bytes.empty(); --left) {
    const uint32_t at = choices_.below(static_cast<uint32_t>(bytes.size()));
    if (seldom(16)) bytes.resize(at);
    else bytes[at] = static_cast<char>(choices_.below(256));
  }
  return bytes;
}

model::Value TabletOfChoices::value(ValueType type) {
  static const char* const words[] = {"", "Edith", "high", "low", "active",
                                      "closed", "refused", "given", "\xc3\xa9", "V"};
  if (seldom(16)) type = static_cast<ValueType>(choices_.below(9));
  const uint32_t which = choices_.below(8);
  if (which == 7) return model::Null{};
  switch (type) {
    case ValueType::integer: return static_cast<int64_t>(number());
    case ValueType::decimal: return model::Decimal{static_cast<int64_t>(number()), which};
    case ValueType::boolean: return which % 2 == 0;
    case ValueType::date: return model::Date{static_cast<int32_t>(1970 + number() % 100), 1 + which, 1 + which};
    case ValueType::instant: return model::Instant{static_cast<int64_t>(number() >> 18), 60, "Europe/London"};
    case ValueType::code: return model::CodedValue{"sys", words[which], words[which + 1]};
    case ValueType::reference: return model::Reference{"person", known_.records[which % known_.records.size()]};
    case ValueType::blob: return model::BlobReference{Bytes(32, 'b'), number(), "text/plain"};
    case ValueType::text: break;
  }
  return std::string(words[choices_.below(std::size(words))]);
}

model::Op TabletOfChoices::op() {
  const auto& collections = schema_.collections();
  const auto& [name, collection] = pick(collections);
  model::Op op;
  op.collection = name;
  op.record = pick(known_.records);
  op.settles = seldom(16);
  if (seldom(8)) op.reason = "because";
  if (collection.fields.empty() || choices_.below(4) == 0) {
    op.action = Action{1 + choices_.below(3)};
    return op;
  }
  const auto& [field_name, field] = pick(collection.fields);
  op.field = field_name;
  op.kind = seldom(32) ? Kind{choices_.below(12)} : field.kind;
  op.action = Action::assign;
  if (op.kind == Kind::text) {
    op.action = seldom(8) ? Action::submit : Action::edit;
    model::TextEdits made;
    for (uint32_t left = choices_.below(3); left > 0; --left) {
      made.edits.push_back({choices_.below(20), choices_.below(4), choices_.below(4) == 0 ? "" : "word. "});
    }
    if (op.action == Action::edit) op.value = proto::encode_value(made);
    return op;
  }
  ValueType type = field.type;
  if (model::has_elements(op.kind)) {
    op.element = std::string(1, static_cast<char>('a' + choices_.below(3)));
    op.action = choices_.below(3) == 0 ? Action::remove : Action::add;
    if (op.action == Action::add && !field.parts.empty()) {
      const auto& [part, part_type] = pick(field.parts);
      op.part = part;
      type = part_type;
    }
  }
  if (op.action != Action::remove) op.value = bent(proto::encode_value(value(type)));
  return op;
}

model::Header TabletOfChoices::header() {
  model::Header header;
  header.id = {scope(), replica(), 0};
  header.worker = header.id.replica == known_.other || seldom(16) ? "ben" : known_.worker;
  if (seldom(16)) header.author = model::Author{2 + choices_.below(2)};
  header.wall_ms = 1'790'000'000'000 + static_cast<int64_t>(choices_.below(8)) * 1'000'000;
  if (seldom(8)) header.wall_ms = static_cast<int64_t>(number() >> 17);
  if (seldom(8)) header.heard_ms = header.wall_ms + 5 - static_cast<int64_t>(choices_.below(10));
  header.schema_version = seldom(8) ? static_cast<uint32_t>(number()) : schema_.version();
  header.base = version();
  if (seldom(4)) header.shown = version();
  if (seldom(8)) header.verdicts_known = number();
  if (seldom(8)) header.group.bytes[0] = 1;
  if (seldom(16)) header.origin = model::Origin{{scope(), replica(), number()}, "ben", {}, seldom(2)};
  if (seldom(8)) header.opening = model::Opening{seldom(2) ? "case" : "self", seldom(2) ? scope() : ScopeId{}};
  if (header.opening && seldom(2)) header.id.scope.bytes[3] ^= 0x55;
  return header;
}

Bytes TabletOfChoices::transaction() {
  const model::Header of = header();
  Hand& hand = of.id.replica == known_.replica ? hands_[of.id.scope] : hands_of_others_[of.id.scope];
  if (!hand.last.empty() && seldom(8)) return hand.last;  // once more
  if (seldom(16)) {                                       // the place of one that is there, or far ahead
    hand.counter = number() >> 2;
    hand.base = {};
    hand.base.set(of.id.replica, hand.counter == 0 ? 0 : hand.counter - 1);
  }
  std::vector<model::Op> ops;
  for (uint32_t left = 1 + choices_.below(4); left > 0; --left) ops.push_back(op());
  auto made = write(hand, of, std::move(ops), random_);
  return made.ok() ? bent(std::move(*made)) : Bytes();
}

proto::Offer TabletOfChoices::offer() {
  proto::Offer offer;
  offer.scope = scope();
  model::Entry& entry = offer.entry;
  entry.slot = model::Slot{1 + choices_.below(3)};
  entry.id = {offer.scope, replica(), number()};
  entry.base = version();
  entry.envelope.position = number();
  entry.envelope.received_ms = 1'790'000'000'000;
  entry.envelope.ord = number();
  const auto state = known_.states.find(offer.scope);
  if (state != known_.states.end()) entry.envelope.epoch = state->second.epoch;
  if (entry.slot == model::Slot::content) entry.bytes = transaction();
  else entry.reason = "No.";
  return offer;
}

proto::SealedEntry TabletOfChoices::sealed() {
  proto::SealedEntry sealed;
  sealed.scope = scope();
  sealed.epoch.bytes[0] = 1;
  sealed.position = 1 + number() % 4;
  sealed.key_id = Bytes(proto::sealing_key_id_bytes, 'k');
  sealed.content = Bytes(100, 'c');
  return sealed;
}

proto::Push TabletOfChoices::push() {
  proto::Push push;
  switch (choices_.below(16)) {
    case 13: push.offer = offer(); break;
    case 14: push.sealed = sealed(); break;
    case 15: push.refused = true; [[fallthrough]];
    default: push.transaction = transaction();
  }
  return push;
}

proto::Cursor TabletOfChoices::cursor() {
  proto::Cursor cursor;
  cursor.scope = scope();
  const auto found = known_.states.find(cursor.scope);
  const log::ScopeState state = found == known_.states.end() ? log::ScopeState() : found->second;
  if (!seldom(4)) cursor.epoch = state.epoch;
  cursor.position = seldom(3) ? number() : state.head;
  cursor.own_counter = choices_.below(4);
  cursor.log_digest = hash(state.log_digest);
  cursor.state_digest = hash(state.state_digest);
  for (uint32_t left = choices_.below(3); left > 0; --left) {
    cursor.history.push_back({state.epoch, cursor.history.empty() ? 1 : cursor.history.back().first_position + left});
  }
  if (!cursor.epoch && seldom(2)) {
    cursor.snapshot = proto::SnapshotProgress{number() % 4, {}};
    if (seldom(2)) cursor.snapshot->after = {"person", pick(known_.records)};
  }
  return cursor;
}

proto::SyncRequest TabletOfChoices::sync_request() {
  proto::SyncRequest request;
  request.sent_at_ms = 1'790'000'000'000 + (seldom(4) ? static_cast<int64_t>(number() >> 18) : 0);
  for (uint32_t left = choices_.below(4); left > 0; --left) request.cursors.push_back(cursor());
  request.all_cursors = seldom(2);
  for (uint32_t left = choices_.below(5); left > 0; --left) request.push.push_back(push());
  if (seldom(4)) request.budget_bytes = number();
  if (seldom(4)) request.wait_ms = static_cast<uint32_t>(number());
  if (seldom(8)) request.purged.push_back(scope());
  request.schema_version = schema_.version();
  if (seldom(8)) request.urgent.push_back(scope());
  if (seldom(4)) request.grants_version = number();
  if (seldom(8)) request.sealed.push_back({scope(), {}, 1, 1 + number() % 4});
  request.all_sealed = seldom(4);
  if (seldom(4)) {
    const ScopeId of = scope();
    const auto found = known_.states.find(of);
    request.older.push_back({of, number(), hash(found == known_.states.end() ? Hash256() : found->second.log_digest)});
  }
  return request;
}

proto::SessionRequest TabletOfChoices::session_request() {
  proto::SessionRequest request;
  request.replica = replica();
  request.token = bent(known_.token);
  request.secret_proof = Bytes(32, seldom(2) ? 'x' : 'p');
  if (seldom(16)) request.protocol = static_cast<uint32_t>(number());
  return request;
}

}  // namespace satchel::fuzz
