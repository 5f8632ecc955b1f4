#include "server/amendments.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/merge/resolve.hpp"
#include "core/merge/submit.hpp"
#include "core/merge/text/utf.hpp"
#include "server/own_writes.hpp"

namespace satchel::server {
namespace {

using Entry = model::Version::Entry;
using Edits = std::vector<model::TextEdit>;

// A text that several people wrote may be larger than one save may bring: what is larger goes in portions. A portion
// that is smaller than `last_portion_most` is the last one.
constexpr size_t piece_bytes = 256 << 10;
constexpr size_t portion_bytes = 2 * piece_bytes;
constexpr size_t last_portion_most = piece_bytes / 2;
constexpr size_t edit_bytes = 16;

class Portions {
 public:
  explicit Portions(const Edits& edits) {
    for (model::TextEdit edit : edits) {
      while (edit.inserted.size() > piece_bytes) add(cut_off(edit));
      add(std::move(edit));
    }
  }
  std::vector<Edits> take() { return std::move(portions_); }

 private:
  static model::TextEdit cut_off(model::TextEdit& edit) {
    size_t end = piece_bytes;
    while ((static_cast<unsigned char>(edit.inserted[end]) & 0xC0) == 0x80) --end;
    model::TextEdit piece{edit.at, edit.removed, edit.inserted.substr(0, end)};
    const auto typed = static_cast<uint32_t>(merge::text::count_scalars(piece.inserted));
    edit = {edit.at + typed, 0, edit.inserted.substr(end)};
    return piece;
  }

  void add(model::TextEdit edit) {
    const size_t size = edit.inserted.size() + edit_bytes;
    if (portions_.empty() || size > room_) {
      portions_.emplace_back();
      room_ = portion_bytes;
    }
    room_ -= std::min(room_, size);
    portions_.back().push_back(std::move(edit));
  }

  std::vector<Edits> portions_;
  size_t room_ = 0;
};

// The draft that amends one text.
class Draft {
 public:
  Draft(Work& work, const log::ScopeState& scope, const model::RecordKey& record, const model::Collection& collection,
        const model::Field& field, const merge::FieldState& text)
      : work_(work), centre_(work.centre()), scope_(scope), record_(record), collection_(collection), field_(field),
        late_(text), submit_(merge::standing_submit(text)->replica, merge::standing_submit(text)->counter) {
    key_ = {record.collection, amendment_id(record, field.name, submit_)};
    begins_ = replica_for("text");
  }

  const model::RecordKey& key() const { return key_; }

  // Did it write?
  Result<bool> write() {
    const auto& items = late_.items();
    placed_.resize(items.size());
    saw_.resize(items.size());
    for (size_t i = 0; i < items.size(); ++i) {
      for (const size_t other : items[i].saw) {
        if (placed_[other]) {
          saw_[i].push_back(*placed_[other]);
        } else {  // it changed nothing: then what it saw
          saw_[i].insert(saw_[i].end(), saw_[other].begin(), saw_[other].end());
        }
      }
      std::sort(saw_[i].begin(), saw_[i].end());
      saw_[i].erase(std::unique(saw_[i].begin(), saw_[i].end()), saw_[i].end());
      SATCHEL_TRY(write_item(i));
    }
    return wrote_;
  }

 private:
  // Where portions of a late transaction stand already.
  struct Slots {
    std::vector<uint64_t> counters;
    bool complete = false;
  };

  ReplicaId replica_for(std::string_view what) const {
    return ReplicaId{uuid_v8("amendment", key_.record.text(), what)};
  }

  Result<model::Header> header_of(const Entry& written) {
    SATCHEL_ASSIGN(const auto entry, centre_.log().entry_of(scope_.key, written.first, written.second));
    if (!entry || entry->slot != model::Slot::content) {
      return make_error(Code::corrupt, "A transaction whose words are in a text is not there.", "entries");
    }
    SATCHEL_ASSIGN(auto decoded, proto::decode_transaction(scope_.organisation, entry->bytes));
    return std::move(decoded.transaction.header);
  }

  Result<uint64_t> counter_of(const ReplicaId& replica) {
    SATCHEL_ASSIGN(const auto state, centre_.log().replica(scope_.key, replica));
    return state ? state->counter : 0;
  }

