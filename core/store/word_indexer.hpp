// Brings the full-text index up to the writes, on a connection of its own: it needs no Store, and whoever searches need
// not wait for the store's thread. Never waits for the disk: what a power cut takes of the index is made again.
#pragma once

#include <memory>

#include "core/store/search_index.hpp"
#include "core/store/store.hpp"

namespace satchel::store {

class WordIndexer {
 public:
  // Of a store that is there.
  static Result<std::unique_ptr<WordIndexer>> open(const Options& options);
  virtual ~WordIndexer() = default;
  // Indexes up to `most` of the records that wait, in one short transaction; what is left then. Writes nothing when none
  // waits. A damaged index is emptied, and made anew by the next calls. One thread at a time.
  virtual Result<SearchProgress> index_some(size_t most) = 0;
  // In one moment of the store. Holds up no writer.
  virtual Result<SearchVerdict> verify() = 0;
  // For whoever finds it damaged by reading it.
  virtual Result<> make_anew() = 0;
};

}  // namespace satchel::store
