#include "core/store/field_history.hpp"

#include <algorithm>

#include "core/merge/resolve.hpp"
#include "core/merge/submit.hpp"
#include "core/merge/text/history.hpp"
#include "core/store/field_index.hpp"
#include "core/store/outbox.hpp"
#include "core/store/overlay.hpp"
#include "proto/codec.hpp"

namespace satchel::store {
namespace {

class Teller {
 public:
  Teller(const model::RecordKey& record, std::string_view field, const model::Field* declared)
      : record_(record), field_(field), declared_(declared) {}

  Result<> tell(const model::Transaction& transaction, const merge::Context& context, bool unsent) {
    for (uint32_t i = 0; i < transaction.ops.size(); ++i) {
      const model::Op& op = transaction.ops[i];
      if (op.field != field_ || op.record != record_.record || op.collection != record_.collection) continue;
      SATCHEL_TRY(merge::apply(state_, op, i, context));
      versions_.push_back(version_of(op, i, context, unsent));
    }
    return {};
  }

  std::vector<FieldVersion> take() {
    show_texts();
    return std::move(versions_);
  }

 private:
  FieldVersion version_of(const model::Op& op, uint32_t index, const merge::Context& context, bool unsent) {
    const model::Header& header = *context.header;
    FieldVersion version;
    version.written = {header.id.replica, header.id.counter, index};
    version.worker = header.origin ? header.origin->worker : header.worker;
    version.author = header.author;
    version.late = header.origin && header.origin->late;
    version.released = header.origin && !header.origin->late;
    version.submitted = op.action == model::Action::submit && !op.settles;
    version.wall_ms = header.wall_ms;
    version.received_ms = context.received_ms;
    version.element = op.element;
    version.part = op.part;
    version.removed = op.action == model::Action::remove;
    version.settles = op.settles;
    version.value = op.value;
    version.reason = op.reason;
    version.unsent = unsent;
    if (op.kind == model::Kind::text) {
      judge_text(version);
    } else {
      judge(version);
    }
    return version;
  }

  // A text is merged with the others', so it stands, unless what was sent in does not have it.
  void judge_text(FieldVersion& version) {
    const merge::FieldState* state = state_.field(field_, model::Kind::text);
    version.rule = merge::resolve(*state, declared_).rule;
    version.stood = merge::in_submitted(*state, version.written.replica, version.written.counter);
    texts_.push_back(versions_.size());
  }

  // A version of a text is the text as its writer left it: with what they had in front of them, and nothing beside it.
  void show_texts() {
    const merge::FieldState* state = state_.field(field_, model::Kind::text);
    const merge::text::Document* document = state == nullptr ? nullptr : state->text.look();
    if (document == nullptr) return;
    merge::text::History history(*document);
    for (const size_t index : texts_) {
      FieldVersion& version = versions_[index];
      const model::Version::Entry written(version.written.replica, version.written.counter);
      version.value = proto::encode_value(history.text_at({}, {&written, 1}));
    }
  }

  // What became of it at that moment: did it stand, and by which rule?
  void judge(FieldVersion& version) const {
    if (!version.element.empty()) {
      version.stood = element_there(version.element) != version.removed;
      version.rule = version.stood ? merge::Rule::only_one : merge::Rule::element_kept;
      return;
    }
    const merge::FieldState* state =
        declared_ != nullptr ? state_.field(field_, declared_->kind) : state_.field(field_);
    if (state == nullptr) return;
    const merge::Resolved resolved = merge::resolve(*state, declared_);
    version.rule = resolved.rule;
    version.stood = std::any_of(resolved.standing.begin(), resolved.standing.end(), [&](const merge::Head* head) {
      return head->replica == version.written.replica && head->counter == version.written.counter &&
             head->index == version.written.index;
    });
  }

  bool element_there(const std::string& id) const {
    const merge::FieldState* state =
        declared_ != nullptr ? state_.field(field_, declared_->kind) : state_.field(field_);
    if (state == nullptr) return false;
    const auto there = merge::elements(*state);
    return std::any_of(there.begin(), there.end(), [&](const merge::Element* element) { return element->id == id; });
  }

  const model::RecordKey& record_;
  std::string_view field_;
  const model::Field* declared_;
  merge::RecordState state_;
  std::vector<FieldVersion> versions_;
  std::vector<size_t> texts_;  // which of them are versions of a text
};

merge::Context context_of(const model::Entry& entry, const model::Header& header) {
  merge::Context context;
  context.header = &header;
  context.ord = entry.envelope.ord;
  context.received_ms = entry.envelope.received_ms;
  context.epoch = entry.envelope.epoch;
  context.position = entry.envelope.position;
  return context;
}

}  // namespace

Result<std::vector<FieldVersion>> field_history(sqlite::Database& db, const model::Schema& schema,
                                                std::string_view organisation, const model::RecordKey& record,
                                                std::string_view field) {
  SATCHEL_ASSIGN(const auto scope, scope_of(db, record.collection, record.record));
  if (!scope) {
    return make_error(Code::not_found, "There is no such record: " + record.record.text() + ".", record.collection);
  }
  Teller teller(record, field, schema.field(record.collection, std::string(field)));
  log::Log log(db);
  const auto tell = [&](const model::Entry& entry, const proto::DecodedTransaction* content) -> Result<bool> {
    if (content != nullptr) {
      SATCHEL_TRY(teller.tell(content->transaction, context_of(entry, content->transaction.header), false));
    }
    return true;
  };
  SATCHEL_TRY(log.each_entry(*scope, tell));
  SATCHEL_ASSIGN(const auto places, places_touching(db, *scope, record));
  SATCHEL_ASSIGN(const model::Version logged, log.version(*scope));
  for (const int64_t place : places) {
    SATCHEL_ASSIGN(const auto row, outbox_at(db, place));
    if (!row || row->waiting || row->slot != model::Slot::content) continue;
    if (logged.includes(row->id.replica, row->id.counter)) continue;  // its answer was lost: the log has it
    SATCHEL_ASSIGN(const auto decoded, decode_row(organisation, *row));
    const merge::Context context = merge_context(*row, decoded.transaction.header);
    SATCHEL_TRY(teller.tell(decoded.transaction, context, row->state == OutboxState::unsent));
  }
  return teller.take();
}

}  // namespace satchel::store
