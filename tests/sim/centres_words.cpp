#include "tests/sim/centres_words.hpp"

#include "proto/codec.hpp"
#include "tests/sim/centre.hpp"

namespace satchel::sim {

std::vector<model::TransactionId> CentresWords::changed_in(const proto::Page& page) {
  std::vector<model::TransactionId> changed;
  for (const model::Entry& entry : page.entries) {
    if (entry.slot != model::Slot::content || entry.bytes.empty()) continue;  // empty: the tablet's own
    const auto decoded = proto::decode_transaction(kOrganisation, entry.bytes);
    if (!decoded.ok() || decoded->transaction.header.author != model::Author::centre) continue;
    const auto [known, fresh] = known_.try_emplace(entry.id, entry.hash);
    if (!fresh && known->second != entry.hash) changed.push_back(entry.id);
  }
  return changed;
}

}  // namespace satchel::sim
