#include "core/store/commit.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/log/ord.hpp"
#include "core/model/limits.hpp"
#include "core/store/arrivals.hpp"
#include "core/store/field_index.hpp"
#include "core/store/legality.hpp"
#include "core/store/own_ids.hpp"
#include "core/store/overlay.hpp"
#include "core/store/text_edits.hpp"

namespace satchel::store {
namespace {

struct Judged {
  std::optional<merge::RecordState> state;
  bool creates = false, restores = false;
};

// What the draft does in one scope.
struct Part {
  HeldScope scope;
  std::optional<model::Opening> opening;
  std::vector<model::Op> ops;
  std::vector<bool> utf16;  // of each op: how its edits of a text count
  Writer writer;
  model::Version base, shown;
  std::map<model::RecordKey, Judged> records;
};

class Commit {
 public:
  Commit(Work& work, const Draft& draft) : work_(work), draft_(draft) {}
  Result<Receipt> run();

 private:
  Result<> open_scopes();
  Result<> open_scope(const ScopeId& id, const model::Opening& opening);
  Result<> sort_changes();
  Result<Part*> part_of(const ScopeId& id, const std::string& place);
  Result<ScopeId> scope_of_change(const Change& change);
  Result<> load_versions(Part& part);
  Result<> load_records(Part& part);
  Result<> make_edits(Part& part);
  Result<> check(const Part& part);
  Result<> write(Part& part, Receipt& receipt);
  Result<uint64_t> guess_ord(const Part& part);
  Result<model::Header> header_of(const Part& part);

