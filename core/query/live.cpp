#include "core/query/live.hpp"

#include <algorithm>

#include "core/merge/record.hpp"
#include "core/query/plan.hpp"
#include "core/store/conflicts.hpp"
#include "core/store/shown_records.hpp"

namespace satchel::query {
namespace {

// Of more changes than this at once the result is read again without asking what each of them means.
constexpr size_t asked_one_by_one = 64;

using Key = std::pair<RecordId, int64_t>;
Key key_of(const Continuation& at) { return {at.record, at.scope}; }
Key key_of(const store::ChangedRecord& changed) { return {changed.key.record, changed.scope.scope}; }

Hash256 print_of(const store::Record& record) {
  return Hasher("satchel record shown").part(merge::encode(record.state)).part(record.unsent ? "unsent" : "").finish();
}

// Those that a query can be about at all.
std::vector<store::ChangedRecord> concerning(const Query& query, const Plan& plan, const store::Changes& changes) {
  std::vector<store::ChangedRecord> concerned;
  if (plan.nothing) return concerned;
  for (const auto& changed : changes.records) {
    if (changed.key.collection != query.collection) continue;
    if (plan.scope && *plan.scope != changed.scope.scope) continue;
    concerned.push_back(changed);
  }
  return concerned;
}

}  // namespace

// ---- queries

bool LiveQuery::shows(const store::ChangedRecord& changed) const {
  return std::any_of(items_.begin(), items_.end(),
                     [&](const Item& item) { return key_of(item.at) == key_of(changed); });
}

// What a record means for the result that is not in it: it comes in, stands behind the end of a full page, or neither.
Result<LiveQuery::Effect> LiveQuery::effect(store::Reader& reader, const Plan& plan,
                                            const store::ChangedRecord& changed) const {
  SATCHEL_ASSIGN(const auto at, find_one(reader.database(), plan, query_, changed));
  const bool full = items_.size() >= query_.limit;
  if (!at) return full && !next_.empty() ? Effect::less : Effect::none;
  if (!full || before(query_, *at, items_.back().at)) return Effect::result;
  return Effect::more;
}

Result<bool> LiveQuery::touched(store::Reader& reader, const Plan& plan,
                                const std::vector<store::ChangedRecord>& changed) {
  if (changed.size() > asked_one_by_one) return true;
  bool less = false;
  for (const auto& each : changed) {
    if (shows(each)) return true;
    SATCHEL_ASSIGN(const Effect means, effect(reader, plan, each));
    if (means == Effect::result || (means == Effect::more && next_.empty())) return true;
    less = less || means == Effect::less;
  }
  if (!less) return false;
  Query behind = query_;  // perhaps it was the only one there
  behind.after = next_;
  behind.limit = 1;
  SATCHEL_ASSIGN(const auto left, find(reader.database(), plan, behind));
  return left.empty();
}

Result<Difference> LiveQuery::compare(store::Reader& reader, const Plan& plan, const store::Changes& changes) {
  std::vector<Continuation> found;
  if (!plan.nothing) {
    SATCHEL_ASSIGN(found, find(reader.database(), plan, query_));
  }
  Difference difference;
  difference.first = first_;
  if (found.size() > query_.limit) {
    found.resize(query_.limit);
    difference.next = encode(found.back());
  }
  std::map<Key, size_t> before;
  for (size_t i = 0; i < items_.size(); ++i) before[key_of(items_[i].at)] = i;
  std::set<Key> changed;
  for (const auto& each : changes.records) {
    if (each.key.collection == query_.collection) changed.insert(key_of(each));
  }
  std::vector<Item> now;
  std::vector<Move> kept;
  store::ShownRecords records(reader.database());
  for (auto& at : found) {
    const auto was = before.find(key_of(at));
    Item item{std::move(at), {}};
    const bool stays = was != before.end();
    if (stays) item.print = items_[was->second].print;
    if (!stays || changes.anything || changed.contains(key_of(item.at))) {
      SATCHEL_ASSIGN(store::Record record, records.listed({1, item.at.scope}, {query_.collection, item.at.record}));
      const Hash256 print = print_of(record);
      auto& place = stays ? difference.updated : difference.inserted;
      if (!stays || print != item.print) place.push_back({now.size(), std::move(record)});
      item.print = print;
    }
    if (stays) {
      kept.push_back({was->second, now.size()});
      before.erase(was);
    }
    now.push_back(std::move(item));
  }
  for (const auto& [key, place] : before) difference.removed.push_back({place, key.first});
  const auto by_from = [](const auto& a, const auto& b) { return a.from < b.from; };
  std::sort(difference.removed.begin(), difference.removed.end(), by_from);
  std::sort(kept.begin(), kept.end(), by_from);
  for (const Move& move : fewest_moves(kept)) difference.moved.push_back({move, now[move.to].at.record});
  items_ = std::move(now);
  return difference;
}

Result<std::optional<Difference>> LiveQuery::look(store::Reader& reader, const store::Changes& changes) {
  using Nothing = std::optional<Difference>;
  if (!first_ && !changes.anything && changes.records.empty()) return Nothing();
  SATCHEL_ASSIGN(const Plan planned, plan(reader, query_));
  if (!first_ && !changes.anything) {
    const auto concerned = concerning(query_, planned, changes);
    if (concerned.empty()) return Nothing();
    SATCHEL_ASSIGN(const bool again, touched(reader, planned, concerned));
    if (!again) return Nothing();
  }
  SATCHEL_ASSIGN(Difference difference, compare(reader, planned, changes));
  const bool same = !first_ && difference.empty() && difference.next == next_;
  first_ = false;
  next_ = difference.next;
  return same ? Nothing() : Nothing(std::move(difference));
}

// ---- how many

Result<std::optional<uint64_t>> LiveCount::look(store::Reader& reader, const store::Changes& changes) {
  using Nothing = std::optional<uint64_t>;
  if (last_ && !changes.anything) {
    if (changes.records.empty()) return Nothing();
    SATCHEL_ASSIGN(const Plan planned, plan(reader, query_));
    if (concerning(query_, planned, changes).empty()) return Nothing();
  }
  SATCHEL_ASSIGN(const uint64_t now, count(reader, query_));
  if (last_ == now) return Nothing();
  last_ = now;
  return last_;
}

// ---- one record

Result<std::optional<LiveRecord::Seen>> LiveRecord::look(store::Reader& reader, const store::Changes& changes) {
  using Nothing = std::optional<Seen>;
  const auto about_it = [this](const store::ChangedRecord& changed) { return changed.key == key_; };
  const bool touched = first_ || changes.anything ||
                       std::any_of(changes.records.begin(), changes.records.end(), about_it);
  if (!touched) return Nothing();
  SATCHEL_ASSIGN(auto record, reader.record(key_.collection, key_.record));
  const auto print = record ? std::optional(print_of(*record)) : std::nullopt;
  const bool same = !first_ && print == print_;
  first_ = false;
  print_ = print;
  return same ? Nothing() : Nothing(Seen{std::move(record)});
}

// ---- the inbox

Result<std::optional<std::vector<store::InboxEntry>>> LiveInbox::look(store::Reader& reader,
                                                                      const store::Changes& changes) {
  using Nothing = std::optional<std::vector<store::InboxEntry>>;
  bool touched = first_ || changes.anything;
  for (size_t i = 0; i < changes.records.size() && !touched; ++i) {
    const auto& changed = changes.records[i];
    touched = records_.contains(changed.key);
    if (touched) continue;
    SATCHEL_ASSIGN(const store::InboxRow row, store::inbox_row(reader.database(), changed.scope, changed.key));
    touched = row != store::InboxRow();
  }
  if (!touched) return Nothing();
  SATCHEL_ASSIGN(auto entries, reader.conflicts());
  std::set<model::RecordKey> records;
  for (const auto& entry : entries) records.insert(entry.record);
  const bool same = !first_ && records.empty() && records_.empty();
  first_ = false;
  records_ = std::move(records);
  return same ? Nothing() : Nothing(std::move(entries));
}

}  // namespace satchel::query
