#include "tests/sim/at_rest.hpp"

#include "tests/sim/sealed.hpp"
#include "tests/sim/world.hpp"

namespace satchel::sim {
namespace {

std::string both(const std::string& fault, const std::string& logged) {
  return fault.empty() || logged.empty() ? fault + logged : fault + "; " + logged;
}

TabletAtRest at_rest(TabletMachine& machine) {
  TabletAtRest tablet;
  tablet.name = machine.name();
  tablet.worker = machine.worker();
  tablet.number = machine.number();
  if (machine.running()) {
    tablet.store = &machine.store();
    tablet.reader = &machine.reader();
  }
  tablet.life = machine.life;
  tablet.copied = machine.copied;
  tablet.gone = machine.gone;
  tablet.forks = machine.logger.forks();
  tablet.faults = both(machine.fault, machine.logger.faults());
  return tablet;
}

}  // namespace

AtRest at_rest(World& world) {
  AtRest all;
  for (const auto& tablet : world.tablets) all.tablets.push_back(at_rest(*tablet));
  all.admin = [&world]() -> server::Admin& { return world.centre->admin(); };
  all.centre = std::make_shared<CentreLog>([&world] { return world.open_centre(); });
  all.centre_faults = both(world.centre->fault, world.centre->logger.faults());
  all.restores = world.centre->restores;
  all.sealing_keys = sealing_keys(world.centre->disk);
  all.promises = &world.promises;
  all.rights = &world.rights;
  all.known = &world.known;
  all.team = world.team;
  all.name_of_scope = [&world](const ScopeId& scope) { return world.name_of_scope(scope); };
  return all;
}

}  // namespace satchel::sim
