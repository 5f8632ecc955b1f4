// What the world was promised: every commit that returned. Each carries a mark in its words, so that it is recognised
// wherever it turns up, under whatever id.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.hpp"
#include "core/model/transaction.hpp"
#include "core/sqlite/database.hpp"

namespace satchel::sim {

struct Promise {
  uint32_t mark = 0;
  ScopeId scope;
  size_t tablet = 0;
  uint64_t life = 0;  // of the tablet's file
  std::string worker;
  // The commit returned. Not so when the disk failed in it, or when its last copy went in a way that nobody promised to
  // survive: then it may stand or not, but never twice.
  bool certain = true;
  std::string why_not;
};

std::string words_of_mark(uint32_t mark);            // "why#000017": goes into the reason of the ops
std::optional<uint32_t> mark_in(BytesView encoded);  // of a transaction; empty: none (an opening, the centre's own)

// Where copies of marked transactions lie in one store or centre: outbox, log, set aside, quarantine.
Result<std::set<uint32_t>> marks_in(sqlite::Database& db);

class Promises {
 public:
  uint32_t next() { return ++last_; }
  void add(Promise promise) { all_[promise.mark] = std::move(promise); }
  const std::map<uint32_t, Promise>& all() const { return all_; }
  Promise* find(uint32_t mark);
  // After an event that takes copies away: what is nowhere any more is no longer certain, where nobody promised that it
  // survives such a thing.
  void let_go(const std::set<uint32_t>& everywhere, const std::function<bool(const Promise&)>& nobody_promised,
              const std::string& why);

 private:
  std::map<uint32_t, Promise> all_;
  uint32_t last_ = 0;
};

}  // namespace satchel::sim
