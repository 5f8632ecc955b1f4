// live: results that are followed. Each knows what it showed last and what could change it; look() says what is different
// now. A look costs nothing to speak of when what changed cannot matter: other collections and scopes, records that
// neither are in the result nor come into it.
//
// Who calls look() passes every change of the store exactly once, in order, as store::changes_after() tells it, inside a
// pinned view of the reader. On an error nothing is taken back: the next look has to be told that anything changed.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/base/hash.hpp"
#include "core/query/continuation.hpp"
#include "core/query/difference.hpp"
#include "core/query/query.hpp"
#include "core/store/changed_records.hpp"

namespace satchel::query {

struct Plan;

// From the result before to the one now. Who keeps a list takes out what was removed and what moved, by places in the list
// before, then puts in what moved and what is new, ascending by places in the list now.
struct Difference {
  struct Gone {
    size_t from = 0;
    RecordId id;
  };
  struct Moved : Move {
    RecordId id;
  };
  struct Placed {
    size_t at = 0;
    store::Record record;
  };
  bool first = false;             // there was none before: all is inserted
  std::vector<Gone> removed;      // ascending, as all of these
  std::vector<Moved> moved;       // the fewest that lead there
  std::vector<Placed> inserted;
  std::vector<Placed> updated;    // reads differently; may be among the moved
  std::string next;               // as Page::next
  bool empty() const { return removed.empty() && moved.empty() && inserted.empty() && updated.empty(); }
};

class LiveQuery {
 public:
  explicit LiveQuery(Query query) : query_(std::move(query)) {}
  // Empty: nothing is different.
  Result<std::optional<Difference>> look(store::Reader& reader, const store::Changes& changes);

 private:
  struct Item {
    Continuation at;
    Hash256 print;  // of all that a reader sees of it
  };
  enum class Effect { none, more, less, result };  // more, less: behind the end of the page

  Result<bool> touched(store::Reader& reader, const Plan& plan, const std::vector<store::ChangedRecord>& changed);
  Result<Effect> effect(store::Reader& reader, const Plan& plan, const store::ChangedRecord& changed) const;
  bool shows(const store::ChangedRecord& changed) const;
  Result<Difference> compare(store::Reader& reader, const Plan& plan, const store::Changes& changes);

  Query query_;
  bool first_ = true;
  std::vector<Item> items_;
  std::string next_;
};

class LiveCount {
 public:
  explicit LiveCount(Query query) : query_(std::move(query)) {}
  Result<std::optional<uint64_t>> look(store::Reader& reader, const store::Changes& changes);

 private:
  Query query_;
  std::optional<uint64_t> last_;
};

class LiveRecord {
 public:
  LiveRecord(std::string collection, RecordId id) : key_{std::move(collection), id} {}
  struct Seen {
    std::optional<store::Record> record;  // empty: there is none here, or no more
  };
  Result<std::optional<Seen>> look(store::Reader& reader, const store::Changes& changes);

 private:
  model::RecordKey key_;
  bool first_ = true;
  std::optional<Hash256> print_;
};

// The whole inbox whenever something in it changed.
class LiveInbox {
 public:
  Result<std::optional<std::vector<store::InboxEntry>>> look(store::Reader& reader, const store::Changes& changes);

 private:
  bool first_ = true;
  std::set<model::RecordKey> records_;  // that have entries
};

}  // namespace satchel::query
