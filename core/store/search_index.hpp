// The full-text index (decision 15): one row of words per record, of what a read shows of it, the outbox included. It is
// kept up behind the writes, not by them: a write notes which records changed (changed_records.hpp), and index_words()
// brings the index to there, in the background or when somebody searches (word_indexer.hpp). What it has not come to is
// counted, never guessed.
//
// Words are only ever added: a changed record gets a new row, and its old one, which search_docs no longer knows, is
// nobody's. When there are too many of those, and whenever a scope leaves (its words must be gone), the index is emptied and
// made anew from the records.
#pragma once

#include "core/model/schema.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

struct SearchProgress {
  uint64_t waiting = 0;  // records to be indexed yet, at most; 0: the index is complete
  uint64_t of = 0;       // of so many, when all are (the index is made anew); else 0
};
Result<SearchProgress> search_progress(sqlite::Database& db);

// Indexes up to `most` of the records that wait. Inside a write transaction, as the next two.
Result<> index_words(sqlite::Database& db, const model::Schema& schema, size_t most);
// Empties it, also a damaged one; it is made anew from the records.
Result<> reset_search(sqlite::Database& db);
// Has the index the words of every record that it says it has, each at its place, and of no other? Made of what a read shows
// of the records, and compared word by word. Reads only.
struct SearchVerdict {
  uint64_t records = 0;  // whose words were compared
  uint64_t waiting = 0;  // to be indexed yet, at most: they were not
  std::string damage;    // the first, in words; empty: none
};
Result<SearchVerdict> verify_search(sqlite::Database& db, const model::Schema& schema);
// Before the records of a scope go.
Result<> forget_words(sqlite::Database& db, log::ScopeKey scope);

}  // namespace satchel::store
