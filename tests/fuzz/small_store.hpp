// One case with four records of each of its collections, on a store in memory: three with what can be searched for, one
// with nothing. For fuzz targets that read.
#pragma once

#include <memory>
#include <string>

#include "core/store/store.hpp"
#include "tests/support/memory_disk.hpp"

namespace satchel::fuzz {

// Ends the process with these words, which is what libFuzzer takes for a find.
void require(bool holds, const std::string& what);

class SmallStore {
 public:
  SmallStore();
  store::Reader& reader() { return *reader_; }

 private:
  ScopeId hear_of_team();
  void write(const ScopeId& scope, const model::Collection& collection, int number);

  support::MemoryDisk disk_;
  ManualClock clock_;
  SeededRandom random_{2};
  NullLogger logger_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Reader> reader_;
};

// Made at the first call.
SmallStore& small_store();

}  // namespace satchel::fuzz
