#pragma once

#include "core/model/transaction.hpp"

namespace satchel::model {

// The same words, by the same person, written at the same moment, under whatever id: a tablet that was copied or put back,
// or whose ground a restore took away, issues again what it has.
inline bool same_words(const Transaction& a, const Transaction& b) {
  return a.header.worker == b.header.worker && a.header.wall_ms == b.header.wall_ms && a.ops == b.ops;
}

}  // namespace satchel::model
