#include "tests/sim/people.hpp"

#include <algorithm>

#include "core/merge/list.hpp"
#include "core/merge/resolve.hpp"
#include "proto/codec.hpp"

namespace satchel::sim {
namespace {

using model::Action;
using model::Kind;

constexpr int64_t kTries = 6;

std::string some_words(Dice& dice) {
  static const std::vector<std::string> words = {"tea",   "garden", "bus pass", "Llŷr",  "lonely", "stairs", "choir",
                                                 "debt",  "cat",    "warm",     "walk",  "letter", "damp",   "knees",
                                                 "sings", "shy",    "Tuesday",  "phone", "soup",   "café"};
  std::string text = dice.pick(words);
  for (int64_t i = dice.between(0, 4); i > 0; --i) text += " " + dice.pick(words);
  return text;
}

model::Date some_date(Dice& dice) {
  return {static_cast<int32_t>(dice.between(2026, 2027)), static_cast<uint32_t>(dice.between(1, 12)),
          static_cast<uint32_t>(dice.between(1, 28))};
}

RecordId new_id(const Desk& desk, Dice& dice) {
  return RecordId{uuid_v7(std::max<int64_t>(desk.wall_ms, 0), dice)};
}

model::Value some_value(model::ValueType type, const model::Field* field, const ScopeId& scope,
                        const KnownRecords& known, Dice& dice) {
  switch (type) {
    case model::ValueType::text:
      if (field != nullptr && !field->levels.empty()) return dice.pick(field->levels);
      return some_words(dice);
    case model::ValueType::integer:
      return dice.between(-5, 100);
    case model::ValueType::decimal:
      return model::Decimal{dice.between(0, 10'000), 2};
    case model::ValueType::boolean:
      return dice.chance(500);
    case model::ValueType::date:
      return some_date(dice);
    case model::ValueType::instant:
      return model::Instant{kBeginning + dice.between(0, 30 * kDay), 60, "Europe/London"};
    case model::ValueType::code: {
      const std::string code = std::to_string(dice.between(1, 6));
      return model::CodedValue{"snomed", code, "code " + code};
    }
    case model::ValueType::blob: {
      Bytes hash(32, '\0');
      dice.fill(hash.data(), hash.size());
      return model::BlobReference{hash, 1000, "image/jpeg"};
    }
    case model::ValueType::reference:
      break;
  }
  const auto found = known.find(scope);
  if (field != nullptr && found != known.end() && !found->second.empty()) {
    for (int64_t i = 0; i < kTries; ++i) {
      const model::RecordKey& key = dice.pick(found->second);
      if (key.collection == field->references) return model::Reference{key.collection, key.record};
    }
  }
  RecordId id;
  dice.fill(id.bytes.data(), id.bytes.size());
  return model::Reference{field == nullptr || field->references.empty() ? "person" : field->references, id};
}

std::string label_of(const merge::Head& head) {
  const auto value = proto::decode_value(head.value);
  const auto* text = value.ok() ? std::get_if<std::string>(&*value) : nullptr;
  return text == nullptr ? std::string() : *text;
}

// The changes of one draft to one record.
class Maker {
 public:
  Maker(const ScopeId& scope, const model::RecordKey& key, const merge::RecordState* seen, const KnownRecords& known,
        Dice& dice)
      : scope_(scope), key_(key), seen_(seen), known_(known), dice_(dice) {}

  void create() { add_op(Action::create, nullptr); }
  void act(Action action) { add_op(action, nullptr); }

  // False: this field cannot be written now.
  bool change(const model::Field& field) {
    switch (field.kind) {
      case Kind::register_:
      case Kind::keep_all:
      case Kind::severity:
      case Kind::restrictive:
        return assign(field, dice_.chance(30) ? model::Value{} : some_value(field.type, &field, scope_, known_, dice_));
      case Kind::text:
        return write_text(field);
      case Kind::set:
        return change_set(field);
      case Kind::list:
        return change_list(field);
      case Kind::state:
        return move(field);
      case Kind::frozen:
        if (state(field) != nullptr && !state(field)->heads.empty()) return false;
        return assign(field, some_value(field.type, &field, scope_, known_, dice_));
      default:
        return false;
    }
  }

  bool assign(const model::Field& field, const model::Value& value, bool settles = false) {
    model::Op& op = add_op(Action::assign, &field);
    if (!std::holds_alternative<model::Null>(value)) op.value = proto::encode_value(value);
    op.settles = settles;
    return true;
  }

  // "I have seen what came after this was sent in."
  void keep_submitted(const model::Field& field) { add_op(Action::submit, &field).settles = true; }

  store::Draft take() { return std::move(draft_); }

 private:
  const merge::FieldState* state(const model::Field& field) const {
    return seen_ == nullptr ? nullptr : seen_->field(field.name, field.kind);
  }

  // A whole new one, which the store compares with what was shown. Now and then it is sent in with that, and then no more.
  bool write_text(const model::Field& field) {
    if (state(field) != nullptr && !state(field)->submits.empty()) return false;
    assign(field, dice_.chance(30) ? model::Value{} : some_value(field.type, &field, scope_, known_, dice_));
    if (!field.amends.empty() && dice_.chance(200)) add_op(Action::submit, &field);
    return true;
  }

  bool move(const model::Field& field) {
    std::vector<std::string> from;
    if (state(field) != nullptr) {
      for (const merge::Head* head : merge::resolve(*state(field), &field).standing) from.push_back(label_of(*head));
    }
    if (from.empty()) from.push_back("");
    std::vector<std::string> to;
    for (const auto& [a, b] : field.transitions) {
      if (std::find(from.begin(), from.end(), a) != from.end()) to.push_back(b);
    }
    if (to.empty()) return false;
    return assign(field, dice_.pick(to));
  }

  bool change_set(const model::Field& field) {
    std::vector<std::string> there;
    if (state(field) != nullptr) {
      for (const merge::Element* element : merge::elements(*state(field))) there.push_back(element->id);
    }
    if (!there.empty() && dice_.chance(400)) {
      add_op(Action::remove, &field).element = dice_.pick(there);
      return true;
    }
    if (field.parts.empty()) {
      const std::string code = std::to_string(dice_.between(1, 6));
      model::Op& op = add_op(Action::add, &field);
      op.element = "snomed|" + code;
      op.value = field.type == model::ValueType::code
                     ? proto::encode_value(model::CodedValue{"snomed", code, "code " + code})
                     : proto::encode_value(some_value(field.type, nullptr, scope_, known_, dice_));
      return true;
    }
    const std::string element =
        !there.empty() && dice_.chance(500) ? dice_.pick(there) : RecordId{random_128(dice_)}.text();
    for (const auto& [part, type] : field.parts) {
      if (dice_.chance(500)) continue;
      model::Op& op = add_op(Action::add, &field);
      op.element = element;
      op.part = part;
      op.value = proto::encode_value(some_value(type, nullptr, scope_, known_, dice_));
    }
    return true;
  }

  // Removes one, puts one somewhere else, or adds one somewhere.
  bool change_list(const model::Field& field) {
    const merge::FieldState none;
    const merge::FieldState& now = state(field) == nullptr ? none : *state(field);
    std::vector<std::string> order;
    for (const merge::Element* element : merge::elements(now)) order.push_back(element->id);
    if (!order.empty() && dice_.chance(250)) {
      add_op(Action::remove, &field).element = dice_.pick(order);
      return true;
    }
    std::string moved = RecordId{random_128(dice_)}.text();
    if (order.size() > 1 && dice_.chance(600)) {
      moved = dice_.pick(order);
      std::erase(order, moved);
    } else {
      model::Op& op = add_op(Action::add, &field);
      op.element = moved;
      op.value = proto::encode_value(some_value(field.type, &field, scope_, known_, dice_));
    }
    order.insert(order.begin() + dice_.between(0, static_cast<int64_t>(order.size())), moved);
    for (const merge::Placed& placed : merge::fewest_moves(now, order, {moved}, dice_)) {
      model::Op& op = add_op(Action::add, &field);
      op.element = placed.element;
      op.part = model::place_part;
      op.value = proto::encode_value(placed.place);
    }
    return true;
  }

  model::Op& add_op(Action action, const model::Field* field) {
    store::Change change;
    change.scope = scope_;
    change.op.collection = key_.collection;
    change.op.record = key_.record;
    change.op.action = action;
    if (field != nullptr) {
      change.op.field = field->name;
      change.op.kind = field->kind;
    }
    draft_.changes.push_back(std::move(change));
    return draft_.changes.back().op;
  }

  const ScopeId scope_;
  const model::RecordKey key_;
  const merge::RecordState* seen_;
  const KnownRecords& known_;
  Dice& dice_;
  store::Draft draft_;
};

void change_some(Maker& maker, const model::Collection& collection, Dice& dice, int64_t most) {
  std::vector<const model::Field*> fields;
  for (const auto& [name, field] : collection.fields) fields.push_back(&field);
  int64_t left = dice.between(1, most);
  for (int64_t tries = 0; tries < 3 * kTries && left > 0 && !fields.empty(); ++tries) {
    const size_t at = static_cast<size_t>(dice.below(fields.size()));
    if (maker.change(*fields[at])) --left;
    fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

}  // namespace

std::optional<ScopeId> some_scope(const Desk& desk, Dice& dice, const std::string& kind) {
  const auto scopes = desk.reader.scopes();
  if (!scopes.ok()) return std::nullopt;
  std::vector<ScopeId> fit;
  for (const auto& scope : *scopes) {
    const bool wanted = kind.empty() ? scope.kind != "team" : scope.kind == kind;
    if (wanted && !scope.withdrawn && scope.role != "reader") fit.push_back(scope.id);
  }
  if (fit.empty()) return std::nullopt;
  return dice.pick(fit);
}

std::optional<store::Record> some_record(const Desk& desk, const KnownRecords& known, Dice& dice) {
  std::vector<const std::vector<model::RecordKey>*> scopes;
  for (const auto& [scope, keys] : known) {
    if (!keys.empty()) scopes.push_back(&keys);
  }
  for (int64_t i = 0; i < kTries && !scopes.empty(); ++i) {
    const auto& keys = *dice.pick(scopes);
    // What was written lately is looked at most.
    const size_t from = dice.chance(600) && keys.size() > 4 ? keys.size() - 4 : 0;
    const model::RecordKey& key = keys[from + static_cast<size_t>(dice.below(keys.size() - from))];
    auto record = desk.reader.record(key.collection, key.record);
    if (record.ok() && *record) return std::move(**record);
  }
  return std::nullopt;
}

store::Draft new_record(const Desk& desk, const ScopeId& scope, const std::string& kind, const KnownRecords& known,
                        Dice& dice) {
  std::vector<const model::Collection*> fit;
  for (const auto& [name, collection] : desk.reader.schema().collections()) {
    const auto& homes = collection.scopes;
    if (collection.server_only || std::find(homes.begin(), homes.end(), kind) == homes.end()) continue;
    fit.push_back(&collection);
  }
  if (fit.empty()) return {};
  const model::Collection& collection = *dice.pick(fit);
  Maker maker(scope, {collection.name, new_id(desk, dice)}, nullptr, known, dice);
  maker.create();
  change_some(maker, collection, dice, 4);
  return maker.take();
}

store::Draft change_record(const Desk& desk, const ScopeId& scope, const model::RecordKey& key,
                           const merge::RecordState& seen, const KnownRecords& known, Dice& dice) {
  const model::Collection* collection = desk.reader.schema().collection(key.collection);
  if (collection == nullptr || collection->append_only || !seen.present()) return {};
  Maker maker(scope, key, &seen, known, dice);
  change_some(maker, *collection, dice, 3);
  return maker.take();
}

store::Draft remove_or_restore(const ScopeId& scope, const model::RecordKey& key, const merge::RecordState& seen) {
  const KnownRecords none;
  Dice unused(0);
  Maker maker(scope, key, &seen, none, unused);
  maker.act(seen.present() ? Action::void_ : Action::restore);
  return maker.take();
}

std::optional<std::pair<store::Draft, model::RecordKey>> settle(const Desk& desk, Dice& dice) {
  auto inbox = desk.reader.conflicts();
  if (!inbox.ok()) return std::nullopt;
  std::erase_if(*inbox, [](const store::InboxEntry& entry) {
    return entry.conflict.field.empty() || !entry.conflict.element.empty() || entry.conflict.standing.empty();
  });
  if (inbox->empty()) return std::nullopt;
  const store::InboxEntry& entry = dice.pick(*inbox);
  const model::Field* field = desk.reader.schema().field(entry.record.collection, entry.conflict.field);
  if (field == nullptr || field->kind == Kind::server || field->kind == Kind::frozen) return std::nullopt;
  const auto value = proto::decode_value(dice.pick(entry.conflict.standing).value);
  if (!value.ok()) return std::nullopt;
  const KnownRecords none;
  Maker maker(entry.scope, entry.record, nullptr, none, dice);
  if (entry.conflict.rule == merge::Rule::submitted) {
    maker.keep_submitted(*field);
  } else {
    maker.assign(*field, *value, true);
  }
  return std::pair(maker.take(), entry.record);
}

store::Draft set_risk(const ScopeId& scope, const model::RecordKey& risk, Dice& dice) {
  static const std::vector<std::string> levels = {"none_known", "low", "medium", "high", "high"};
  store::Change change;
  change.scope = scope;
  change.op.collection = risk.collection;
  change.op.record = risk.record;
  change.op.field = "level";
  change.op.kind = Kind::severity;
  change.op.action = Action::assign;
  change.op.value = proto::encode_value(dice.pick(levels));
  store::Draft draft;
  draft.changes.push_back(std::move(change));
  return draft;
}

}  // namespace satchel::sim