  Work& work_;
  const Draft& draft_;
  std::optional<uint64_t> token_seq_;
  std::vector<std::unique_ptr<Part>> parts_;
  GroupId group_;
};

Result<> Commit::open_scope(const ScopeId& id, const model::Opening& opening) {
  const std::string place = "open." + opening.kind;
  const auto& kinds = work_.schema.scopes();
  const auto kind = kinds.find(opening.kind);
  if (id.is_nil()) return make_error(Code::invalid, "A new scope needs an id.", place);
  if (kind == kinds.end()) return make_error(Code::invalid, "The schema has no scope \"" + opening.kind + "\".", place);
  if (kind->second.opened_by.empty()) {
    return make_error(Code::permission, "A \"" + opening.kind + "\" is opened by the central store only.", place);
  }
  SATCHEL_ASSIGN(const auto held, find_held_scope(work_.db, id));
  if (held) return make_error(Code::invalid, "This scope is open already.", place);
  SATCHEL_ASSIGN(const OwnCounter own, own_counter(work_.db, id, work_.row.replica));
  if (own.counter != 0) return make_error(Code::permission, "This scope was taken back by the central store.", place);
  const std::string& parent_kind = kind->second.parent;
  if (parent_kind.empty() != opening.parent.is_nil()) {
    return make_error(Code::invalid,
                      parent_kind.empty() ? "A \"" + opening.kind + "\" has no parent."
                                          : "A \"" + opening.kind + "\" belongs to a \"" + parent_kind + "\".",
                      place);
  }
  if (!opening.parent.is_nil()) {
    SATCHEL_ASSIGN(const auto parent, find_held_scope(work_.db, opening.parent));
    if (!parent || parent->withdrawn || (!parent->kind.empty() && parent->kind != parent_kind)) {
      return make_error(Code::invalid, "The parent is not a \"" + parent_kind + "\" of this store.", place);
    }
  }
  auto part = std::make_unique<Part>();
  part->scope.id = id;
  part->scope.kind = opening.kind;
  part->scope.parent = opening.parent;
  part->scope.role = "writer";
  part->scope.opened = true;
  part->opening = opening;
  SATCHEL_TRY(insert_held_scope(work_, part->scope));
  parts_.push_back(std::move(part));
  return {};
}

Result<> Commit::open_scopes() {
  for (const auto& [id, opening] : draft_.open) SATCHEL_TRY(open_scope(id, opening));
  return {};
}

Result<Part*> Commit::part_of(const ScopeId& id, const std::string& place) {
  for (auto& part : parts_) {
    if (part->scope.id == id) return part.get();
  }
  SATCHEL_ASSIGN(auto held, find_held_scope(work_.db, id));
  if (!held) return make_error(Code::permission, "This store does not hold the scope " + id.text() + ".", place);
  if (held->withdrawn) {
    return make_error(Code::permission, "This is no longer yours to change: it is being handed back.", place);
  }
  if (held->role == "reader") {
    return make_error(Code::permission, "You may read this, but not change it.", place);
  }
  auto part = std::make_unique<Part>();
  part->scope = std::move(*held);
  parts_.push_back(std::move(part));
  return parts_.back().get();
}

// A record lives in one scope for ever; a change may leave out which.
Result<ScopeId> Commit::scope_of_change(const Change& change) {
  const std::string& place = change.op.collection;
  SATCHEL_ASSIGN(const auto key, scope_of(work_.db, change.op.collection, change.op.record));
  if (key) {
    SATCHEL_ASSIGN(const HeldScope held, held_scope(work_.db, *key));
    if (!change.scope.is_nil() && change.scope != held.id) {
      return make_error(Code::invalid, "This record lives in another scope.", place);
    }
    return held.id;
  }
  if (!change.scope.is_nil()) return change.scope;
  for (const auto& other : draft_.changes) {  // created in this draft, with its scope
    const bool same = other.op.collection == change.op.collection && other.op.record == change.op.record;
    if (same && !other.scope.is_nil()) return other.scope;
  }
  return make_error(Code::not_found, "There is no such record: " + change.op.record.text() + ".", place);
}

Result<> Commit::sort_changes() {
  std::set<std::tuple<std::string, RecordId, std::string, std::string, std::string, bool>> seen;
  for (const auto& change : draft_.changes) {
    const model::Op& op = change.op;
    const std::string place = op.field.empty() ? op.collection : op.collection + "." + op.field;
    const bool submits = op.action == model::Action::submit;
    if (!seen.insert({op.collection, op.record, op.field, op.element, op.part, submits}).second) {
      return make_error(Code::invalid, "One commit changes the same thing twice.", place);
    }
    if (!submits && seen.count({op.collection, op.record, op.field, op.element, op.part, true}) != 0) {
      return make_error(Code::invalid, "Write first, then send it in: the change of this text stands behind that.", place);
    }
    SATCHEL_ASSIGN(const ScopeId id, scope_of_change(change));
    SATCHEL_ASSIGN(Part * part, part_of(id, place));
    part->ops.push_back(op);
    part->utf16.push_back(change.utf16);
    if (part->ops.size() > model::limits::ops_per_transaction) {
      return make_error(Code::limit,
                        "One commit changes at most " + std::to_string(model::limits::ops_per_transaction) + " things.",
                        place);
    }
  }
  if (parts_.empty()) return make_error(Code::invalid, "There is nothing to write.", "changes");
  return {};
}

Result<> Commit::load_versions(Part& part) {
  SATCHEL_ASSIGN(const model::Version held, version_now(work_.db, part.scope.key));
  SATCHEL_ASSIGN(part.writer, writer_in(work_, part.scope, held));
  const auto& [writer, own] = part.writer;
  part.base = held;
  // What its own previous transaction was based on belongs to the past of this one, even while a snapshot is loading.
  part.base.join(own.base);
  part.base.set(writer, own.counter);
  part.shown = held;
  if (token_seq_) {
    SATCHEL_ASSIGN(part.shown, version_at(work_.db, part.scope, *token_seq_));
  }
  part.shown.meet(part.base);
  return {};
}

Result<> Commit::load_records(Part& part) {
  for (const auto& op : part.ops) {
    const model::RecordKey key{op.collection, op.record};
    auto [entry, fresh] = part.records.try_emplace(key);
    if (fresh) {
      SATCHEL_ASSIGN(entry->second.state, shown_state(work_.db, part.scope.key, key, true));
    }
    entry->second.creates = entry->second.creates || op.action == model::Action::create;
    entry->second.restores = entry->second.restores || op.action == model::Action::restore;
  }
  return {};
}

// Edits count in the text that the person had in front of them, and "here is the whole new text" is compared with it.
Result<> Commit::make_edits(Part& part) {
  for (size_t i = 0; i < part.ops.size(); ++i) {
    model::Op& op = part.ops[i];
    if (op.kind != model::Kind::text) continue;
    const Judged& judged = part.records.at({op.collection, op.record});
    const merge::RecordState* state = judged.state ? &*judged.state : nullptr;
    SATCHEL_TRY(make_text_edits(op, work_.schema.field(op.collection, op.field), state, part.shown, part.utf16[i]));
  }
  return {};
}

Result<> Commit::check(const Part& part) {
  for (const auto& op : part.ops) {
    const Judged& judged = part.records.at({op.collection, op.record});
    JudgedRecord record;
    record.state = judged.state ? &*judged.state : nullptr;
    record.shown = &part.shown;
    record.creates = judged.creates;
    record.restores = judged.restores;
    SATCHEL_TRY(check_op(work_.schema, part.scope.kind, op, record));
  }
  return {};
}

// The centre's formula with the best that is known here: its place among the outbox until the centre answers.
Result<uint64_t> Commit::guess_ord(const Part& part) {
  log::OrdInput input;
  input.wall_ms = work_.clock.wall_ms();
  input.heard_ms = work_.row.heard.heard_ms;
  input.sent_at_ms = input.wall_ms;
  input.received_ms = std::max(input.wall_ms, input.heard_ms);
  SATCHEL_ASSIGN(input.greatest_in_base, work_.log.greatest_ord(part.scope.key));
  SATCHEL_ASSIGN(const auto tails, outbox_tails(work_.db, part.scope.key));
  for (const auto& tail : tails) input.greatest_in_base = std::max(input.greatest_in_base, tail.ord);
  return log::ord(input);
}

Result<model::Header> Commit::header_of(const Part& part) {
  model::Header header;
  header.id = {part.scope.id, part.writer.id, part.writer.own.counter + 1};
  header.worker = work_.row.worker;
  // As it stands, however wrong; only what no message can carry is cut.
  header.wall_ms = std::clamp(work_.clock.wall_ms(), -model::limits::time_ms_most, model::limits::time_ms_most);
  header.heard_ms = work_.row.heard.heard_ms;
  header.schema_version = work_.schema.version();
  header.base = part.base;
  header.shown = part.shown;
  SATCHEL_ASSIGN(const auto first_open, first_without_verdict(work_.db, part.scope.key, part.writer.id));
  header.verdicts_known = first_open ? *first_open - 1 : part.writer.own.counter;
  header.group = group_;
  header.opening = part.opening;
  return header;
}

Result<> Commit::write(Part& part, Receipt& receipt) {
  model::Transaction transaction;
  SATCHEL_ASSIGN(transaction.header, header_of(part));
  transaction.ops = part.ops;
  SATCHEL_ASSIGN(auto encoded,
                 proto::encode_transaction(work_.row.organisation, transaction, part.writer.own.base, work_.random));
  const model::Header& header = transaction.header;

  OutboxRow row;
  row.scope = part.scope.key;
  row.id = header.id;
  row.hash = encoded.hash;
  row.base = header.base;
  row.bytes = std::move(encoded.bytes);
  row.wall_ms = header.wall_ms;
  row.verdicts_known = header.verdicts_known;
  SATCHEL_ASSIGN(row.ord, guess_ord(part));
  for (const auto& op : part.ops) {
    const Judged& judged = part.records.at({op.collection, op.record});
    row.urgent = row.urgent || raises_alarm(work_.schema, op, judged.state ? &*judged.state : nullptr);
  }
  SATCHEL_TRY(insert_outbox(work_.db, row, touched_records(part.ops)));
  SATCHEL_TRY(set_own_counter(work_.db, part.scope.id, header.id.replica, {header.id.counter, header.base}));
  SATCHEL_TRY(note_arrival(work_, part.scope.id, header.id.replica, part.writer.own.counter));

  const merge::Context context = merge_context(row, header);
  for (uint32_t i = 0; i < part.ops.size(); ++i) {
    Judged& judged = part.records.at({part.ops[i].collection, part.ops[i].record});
    if (!judged.state) judged.state.emplace();
    SATCHEL_TRY(merge::apply(*judged.state, part.ops[i], i, context));
  }
  for (const auto& [key, judged] : part.records) {
    SATCHEL_TRY(write_views(work_, part.scope.key, key, *judged.state, true));
  }
  receipt.transactions.push_back(header.id);
  return {};
}

Result<Receipt> Commit::run() {
  if (!draft_.shown.empty()) {
    SATCHEL_ASSIGN(token_seq_, parse_token(work_.row, draft_.shown));
  }
  SATCHEL_TRY(open_scopes());
  SATCHEL_TRY(sort_changes());
  for (auto& part : parts_) {
    SATCHEL_TRY(load_versions(*part));
    SATCHEL_TRY(load_records(*part));
    SATCHEL_TRY(make_edits(*part));
    SATCHEL_TRY(check(*part));
  }
  if (parts_.size() > 1) group_ = GroupId{random_128(work_.random)};
  SATCHEL_TRY(next_seq(work_));
  Receipt receipt;
  for (auto& part : parts_) SATCHEL_TRY(write(*part, receipt));
  SATCHEL_TRY(save_store_row(work_.db, work_.row));
  receipt.token = make_token(work_.row);
  return receipt;
}

}  // namespace

Result<Receipt> commit_draft(Work& work, const Draft& draft) { return Commit(work, draft).run(); }

}  // namespace satchel::store
