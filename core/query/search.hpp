// search: the words of the caseload, ranked. Reads the full-text index that core/store keeps (search_index.hpp); what
// waits to be indexed is not found yet, and the answer says how much that is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/query/query.hpp"

namespace satchel::query {

struct Search {
  // As a person types it: words, "words in this order", begin*. All must occur in a record. Case and accents do not count,
  // other signs part words. Code::invalid only when no word is left, or more than 32.
  std::string text;
  std::vector<std::string> collections;   // empty: all
  std::optional<ScopeId> scope;
  // Only what lives where this record lives, or below: of a person everything in her case, the restricted part of it too,
  // where this store holds it.
  std::optional<model::RecordKey> about;
  bool include_voided = false;
  uint32_t limit = 20;  // 1..100
};

// A piece of a text as it stands, and whether it is what was searched for.
struct Piece {
  std::string text;
  bool hit = false;
};

struct Hit {
  ScopeId scope;
  model::RecordKey record;
  std::string title;            // the first words of it that lists are made of; may be empty
  std::string field;            // that the snippet is from
  std::vector<Piece> snippet;   // about 24 words
};

struct Found {
  std::vector<Hit> hits;     // best first; of equal rank those indexed last
  uint64_t waiting = 0;      // records that are not indexed yet, at most
  uint64_t of = 0;           // of so many, while the index is made anew; else 0
  store::ReadToken token;
};

Result<Found> search(store::Reader& reader, const Search& search);

}  // namespace satchel::query
