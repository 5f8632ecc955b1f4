// Draft -> transactions: one per scope, encoded once, into the outbox and the overlay, in the caller's SQLite
// transaction. Nothing is written when anything in the draft is not allowed.
#pragma once

#include "core/store/store.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

Result<Receipt> commit_draft(Work& work, const Draft& draft);

}  // namespace satchel::store