  Result<std::map<Entry, Slots>*> slots_of(const ReplicaId& replica) {
    const auto known = slots_.find(replica);
    if (known != slots_.end()) return &known->second;
    std::map<Entry, Slots>& slots = slots_[replica];
    SATCHEL_ASSIGN(const uint64_t last, counter_of(replica));
    for (uint64_t counter = 1; counter <= last; ++counter) {
      SATCHEL_ASSIGN(const auto entry, centre_.log().entry_of(scope_.key, replica, counter));
      if (!entry || entry->slot != model::Slot::content) continue;
      SATCHEL_ASSIGN(const auto decoded, proto::decode_transaction(scope_.organisation, entry->bytes));
      const model::Header& header = decoded.transaction.header;
      if (header.author != model::Author::centre || !header.origin || !header.origin->late) continue;
      Slots& there = slots[{header.origin->id.replica, header.origin->id.counter}];
      there.counters.push_back(counter);
      there.complete = entry->bytes.size() < last_portion_most;
    }
    return &slots;
  }

  model::Op op(model::Action action) const {
    model::Op made;
    made.collection = key_.collection;
    made.record = key_.record;
    made.action = action;
    return made;
  }

  model::Op edit(Edits edits) const {
    model::Op made = op(model::Action::edit);
    made.field = field_.name;
    made.kind = model::Kind::text;
    made.value = proto::encode_value(model::TextEdits{std::move(edits)});
    return made;
  }

  // A write that follows from `from` alone.
  OwnWrite derived(const model::Header& from, const ReplicaId& replica) const {
    OwnWrite write;
    write.wall_ms = from.wall_ms;
    write.heard_ms = from.heard_ms;
    write.shown.emplace();
    write.derived = OwnWrite::Derived{replica, {}, from.schema_version};
    write.derived->base.raise(submit_.first, submit_.second);
    return write;
  }

  // The record, and the text as it was sent in.
  Result<> begin() {
    if (begun_ != 0) return {};
    SATCHEL_ASSIGN(begun_, counter_of(begins_));
    bool complete = false;
    if (begun_ > 0) {
      SATCHEL_ASSIGN(const auto last, centre_.log().entry_of(scope_.key, begins_, begun_));
      complete = last && last->bytes.size() < last_portion_most;
    }
    if (complete) return {};
    SATCHEL_ASSIGN(const model::Header from, header_of(submit_));
    const std::string text = late_.submitted();
    std::vector<Edits> portions = Portions(text.empty() ? Edits() : Edits{{0, 0, text}}).take();
    if (portions.empty()) portions.emplace_back();
    for (const bool fresh = begun_ == 0; begun_ < portions.size();) {
      OwnWrite write = derived(from, begins_);
      write.worker = centre_worker;
      write.shown->set(begins_, begun_);
      if (begun_ == 0) {
        write.ops.push_back(op(model::Action::create));
        model::Op amends = op(model::Action::assign);
        amends.field = field_.amends;
        amends.kind = model::Kind::register_;
        amends.value = proto::encode_value(model::Reference{record_.collection, record_.record});
        write.ops.push_back(std::move(amends));
      }
      if (!portions[begun_].empty()) write.ops.push_back(edit(std::move(portions[begun_])));
      SATCHEL_TRY(write_own(work_, scope_.key, std::move(write)));
      wrote_ = true;
      if (++begun_ == 1 && fresh) SATCHEL_TRY(protect());
    }
    return {};
  }

  // What keeps the record from somebody's eyes keeps the amendment, which has its words, from them as well.
  Result<> protect() {
    SATCHEL_ASSIGN(const auto state, state_of(centre_, scope_.key, record_));
    OwnWrite write;
    write.worker = centre_worker;
    write.wall_ms = write.heard_ms = centre_.clock().wall_ms();
    for (const auto& [name, field] : collection_.fields) {
      const merge::FieldState* found =
          field.kind == model::Kind::restrictive && state ? state->field(name, field.kind) : nullptr;
      if (found == nullptr) continue;
      const merge::Resolved resolved = merge::resolve(*found, &field);
      if (resolved.standing.empty()) continue;
      model::Op assign = op(model::Action::assign);
      assign.field = name;
      assign.kind = field.kind;
      assign.value = resolved.standing.front()->value;
      write.ops.push_back(std::move(assign));
    }
    return write.ops.empty() ? Result<>() : write_own(work_, scope_.key, std::move(write));
  }

  Result<> write_item(size_t index) {
    const auto& item = late_.items()[index];
    const Entry written{item.replica, item.counter};
    const ReplicaId replica = replica_for(item.replica.text());
    SATCHEL_ASSIGN(auto* slots, slots_of(replica));
    Slots& there = (*slots)[written];
    if (!there.complete) SATCHEL_TRY(write_missing(index, replica, there));
    if (!there.counters.empty()) placed_[index] = Entry(replica, there.counters.back());
    return {};
  }

