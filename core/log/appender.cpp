#include "core/log/appender.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/log/digest.hpp"
#include "core/log/fold.hpp"
#include "core/log/rows.hpp"

namespace satchel::log {
namespace {

constexpr size_t cached_bytes_most = 4 << 20;  // of encoded record states, before they are written and let go

struct KeyHash {
  size_t operator()(const model::RecordKey& key) const noexcept { return std::hash<RecordId>{}(key.record); }
};

struct CachedRecord {
  merge::RecordState state;
  int64_t rowid = 0;          // 0: not in the table yet
  uint64_t stored_touched = 0;
  Hash256 stored_digest;
  uint64_t touched = 0;
  bool changed = false;
};

struct CachedReplica {
  rows::ReplicaRow row;       // counter 0: has no slot here
  Hash256 stored_digest;      // set when changed and stored
  std::optional<ReplicaState> for_layer;
  int64_t number = 0;         // 0: not looked up yet
  bool stored = false;
  bool changed = false;
};

Error unfit(const model::Entry& entry, const std::string& why) {
  const std::string which = "The entry at position " + std::to_string(entry.position);
  return make_error(Code::protocol, which + " does not fit: " + why + ".", "entries");
}

}  // namespace

struct Appender::Impl {
  explicit Impl(sqlite::Database& database) : db(database) {}

  Result<CachedReplica*> load(const ReplicaId& id);
  Result<CachedRecord*> load(const model::RecordKey& key);
  Result<rows::EntryNames> names_of(const model::Entry& entry);
  Result<> check(const model::Entry& entry, const proto::DecodedTransaction* decoded);
  Result<> check_texts(const model::Entry& entry, const proto::DecodedTransaction& decoded);
  Result<> check_base(const model::Entry& entry, const model::Version& base,
                      const std::vector<model::Version::Entry>& gained, const ReplicaState& previous);
  Result<> fold(const model::Entry& entry, const proto::DecodedTransaction& decoded, Touched& touched);
  Result<> move_replica(const model::Entry& entry, const model::Version& base);
  Result<> store(const model::RecordKey& key, CachedRecord& record);
  Result<> store(CachedReplica& replica);

