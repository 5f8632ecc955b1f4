// Inside core/log only: folding kept entries again, apart from the incremental path of the appender.
#pragma once

#include <map>
#include <optional>

#include "core/log/rows.hpp"

namespace satchel::log {

merge::Context context_of(const model::Entry& entry, const model::Header& header);
inline bool is_erased(const proto::DecodedTransaction& decoded, size_t op) {
  return op < decoded.erased.size() && decoded.erased[op];
}

// Takes entries in their order: decodes them, completes their bases, keeps where each replica stands.
class Replay {
 public:
  explicit Replay(std::string organisation) : organisation_(std::move(organisation)) {}
  // Empty for empty and lost slots. Code::corrupt when the entry does not follow its replica's last one.
  Result<std::optional<proto::DecodedTransaction>> next(const model::Entry& entry);

  std::map<ReplicaId, rows::ReplicaRow> replicas;

 private:
  std::string organisation_;
};

struct FoldedRecord {
  std::optional<merge::RecordState> state;  // empty: not there
  uint64_t touched = 0;
};

// The scope as it stood at a position: every replica, and those records that something changed above it (the others
// stand in `records` as they were).
struct FoldedScope {
  std::map<ReplicaId, rows::ReplicaRow> replicas;
  std::map<model::RecordKey, FoldedRecord> changed_since;
  uint64_t folded = 0;  // entries
};
// From the layer, or from the first entry when `position` is below it. Code::not_found when neither is kept.
Result<FoldedScope> fold_to(sqlite::Database& db, const rows::ScopeRow& scope, uint64_t position);
// Lets go of the entries that the snapshot covers; the caller writes the scope's row.
Result<> drop_older(sqlite::Database& db, rows::ScopeRow& scope);
// Where every replica stood at the layer.
Result<std::map<ReplicaId, rows::ReplicaRow>> replicas_at_layer(sqlite::Database& db, const rows::ScopeRow& scope);

}  // namespace satchel::log
