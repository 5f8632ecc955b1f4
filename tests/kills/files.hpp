// The files of a run as the checks want to see them: the stores of its tablets and the centre's, opened here once no
// other process has them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/logger.hpp"
#include "core/base/random.hpp"
#include "tests/kills/actors.hpp"
#include "tests/sim/at_rest.hpp"

namespace satchel::kills {

class Files {
 public:
  // Opens what it can. What does not open is a fault of its tablet in the account.
  Files(const std::string& centre, const std::vector<TabletSetUp>& tablets, const ScopeId& team, Account& account);
  const sim::AtRest& at_rest() const { return all_; }
  uint64_t entries() const { return entries_; }  // in the centre's log
  uint64_t quarantined();

 private:
  struct Opened {
    std::unique_ptr<store::Store> store;
    std::unique_ptr<store::Reader> reader;
  };
  void open(const TabletSetUp& tablet, Account& account);
  void look_at_centre();
  sqlite::Database open_centre() const;

  const std::string centre_;
  SystemClock clock_;
  SystemRandom random_;
  NullLogger logger_;
  std::unique_ptr<server::Admin> admin_;
  std::vector<Opened> opened_;
  sim::KnownRecords known_;
  sim::AtRest all_;
  uint64_t entries_ = 0;
};

// Where a tablet's store stands: what is unsent, and how far it has come in each scope.
std::string standing(const TabletSetUp& tablet);

}  // namespace satchel::kills
