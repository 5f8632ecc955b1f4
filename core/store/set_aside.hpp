// Refused transactions: out of the fold, readable to their author with the reason, never dropped (DESIGN §2.4, §2.11).
#pragma once

#include <vector>

#include "core/store/outbox.hpp"
#include "core/store/store.hpp"

namespace satchel::store {

// Moves a row of the outbox here; own later ones on the same records that were written before the refusal was known
// are taken out of the fold with it ("waiting"), and those that depend on them. `touched` gains every record whose
// state may have changed; the caller refreshes them.
Result<> set_aside_row(Work& work, const OutboxRow& row, std::string_view reason,
                       std::vector<std::pair<log::ScopeKey, model::RecordKey>>& touched);
// The same for a row that cannot be sent, though nobody refused it: what builds on it stays in the outbox.
Result<> put_aside_alone(Work& work, const OutboxRow& row, std::string_view reason,
                         std::vector<std::pair<log::ScopeKey, model::RecordKey>>& touched);
inline constexpr const char* damaged_words =
    "It was damaged in this tablet's memory and could not be sent. Please write it again.";
// Looks through the outbox for what does not match its hash any more, puts it here, readable as far as it is, and
// refreshes what is shown without it.
Result<> set_damaged_aside(Work& work);
Result<> insert_set_aside(sqlite::Database& db, const model::TransactionId& id, std::string_view reason,
                          int64_t wall_ms, BytesView bytes);
Result<> forget_set_aside(sqlite::Database& db, const model::TransactionId& id);
// The centre brought its origin back under a new id. Not what is set aside here under the old one with other words: where a tablet's
// file was put back, it wrote something else into the same slot.
Result<> forget_released(Work& work, const model::Transaction& release);
// A tablet that gave back other people's words after a restore has them here when their author's own tablet was copied
// or put back and issued them again (fork.hpp): the same words, by the same person, written at the same moment.
Result<> forget_what_stands_again(Work& work, const model::Transaction& standing);
// ---- a restore may have taken the content from the centre, where a person could still have brought it back
// Notes which of these are to be sent again, as far as they are here; were there any?
Result<bool> want_set_aside(sqlite::Database& db, const std::vector<model::TransactionId>& ids);
// The content of those, as pushes, until `budget` bytes are full (at least one).
Result<std::vector<proto::Push>> wanted_content(sqlite::Database& db, size_t budget);
Result<> content_answered(sqlite::Database& db, const model::TransactionId& id, proto::VerdictKind verdict);
// Refused ones and those that wait with them, in the order written.
Result<std::vector<SetAside>> list_set_aside(sqlite::Database& db, std::string_view organisation);
Result<uint64_t> count_set_aside(sqlite::Database& db);

}  // namespace satchel::store
