#include "tests/store_support/small_centre.hpp"

#include <algorithm>
#include <utility>

#include "core/base/hash.hpp"
#include "core/base/sealed_box.hpp"
#include "core/log/ord.hpp"
#include "tests/store_support/take.hpp"

namespace satchel::test {
namespace {

Mac mac_of(const model::TransactionId& id, const Hash256& hash, const model::Envelope& envelope) {
  return Hasher("small centre", "a key that no device has")
      .part(id.scope.view())
      .part(id.replica.view())
      .number(id.counter)
      .part(hash.view())
      .part(envelope.epoch.view())
      .number(envelope.position)
      .number(envelope.ord)
      .finish_mac();
}

}  // namespace

SmallCentre::SmallCentre(ManualClock& clock, std::string directory, std::string organisation)
    : clock_(clock), directory_(std::move(directory)), organisation_(std::move(organisation)) {
  sqlite::OpenOptions options;
  options.path = directory_ + "/centre.db";
  options.durability = sqlite::Durability::off;
  db_ = std::make_unique<sqlite::Database>(take(sqlite::Database::open(options)));
  take(db_->exec(log::tables_sql));
  epoch_ = EpochId{uuid_v7(clock_.wall_ms(), random_)};
  own_ = ReplicaId{random_128(random_)};
}

SmallCentre::Scope& SmallCentre::open_scope(const ScopeId& id, const std::string& kind, const ScopeId& parent) {
  Scope scope;
  scope.kind = kind;
  scope.parent = parent;
  scope.key = take(log::Log(*db_).create_scope(1, organisation_, id, kind, parent, epoch_));
  return scopes_[id] = scope;
}

ScopeId SmallCentre::add_scope(const std::string& kind, const ScopeId& parent) {
  const ScopeId id{random_128(random_)};
  open_scope(id, kind, parent);
  return id;
}

void SmallCentre::grant(const std::string& worker, const ScopeId& scope, const std::string& role) {
  proto::Grant grant;
  grant.scope = scope;
  grant.kind = scopes_.at(scope).kind;
  grant.parent = scopes_.at(scope).parent;
  grant.role = role;
  grants_[worker][scope] = grant;
  ++grants_version_;
}

void SmallCentre::withdraw(const std::string& worker, const ScopeId& scope) {
  grants_[worker].at(scope).withdrawn = true;
  ++grants_version_;
}

model::Envelope SmallCentre::envelope(const Scope& scope, uint64_t ord) {
  model::Envelope envelope;
  envelope.epoch = epoch_;
  envelope.position = take(log::Log(*db_).scope(scope.key)).head + 1;
  envelope.received_ms = std::max(clock_.wall_ms(), take(log::Log(*db_).scope(scope.key)).last_received_ms);
  envelope.ord = ord;
  return envelope;
}

proto::Verdict SmallCentre::known(const model::TransactionId& id, const Hash256& hash, const Scope& scope,
                                  bool& is_known) {
  proto::Verdict verdict;
  verdict.id = id;
  const auto entry = take(log::Log(*db_).entry_of(scope.key, id.replica, id.counter));
  is_known = entry.has_value();
  if (!is_known) return verdict;
  verdict.kind = entry->hash != hash                   ? proto::VerdictKind::fork
                 : entry->slot == model::Slot::content ? proto::VerdictKind::accepted
                                                       : proto::VerdictKind::quarantined;
  verdict.position = entry->position;
  verdict.envelope = entry->envelope;
  verdict.reason = entry->reason;
  const auto released = releases_.find(id);
  if (released != releases_.end()) verdict.released_at = released->second;
  return verdict;
}

std::string SmallCentre::reason_to_refuse(const model::Transaction& transaction) {
  const model::Header& header = transaction.header;
  for (const auto& refused : refused_[header.id.scope]) {
    if (refused.replica != header.id.replica || header.verdicts_known >= refused.counter) continue;
    for (const auto& op : transaction.ops) {
      if (refused.records.count({op.collection, op.record}) != 0) return "It builds on something that was refused.";
    }
  }
  return refuse ? refuse(transaction) : std::string();
}

model::Entry SmallCentre::sequence(const Scope& scope, const proto::DecodedTransaction& decoded, const Bytes& bytes,
                                   const std::string& reason, int64_t sent_at_ms) {
  log::Log log(*db_);
  const model::Header& header = decoded.transaction.header;
  log::OrdInput input;
  input.wall_ms = header.wall_ms;
  input.heard_ms = header.heard_ms;
  input.sent_at_ms = sent_at_ms;
  input.received_ms = std::max(clock_.wall_ms(), take(log.scope(scope.key)).last_received_ms);
  input.greatest_in_base = take(log.greatest_ord(scope.key, header.base));
  model::Entry entry;
  entry.envelope = envelope(scope, log::ord(input));
  entry.position = entry.envelope.position;
  entry.slot = reason.empty() ? model::Slot::content : model::Slot::empty;
  entry.id = header.id;
  entry.hash = decoded.hash;
  entry.base = header.base;
  entry.reason = reason;
  entry.envelope.mac = mac_of(entry.id, entry.hash, entry.envelope);
  if (reason.empty()) entry.bytes = bytes;
  take(log.append(scope.key, entry, reason.empty() ? &decoded : nullptr));
  if (reason.empty()) return entry;
  Refused refused{header.id.replica, header.id.counter, {}};
  for (const auto& op : decoded.transaction.ops) refused.records.insert({op.collection, op.record});
  refused_[header.id.scope].push_back(std::move(refused));
  return entry;
}

proto::Verdict SmallCentre::judge(const Bytes& bytes, const proto::SyncRequest& request, const std::string& worker,
                                  Forked& forked) {
  auto decoded = take(proto::decode_transaction(organisation_, bytes));
  const model::TransactionId id = decoded.transaction.header.id;
  auto found = scopes_.find(id.scope);
  if (found == scopes_.end()) {
    const auto& opening = decoded.transaction.header.opening;
    if (!opening) {
      proto::Verdict verdict;
      verdict.id = id;
      verdict.kind = proto::VerdictKind::not_yet;
      verdict.missing_replica = id.replica;
      verdict.missing_counter = 1;
      return verdict;
    }
    open_scope(id.scope, opening->kind, opening->parent);
    grant(worker, id.scope);
    found = scopes_.find(id.scope);
  }
  const Scope& scope = found->second;
  bool is_known = false;
  proto::Verdict verdict = known(id, decoded.hash, scope, is_known);
  if (is_known && verdict.kind == proto::VerdictKind::fork) forked.emplace(id.scope, id.replica);
  if (is_known) return verdict;
  if (forked.count({id.scope, id.replica}) != 0) {
    verdict.kind = proto::VerdictKind::fork;
    return verdict;
  }
  log::Log log(*db_);
  const auto before = take(log.replica(scope.key, id.replica));
  const uint64_t last = before ? before->counter : 0;
  verdict.kind = proto::VerdictKind::not_yet;
  if (id.counter != last + 1) {
    verdict.missing_replica = id.replica;
    verdict.missing_counter = last + 1;
    return verdict;
  }
  take(decoded.complete(before ? before->base : model::Version{}));
  if (const auto missing = take(log.first_missing(scope.key, decoded.transaction.header.base))) {
    verdict.missing_replica = missing->first;
    verdict.missing_counter = missing->second;
    return verdict;
  }
  const std::string reason = reason_to_refuse(decoded.transaction);
  const model::Entry entry = sequence(scope, decoded, bytes, reason, request.sent_at_ms);
  verdict.kind = reason.empty() ? proto::VerdictKind::accepted : proto::VerdictKind::quarantined;
  verdict.position = entry.position;
  verdict.envelope = entry.envelope;
  verdict.reason = reason;
  return verdict;
}

proto::Verdict SmallCentre::judge_offer(const proto::Offer& offer) {
  const Scope& scope = scopes_.at(offer.scope);
  model::Entry entry = offer.entry;
  entry.id.scope = offer.scope;
  bool is_known = false;
  proto::Verdict verdict = known(entry.id, entry.hash, scope, is_known);
  if (is_known) return verdict;
  verdict.kind = proto::VerdictKind::refused_offer;
  if (mac_of(entry.id, entry.hash, entry.envelope) != entry.envelope.mac) return verdict;
  log::Log log(*db_);
  entry.position = take(log.scope(scope.key)).head + 1;
  const auto before = take(log.replica(scope.key, entry.id.replica));
  const uint64_t next = before ? before->counter + 1 : 1;
  std::optional<proto::DecodedTransaction> decoded;
  if (entry.slot == model::Slot::content && entry.id.counter == next) {
    decoded = take(proto::decode_transaction(organisation_, entry.bytes));
    take(decoded->complete(before ? before->base : model::Version{}));
    entry.base = decoded->transaction.header.base;
  }
  auto missing = take(log.first_missing(scope.key, entry.base));
  if (entry.id.counter != next) missing = {entry.id.replica, next};
  if (missing) {
    verdict.kind = proto::VerdictKind::not_yet;
    verdict.missing_replica = missing->first;
    verdict.missing_counter = missing->second;
    return verdict;
  }
  // A slot below it may have come again without its envelope, and so later.
  const uint64_t past = std::max(take(log.greatest_ord(scope.key, entry.base)), before ? before->ord : 0);
  if (entry.envelope.ord <= past) {
    entry.envelope = envelope(scope, past + 1);
    entry.envelope.mac = mac_of(entry.id, entry.hash, entry.envelope);
  }
  take(log.append(scope.key, entry, decoded ? &*decoded : nullptr));
  verdict.kind = entry.slot == model::Slot::content ? proto::VerdictKind::accepted : proto::VerdictKind::quarantined;
  verdict.position = entry.position;
  verdict.envelope = entry.envelope;
  return verdict;
}

void SmallCentre::write(const ScopeId& id, std::vector<model::Op> ops, std::optional<model::Origin> origin) {
  const Scope& scope = scopes_.at(id);
  log::Log log(*db_);
  const auto before = take(log.replica(scope.key, own_));
  model::Transaction transaction;
  transaction.header.id = {id, own_, before ? before->counter + 1 : 1};
  transaction.header.worker = "centre";
  transaction.header.author = model::Author::centre;
  transaction.header.wall_ms = clock_.wall_ms();
  transaction.header.base = take(log.version(scope.key));
  transaction.header.shown = transaction.header.base;
  transaction.header.verdicts_known = transaction.header.id.counter - 1;
  if (origin) releases_[origin->id] = take(log.scope(scope.key)).head + 1;
  transaction.header.origin = std::move(origin);
  transaction.ops = std::move(ops);
  const model::Version previous = before ? before->base : model::Version{};
  const auto encoded = take(proto::encode_transaction(organisation_, transaction, previous, random_));
  auto decoded = take(proto::decode_transaction(organisation_, encoded.bytes));
  take(decoded.complete(previous));
  sequence(scope, decoded, encoded.bytes, {}, clock_.wall_ms());
}

void SmallCentre::make_sealing_key() {
  sealing_secret.assign(sealed_box::key_bytes, '\0');
  random_.fill(sealing_secret.data(), sealing_secret.size());
  sealing_key = take(sealed_box::public_half(sealing_secret));
}

proto::SealedVerdict SmallCentre::judge_sealed(const proto::SealedEntry& sealed) {
  proto::SealedVerdict verdict{sealed.scope, sealed.epoch, sealed.position, proto::VerdictKind::not_yet, {}, 0, {}};
  if (forgets_sealing_key) return verdict;
  const auto plain = sealed_box::open(sealing_secret, sealed.content);
  verdict.kind = proto::VerdictKind::refused_offer;
  verdict.reason = plain.ok() ? "" : plain.error().message;
  if (!plain.ok()) return verdict;
  const proto::Verdict told = judge_offer(take(proto::decode_offer(*plain)));
  verdict.kind = told.kind;
  if (told.kind != proto::VerdictKind::accepted) return verdict;
  verdict.now_position = told.position;
  verdict.now_epoch = proto::epoch_at(take(log::Log(*db_).history(scopes_.at(sealed.scope).key)), told.position);
  return verdict;
}

proto::SealedState SmallCentre::state_of(const proto::SealedStretch& stretch) {
  const log::ScopeKey key = scopes_.at(stretch.scope).key;
  const uint64_t head = take(log::Log(*db_).scope(key)).head;
  const uint64_t held = proto::end_of_epoch(take(log::Log(*db_).history(key)), stretch.epoch, head);
  return {stretch.scope, stretch.epoch, held, std::min(held, keeps_backup ? backup_to : head)};
}

proto::SyncResponse SmallCentre::answer(const proto::SyncRequest& request, const ReplicaId& replica,
                                        const std::string& worker) {
  proto::SyncResponse response;
  response.server_ms = clock_.wall_ms();
  response.sealing_key = sealing_key;
  if (!sealing_key.empty()) response.sealing_key_id = Bytes(proto::sealing_key_id_bytes, 'k');
  Forked forked;  // what follows a fork builds on the content that is not here
  for (const auto& push : request.push) {
    if (push.sealed) {
      response.sealed_verdicts.push_back(judge_sealed(*push.sealed));
      continue;
    }
    if (push.refused) contents.push_back(push.transaction);
    response.verdicts.push_back(push.offer ? judge_offer(*push.offer)
                                           : judge(push.transaction, request, worker, forked));
  }
  for (const auto& stretch : request.sealed) {
    const proto::SealedState state = state_of(stretch);
    // Told once: to what was just offered, the verdict is the answer.
    const bool offered = !response.sealed_verdicts.empty();
    if (!offered && (stretch.last > state.held_to || stretch.first <= state.kept_to)) response.sealed.push_back(state);
  }
  response.content_wanted = std::exchange(wants, {});
  for (const auto& wanted : request.older) add_older(response, wanted, request.budget_bytes, worker);
  for (const ScopeId& purged : request.purged) {
    grants_[worker].erase(purged);
    ++grants_version_;
  }
  response.grants_version = grants_version_;
  if (request.grants_version != grants_version_) {
    for (const auto& [id, grant] : grants_[worker]) response.grants.push_back(grant);
  }
  size_t budget = request.budget_bytes;
  for (const auto& cursor : request.cursors) {
    const auto granted = grants_[worker].find(cursor.scope);
    if (granted == grants_[worker].end() || granted->second.withdrawn) continue;
    if (budget == 0) {
      response.more = true;
      break;
    }
    response.pages.push_back(page(cursor, replica, budget, response.more));
    for (const auto& entry : response.pages.back().entries) budget -= std::min(budget, entry.bytes.size() + 100);
  }
  return response;
}

log::ScopeState SmallCentre::state(const ScopeId& scope) { return take(log::Log(*db_).scope(scopes_.at(scope).key)); }

std::optional<Bytes> SmallCentre::record(const ScopeId& scope, const model::RecordKey& key) {
  return take(log::Log(*db_).record_state(scopes_.at(scope).key, key));
}

std::vector<model::Entry> SmallCentre::entries(const ScopeId& scope) {
  return take(log::Log(*db_).entries_after(scopes_.at(scope).key, 0, SIZE_MAX));
}

void SmallCentre::save(const std::string& name) { take(db_->backup_to(directory_ + "/" + name)); }

void SmallCentre::put_back(const std::string& name) {
  const std::string file = directory_ + "/restored" + std::to_string(++file_number_);
  {
    sqlite::OpenOptions options;
    options.path = directory_ + "/" + name;
    auto saved = take(sqlite::Database::open(options));
    take(saved.backup_to(file));
  }
  sqlite::OpenOptions options;
  options.path = file;
  options.durability = sqlite::Durability::off;
  db_ = std::make_unique<sqlite::Database>(take(sqlite::Database::open(options)));
  clock_.advance(1000);
  epoch_ = EpochId{uuid_v7(clock_.wall_ms(), random_)};
  own_ = ReplicaId{random_128(random_)};
  log::Log log(*db_);
  for (auto scope = scopes_.begin(); scope != scopes_.end();) {
    if (!take(log.find_scope(1, scope->first))) {
      scope = scopes_.erase(scope);
      continue;
    }
    take(log.begin_epoch(scope->second.key, epoch_));
    ++scope;
  }
}

}  // namespace satchel::test
