#include "core/store/seal.hpp"

#include <sodium.h>

#include "core/store/outbox.hpp"

namespace satchel::store {
namespace {

Result<> seal(Work& work, const ScopeId& scope, uint64_t position, BytesView content) {
  Bytes sealed(content.size() + crypto_box_SEALBYTES, '\0');
  const auto* key = reinterpret_cast<const unsigned char*>(work.row.sealing_key.data());
  const int failed = crypto_box_seal(reinterpret_cast<unsigned char*>(sealed.data()),
                                     reinterpret_cast<const unsigned char*>(content.data()), content.size(), key);
  if (failed != 0) return make_error(Code::protocol, "The organisation's key cannot be used.", "sealing_key");
  sqlite::Statement& q =
      work.db.prepare("INSERT OR REPLACE INTO sealed (scope_id, position, content) VALUES (?, ?, ?)");
  q.bind_blob(0, scope.view()).bind(1, number(position)).bind_blob(2, sealed);
  return q.run();
}

}  // namespace

Result<> seal_scope(Work& work, const HeldScope& scope) {
  if (work.row.sealing_key.size() != crypto_box_PUBLICKEYBYTES) return {};
  SATCHEL_ASSIGN(const log::ScopeState state, work.log.scope(scope.key));
  SATCHEL_ASSIGN(const auto entries, work.log.entries_after(scope.key, state.kept_to, SIZE_MAX));
  for (const auto& entry : entries) {
    if (!entry.bytes.empty()) SATCHEL_TRY(seal(work, scope.id, entry.position, entry.bytes));
  }
  SATCHEL_ASSIGN(const auto rows, outbox_rows(work.db, scope.key, INT64_MIN, SIZE_MAX >> 1));
  for (const auto& row : rows) {
    if (row.state == OutboxState::accepted && row.position > state.kept_to && !row.bytes.empty()) {
      SATCHEL_TRY(seal(work, scope.id, row.position, row.bytes));
    }
  }
  return {};
}

}  // namespace satchel::store
