// A run's directory and what lies in it before anybody works: a centre made by `satchel-server init`, its people with
// what they may write, and tablets made by `satchel init`.
#pragma once

#include <string>
#include <vector>

#include "tests/kills/actors.hpp"
#include "tests/support/temporary_directory.hpp"

namespace satchel::kills {

class Site {
 public:
  // Grants are noted in `rights`.
  Site(sim::Rights& rights, bool backups);
  const test::TemporaryDirectory& directory() const { return directory_; }
  void keep() { directory_.keep(); }
  std::string centre() const { return directory_.path("centre"); }
  uint16_t port() const { return port_; }  // of the centre
  const std::vector<TabletSetUp>& tablets() const { return tablets_; }
  const ScopeId& team() const { return team_; }

 private:
  void make_centre(bool backups);
  void grant_all(sim::Rights& rights);
  ScopeId grant(const std::string& worker, std::vector<std::string> what) const;
  std::string operate(std::vector<std::string> words) const;
  void make_tablet(const std::string& worker, bool grouped, bool syncs);

  test::TemporaryDirectory directory_;
  uint16_t port_ = 0;
  ScopeId team_;
  std::vector<TabletSetUp> tablets_;
};

}  // namespace satchel::kills