  sqlite::Database& db;
  rows::ScopeRow scope;
  std::unordered_map<ReplicaId, CachedReplica> replicas;
  std::unordered_map<EpochId, int64_t> epochs;  // their numbers
  std::unordered_map<model::RecordKey, CachedRecord, KeyHash> records;
  size_t cached_bytes = 0;
  bool changed = false;
};

Result<CachedReplica*> Appender::Impl::load(const ReplicaId& id) {
  const auto known = replicas.find(id);
  if (known != replicas.end()) return &known->second;
  SATCHEL_ASSIGN(std::optional<rows::ReplicaRow> row, rows::read_replica(db, scope.key, id));
  CachedReplica& cached = replicas[id];
  cached.stored = row.has_value();
  if (row) cached.row = std::move(*row);
  cached.row.replica = id;
  return &cached;
}

Result<CachedRecord*> Appender::Impl::load(const model::RecordKey& key) {
  const auto known = records.find(key);
  if (known != records.end()) return &known->second;
  SATCHEL_ASSIGN(const std::optional<rows::RecordRow> row, rows::read_record(db, scope.key, key));
  CachedRecord record;
  if (row) {
    auto state = merge::decode_whole(row->state);
    if (!state.ok()) return rows::damaged("records", key.collection + "/" + key.record.text());
    record.state = std::move(state).value();
    record.rowid = row->rowid;
    record.stored_touched = row->touched;
    record.stored_digest = record_digest(key, row->state);
    cached_bytes += row->state.size();
  }
  return &records.emplace(key, std::move(record)).first->second;
}

Result<rows::EntryNames> Appender::Impl::names_of(const model::Entry& entry) {
  SATCHEL_ASSIGN(CachedReplica* replica, load(entry.id.replica));
  if (replica->number == 0) {
    SATCHEL_ASSIGN(replica->number, rows::intern(db, scope.key.org, entry.id.replica.view()));
  }
  int64_t& epoch = epochs[entry.envelope.epoch];
  if (epoch == 0) {
    SATCHEL_ASSIGN(epoch, rows::intern(db, scope.key.org, entry.envelope.epoch.view()));
  }
  return rows::EntryNames{replica->number, epoch};
}

// Everything that can be wrong with an entry from outside, before anything changes.
Result<> Appender::Impl::check(const model::Entry& entry, const proto::DecodedTransaction* decoded) {
  if (scope.receiving) return unfit(entry, "the snapshot below it is not complete");
  if (entry.position != scope.head + 1) return unfit(entry, "the next position is " + std::to_string(scope.head + 1));
  if (entry.id.scope != scope.id) return unfit(entry, "it belongs to another scope");
  SATCHEL_ASSIGN(const CachedReplica* replica, load(entry.id.replica));
  const ReplicaState& previous = replica->row;
  if (entry.id.counter != previous.counter + 1) {
    return unfit(entry, "the next slot of its replica is " + std::to_string(previous.counter + 1) + ", not " +
                            std::to_string(entry.id.counter));
  }
  if (entry.envelope.ord <= previous.ord) return unfit(entry, "its ordering time does not grow");
  if (entry.slot != model::Slot::content) return check_base(entry, entry.base, entry.base.entries(), previous);
  if (decoded == nullptr || entry.bytes.empty()) return unfit(entry, "its transaction is missing");
  const model::Header& header = decoded->transaction.header;
  if (header.id != entry.id) return unfit(entry, "its transaction has another id");
  if (decoded->hash != entry.hash) return unfit(entry, "its transaction has another content hash");
  SATCHEL_TRY(check_texts(entry, *decoded));
  return check_base(entry, header.base, decoded->base_gained, previous);
}

// The one thing that a snapshot can get wrong about its records and that only shows when something is merged into them.
Result<> Appender::Impl::check_texts(const model::Entry& entry, const proto::DecodedTransaction& decoded) {
  const auto& ops = decoded.transaction.ops;
  for (uint32_t index = 0; index < ops.size(); ++index) {
    if (ops[index].kind != model::Kind::text || is_erased(decoded, index)) continue;
    SATCHEL_ASSIGN(const CachedRecord* record, load({ops[index].collection, ops[index].record}));
    const auto fits = merge::fits(record->state, ops[index], decoded.transaction.header);
    if (!fits.ok()) return unfit(entry, fits.error().message);
  }
  return {};
}

Result<> Appender::Impl::check_base(const model::Entry& entry, const model::Version& base,
                                    const std::vector<model::Version::Entry>& gained, const ReplicaState& previous) {
  if (base[entry.id.replica] != entry.id.counter - 1) return unfit(entry, "its base leaves out its own last slot");
  if (entry.slot != model::Slot::content && !base.includes(previous.base)) {
    return unfit(entry, "its base is below that of its replica's last slot");
  }
  for (const auto& [id, counter] : gained) {
    SATCHEL_ASSIGN(const CachedReplica* other, load(id));
    if (other->row.counter < counter) {
      return unfit(entry, "its base names slot " + std::to_string(counter) + " of replica " + id.text() +
                              ", which does not precede it");
    }
  }
  return {};
}

Result<> Appender::Impl::fold(const model::Entry& entry, const proto::DecodedTransaction& decoded, Touched& touched) {
  const merge::Context context = context_of(entry, decoded.transaction.header);
  const std::vector<model::Op>& ops = decoded.transaction.ops;
  for (uint32_t index = 0; index < ops.size(); ++index) {
    if (is_erased(decoded, index)) continue;
    const model::RecordKey key{ops[index].collection, ops[index].record};
    SATCHEL_ASSIGN(CachedRecord* record, load(key));
    SATCHEL_TRY(merge::apply(record->state, ops[index], index, context));
    cached_bytes += ops[index].value.size();
    if (record->touched != entry.position) touched.records.push_back(key);
    record->touched = entry.position;
    record->changed = true;
  }
  return {};
}

Result<> Appender::Impl::move_replica(const model::Entry& entry, const model::Version& base) {
  SATCHEL_ASSIGN(CachedReplica* replica, load(entry.id.replica));
  if (!replica->changed && replica->stored) {
    replica->stored_digest = rows::digest_of(replica->row);
    if (replica->row.position <= scope.layer) replica->for_layer = replica->row;
  }
  replica->changed = true;
  replica->row.counter = entry.id.counter;
  replica->row.position = entry.position;
  replica->row.ord = entry.envelope.ord;
  replica->row.base = base;
  return {};
}

Result<> Appender::Impl::store(const model::RecordKey& key, CachedRecord& record) {
  const Bytes state = merge::encode(record.state);
  if (record.rowid == 0) {
    SATCHEL_TRY(rows::insert_record(db, scope.key, key, record.touched, state));
    record.rowid = db.last_insert_rowid();
  } else {
    if (record.stored_touched <= scope.layer) SATCHEL_TRY(rows::copy_to_layer(db, record.rowid));
    SATCHEL_TRY(rows::update_record(db, record.rowid, record.touched, state));
    subtract(scope.state_digest, record.stored_digest);
  }
  record.stored_touched = record.touched;
  record.stored_digest = record_digest(key, state);
  add(scope.state_digest, record.stored_digest);
  record.changed = false;
  return {};
}

Result<> Appender::Impl::store(CachedReplica& replica) {
  if (replica.for_layer) SATCHEL_TRY(rows::write_layer_replica(db, scope.key, *replica.for_layer));
  replica.for_layer.reset();
  SATCHEL_TRY(rows::write_replica(db, scope.key, replica.row));
  if (replica.stored) subtract(scope.replicas_digest, replica.stored_digest);
  add(scope.replicas_digest, rows::digest_of(replica.row));
  replica.stored = true;
  replica.changed = false;
  return {};
}

Appender::Appender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Appender::Appender(Appender&&) noexcept = default;
Appender& Appender::operator=(Appender&&) noexcept = default;
Appender::~Appender() = default;

Result<Appender> Appender::open(sqlite::Database& db, ScopeKey key) {
  auto impl = std::make_unique<Impl>(db);
  SATCHEL_ASSIGN(impl->scope, rows::read_scope(db, key));
  return Appender(std::move(impl));
}

const ScopeState& Appender::scope() const { return impl_->scope; }

Result<const ReplicaState*> Appender::replica(const ReplicaId& replica) {
  SATCHEL_ASSIGN(const CachedReplica* cached, impl_->load(replica));
  return cached->row.counter == 0 ? nullptr : static_cast<const ReplicaState*>(&cached->row);
}

Result<const merge::RecordState*> Appender::record(const model::RecordKey& record) {
  SATCHEL_ASSIGN(const CachedRecord* cached, impl_->load(record));
  return cached->rowid == 0 && !cached->changed ? nullptr : &cached->state;
}

Result<std::optional<std::pair<ReplicaId, uint64_t>>> Appender::first_missing(
    const std::vector<model::Version::Entry>& gained) {
  for (const auto& [id, counter] : gained) {
    SATCHEL_ASSIGN(const CachedReplica* cached, impl_->load(id));
    if (cached->row.counter < counter) return std::optional(std::pair(id, cached->row.counter + 1));
  }
  return std::optional<std::pair<ReplicaId, uint64_t>>{};
}

Result<uint64_t> Appender::greatest_ord_gained(const ReplicaId& replica,
                                               const std::vector<model::Version::Entry>& gained) {
  SATCHEL_ASSIGN(const CachedReplica* own, impl_->load(replica));
  uint64_t greatest = own->row.ord;
  std::vector<model::Version::Entry> earlier;  // slots that are no longer their replica's last one
  for (const auto& [id, counter] : gained) {
    SATCHEL_ASSIGN(const CachedReplica* cached, impl_->load(id));
    if (cached->row.counter == counter) {
      greatest = std::max(greatest, cached->row.ord);
    } else {
      earlier.emplace_back(id, counter);
    }
  }
  Log log(impl_->db);
  SATCHEL_ASSIGN(const uint64_t of_earlier, log.greatest_ord_gained(impl_->scope.key, std::nullopt, earlier));
  return std::max(greatest, of_earlier);
}

Result<Touched> Appender::append(const model::Entry& entry, const proto::DecodedTransaction* decoded) {
  SATCHEL_TRY(impl_->check(entry, decoded));
  Touched touched;
  rows::ScopeRow& scope = impl_->scope;
  const Hash256 digest =
      next_log_digest(scope.log_digest, entry.position, entry.id.replica, entry.id.counter, entry.hash);
  SATCHEL_ASSIGN(const rows::EntryNames names, impl_->names_of(entry));
  SATCHEL_TRY(rows::insert_entry(impl_->db, scope.key, entry, names, digest));
  const bool content = entry.slot == model::Slot::content;
  if (content) SATCHEL_TRY(impl_->fold(entry, *decoded, touched));
  SATCHEL_TRY(impl_->move_replica(entry, content ? decoded->transaction.header.base : entry.base));
  scope.head = entry.position;
  scope.log_digest = digest;
  scope.last_received_ms = std::max(scope.last_received_ms, entry.envelope.received_ms);
  impl_->changed = true;
  if (impl_->cached_bytes > cached_bytes_most) SATCHEL_TRY(flush());
  return touched;
}

Result<> Appender::flush() {
  for (auto& [key, record] : impl_->records) {
    if (record.changed) SATCHEL_TRY(impl_->store(key, record));
  }
  for (auto& [id, replica] : impl_->replicas) {
    if (replica.changed) SATCHEL_TRY(impl_->store(replica));
  }
  if (impl_->cached_bytes > cached_bytes_most) {
    impl_->records.clear();
    impl_->cached_bytes = 0;
  }
  if (impl_->changed) SATCHEL_TRY(rows::update_scope(impl_->db, impl_->scope));
  impl_->changed = false;
  return {};
}

Result<Touched> Log::append(ScopeKey key, const model::Entry& entry, const proto::DecodedTransaction* decoded) {
  SATCHEL_ASSIGN(Appender appender, Appender::open(db_, key));
  SATCHEL_ASSIGN(Touched touched, appender.append(entry, decoded));
  SATCHEL_TRY(appender.flush());
  return touched;
}

}  // namespace satchel::log
