#include "server/release.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "server/displaced.hpp"

namespace satchel::server {
namespace {

using Text = std::tuple<std::string, RecordId, std::string>;

std::set<Text> texts_of(const std::vector<model::Op>& ops) {
  std::set<Text> texts;
  for (const model::Op& op : ops) {
    if (op.kind == model::Kind::text) texts.insert({op.collection, op.record, op.field});
  }
  return texts;
}

bool share(const std::set<Text>& a, const std::set<Text>& b) {
  return std::any_of(a.begin(), a.end(), [&](const Text& text) { return b.count(text) != 0; });
}

Error not_released(uint64_t counter, bool refused) {
  const std::string which = "number " + std::to_string(counter) + " of the same tablet";
  if (refused) {
    return make_error(Code::invalid, "This changes a text as " + which +
                                         " left it, and that was refused. Its words can be read here and written again.",
                      "id");
  }
  return make_error(Code::invalid,
                    "This changes a text as " + which +
                        " left it. Release that one first, or, after a restore, let the tablets bring its release back.",
                    "id");
}

// Its release in the log; none: it has none, or a restore took it away and no tablet has brought it back yet.
Result<std::optional<model::Version::Entry>> release_of(Centre& centre, log::ScopeKey scope,
                                                        const model::TransactionId& id) {
  SATCHEL_ASSIGN(const uint64_t position, released_at(centre.db(), scope.org, id));
  if (position == 0) return std::optional<model::Version::Entry>();
  SATCHEL_ASSIGN(const auto entry, centre.log().entry_at(scope, position));
  if (!entry) return std::optional<model::Version::Entry>();
  return std::optional(model::Version::Entry(entry->id.replica, entry->id.counter));
}

std::string slot_text(const model::TransactionId& slot) {
  return slot.replica.text() + "/" + std::to_string(slot.counter);
}

ReplicaId releases_slot(const model::TransactionId& slot) {
  return ReplicaId{uuid_v8("release", slot.scope.text(), slot_text(slot))};
}

}  // namespace

model::TransactionId displaced_name(const model::TransactionId& slot, const Hash256& hash) {
  const std::string content = slot_text(slot) + "/" + to_hex(hash.view());
  return {slot.scope, ReplicaId{uuid_v8("release", slot.scope.text(), content)}, 1};
}

model::TransactionId released_by(const model::Header& release) {
  const model::TransactionId& slot = release.origin->id;
  return release.id.replica == releases_slot(slot) ? slot : release.id;
}

Result<std::vector<model::Version::Entry>> releases_seen(Centre& centre, const log::ScopeState& scope, const Quarantined& item,
                                                         const model::Transaction& transaction) {
  std::vector<model::Version::Entry> releases;
  const std::set<Text> texts = texts_of(transaction.ops);
  if (texts.empty()) return releases;  // only texts count in what was there
  // Behind verdicts_known it did not know yet that they were refused, and showed them.
  const uint64_t seen = std::min(item.shown[item.id.replica], item.id.counter - 1);
  for (uint64_t counter = transaction.header.verdicts_known + 1; counter <= seen; ++counter) {
    const model::TransactionId earlier{item.id.scope, item.id.replica, counter};
    SATCHEL_ASSIGN(const auto before, find_quarantined(centre.db(), scope.key.org, earlier));
    if (!before) continue;
    SATCHEL_ASSIGN(const auto decoded, proto::decode_transaction(scope.organisation, before->bytes));
    if (!share(texts, texts_of(decoded.transaction.ops))) continue;
    SATCHEL_ASSIGN(const auto release, release_of(centre, scope.key, earlier));
    if (!release) return not_released(counter, before->state == Quarantined::State::refused);
    releases.push_back(*release);
  }
  std::sort(releases.begin(), releases.end());
  return releases;
}

OwnWrite::Derived release_follows_from(const Quarantined& item, const model::Header& header,
                                       const std::vector<model::Version::Entry>& releases) {
  const bool displaced = is_displaced(item, header);
  OwnWrite::Derived derived{displaced ? item.id.replica : releases_slot(item.id), item.base, header.schema_version};
  if (!displaced) derived.base.raise(item.id.replica, item.id.counter);
  for (const auto& [replica, counter] : releases) derived.base.raise(replica, counter);
  return derived;
}

}  // namespace satchel::server
