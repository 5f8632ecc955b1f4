#include "server/own_writes.hpp"

#include <algorithm>

#include "core/log/appender.hpp"
#include "core/log/ord.hpp"
#include "server/quarantine.hpp"
#include "server/release.hpp"

namespace satchel::server {
namespace {

class DerivedSalts final : public Random {
 public:
  DerivedSalts(const EnvelopeKey& key, std::string_view organisation, const model::TransactionId& id)
      : key_(key), organisation_(organisation), id_(id) {}
  void fill(void* out, size_t size) override {
    auto* to = static_cast<char*>(out);
    while (size > 0) {
      const Hash256 block = key_.salt(organisation_, id_, blocks_++);
      const size_t take = std::min(size, block.view().size());
      std::copy_n(block.view().data(), take, to);
      to += take;
      size -= take;
    }
  }

 private:
  const EnvelopeKey& key_;
  const std::string_view organisation_;
  const model::TransactionId& id_;
  uint64_t blocks_ = 0;
};

Result<proto::EncodedTransaction> encode(Centre& centre, const log::ScopeState& scope,
                                         const model::Transaction& transaction, const model::Version& previous_base,
                                         bool derived) {
  const std::string& organisation = scope.organisation;
  if (!derived) return proto::encode_transaction(organisation, transaction, previous_base, centre.random());
  DerivedSalts salts(centre.key(), organisation, transaction.header.id);
  return proto::encode_transaction(organisation, transaction, previous_base, salts);
}

}  // namespace

Result<> write_own(Work& work, log::ScopeKey scope, OwnWrite write) {
  Centre& centre = work.centre();
  SATCHEL_ASSIGN(ReplicaId own, centre.own_replica());
  if (write.derived) own = write.derived->replica;
  SATCHEL_ASSIGN(log::Appender place, log::Appender::open(centre.db(), scope));
  SATCHEL_ASSIGN(const log::ReplicaState* before, place.replica(own));
  const model::Version previous_base = before == nullptr ? model::Version() : before->base;
  const log::ScopeState& state = place.scope();

  model::Transaction transaction;
  model::Header& header = transaction.header;
  header.id = {state.id, own, before == nullptr ? 1 : before->counter + 1};
  header.worker = std::move(write.worker);
  header.author = model::Author::centre;
  header.wall_ms = write.wall_ms;
  header.heard_ms = write.heard_ms;
  if (write.derived) {
    header.schema_version = write.derived->schema_version;
    header.base = std::move(write.derived->base);
    header.base.join(previous_base);
    header.base.set(own, header.id.counter - 1);
  } else {
    header.schema_version = centre.schema().version();
    SATCHEL_ASSIGN(header.base, centre.log().version(scope));
  }
  header.shown = header.base;
  if (write.shown) header.shown.meet(*write.shown);
  header.verdicts_known = header.id.counter - 1;  // its verdicts are its own
  header.origin = std::move(write.origin);
  transaction.ops = std::move(write.ops);
  SATCHEL_ASSIGN(const auto encoded, encode(centre, state, transaction, previous_base, write.derived.has_value()));
  SATCHEL_ASSIGN(auto decoded, proto::decode_transaction(state.organisation, encoded.bytes));
  SATCHEL_TRY(decoded.complete(previous_base));

  const int64_t received = std::max(centre.clock().wall_ms(), state.last_received_ms);
  SATCHEL_ASSIGN(const uint64_t greatest, place.greatest_ord_gained(own, decoded.base_gained));
  model::Entry entry;
  entry.position = state.head + 1;
  entry.id = header.id;
  entry.hash = encoded.hash;
  entry.bytes = encoded.bytes;
  const uint64_t ord = log::ord({header.wall_ms, header.heard_ms, received, received, greatest});
  entry.envelope = {state.epoch, entry.position, received, ord, {}};
  entry.envelope.mac = centre.key().mac(state.organisation, state.id, entry);
  SATCHEL_TRY(place.append(entry, &decoded));
  const bool release = header.origin && !header.origin->late;
  if (release) SATCHEL_TRY(note_release(centre.db(), scope.org, released_by(header), entry.position));
  return place.flush();
}

}  // namespace satchel::server
