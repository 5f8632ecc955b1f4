// What several groups of one run need and what takes long to make: made when the first one asks.
#pragma once

#include <memory>

#include "tests/bench/caseload_world.hpp"
#include "tests/support/temporary_directory.hpp"

namespace satchel::bench {

class Shared {
 public:
  Shared(const std::string& directory, const Scale& scale) : scratch_(directory), scale_(scale) {}
  CaseloadWorld& caseload() {
    if (!caseload_) caseload_ = std::make_unique<CaseloadWorld>(scratch_.path(), scale_);
    return *caseload_;
  }

 private:
  const test::TemporaryDirectory scratch_;
  const Scale scale_;
  std::unique_ptr<CaseloadWorld> caseload_;
};

}  // namespace satchel::bench