  Result<> write_missing(size_t index, const ReplicaId& replica, Slots& there) {
    const auto& item = late_.items()[index];
    std::vector<Edits> portions = Portions(late_.edits(index)).take();
    if (portions.size() <= there.counters.size()) return {};
    SATCHEL_TRY(begin());
    SATCHEL_ASSIGN(const model::Header from, header_of({item.replica, item.counter}));
    for (size_t next = there.counters.size(); next < portions.size(); ++next) {
      OwnWrite write = derived(from, replica);
      write.worker = from.worker;
      model::Origin origin{from.id, from.origin ? from.origin->worker : from.worker, saw_[index], true};
      if (next > 0) origin.saw = {{replica, there.counters.back()}};
      if (origin.saw.empty()) origin.saw = {{begins_, begun_}};
      model::Version& base = write.derived->base;
      base.raise(item.replica, item.counter);
      base.raise(begins_, begun_);
      for (const Entry& seen : origin.saw) base.raise(seen.first, seen.second);
      write.origin = std::move(origin);
      write.ops.push_back(edit(std::move(portions[next])));
      SATCHEL_TRY(write_own(work_, scope_.key, std::move(write)));
      wrote_ = true;
      SATCHEL_ASSIGN(const uint64_t counter, counter_of(replica));
      there.counters.push_back(counter);
    }
    return {};
  }

  Work& work_;
  Centre& centre_;
  const log::ScopeState& scope_;
  const model::RecordKey& record_;
  const model::Collection& collection_;
  const model::Field& field_;
  const merge::LateEdits late_;
  const Entry submit_;
  model::RecordKey key_;
  ReplicaId begins_;      // writes the record and the text as it was sent in
  uint64_t begun_ = 0;    // up to this counter
  std::map<ReplicaId, std::map<Entry, Slots>> slots_;
  std::vector<std::optional<Entry>> placed_;  // of each late transaction; empty: it changed nothing
  std::vector<std::vector<Entry>> saw_;
  bool wrote_ = false;
};

bool nothing_later(const merge::FieldState& text) {
  const merge::Head* first = merge::standing_submit(text);
  return first == nullptr || (text.heads.size() == 1 && text.heads[0].replica == first->replica &&
                              text.heads[0].counter == first->counter);
}

}  // namespace

RecordId amendment_id(const model::RecordKey& record, std::string_view field, const Entry& submit) {
  const std::string subject = record.collection + "/" + record.record.text() + "/" + std::string(field);
  return RecordId{uuid_v8("amendment", subject, submit.first.text() + "/" + std::to_string(submit.second))};
}

void Amendments::changed(const log::ScopeState& scope, const std::vector<model::RecordKey>& records) {
  for (const model::RecordKey& record : records) {
    const model::Collection* collection = work_.centre().schema().collection(record.collection);
    if (collection == nullptr) continue;
    const bool may = std::any_of(collection->fields.begin(), collection->fields.end(),
                                 [](const auto& field) { return !field.second.amends.empty(); });
    if (may) changed_.emplace(scope.key, record);
  }
}

Result<std::vector<std::pair<log::ScopeState, model::RecordKey>>> Amendments::write() {
  Centre& centre = work_.centre();
  std::vector<std::pair<log::ScopeState, model::RecordKey>> written;
  while (!changed_.empty()) {  // an amendment that was sent in may be amended too
    const auto [key, record] = *changed_.begin();
    changed_.erase(changed_.begin());
    SATCHEL_ASSIGN(const auto state, state_of(centre, key, record));
    if (!state) continue;
    const model::Collection& collection = *centre.schema().collection(record.collection);
    for (const auto& [name, field] : collection.fields) {
      const merge::FieldState* text = field.amends.empty() ? nullptr : state->field(name, model::Kind::text);
      if (text == nullptr || nothing_later(*text)) continue;
      SATCHEL_ASSIGN(const log::ScopeState scope, centre.log().scope(key));
      Draft draft(work_, scope, record, collection, field, *text);
      SATCHEL_ASSIGN(const bool wrote, draft.write());
      if (!wrote) continue;
      changed_.emplace(key, draft.key());
      written.emplace_back(scope, draft.key());
    }
  }
  return written;
}

}  // namespace satchel::server
