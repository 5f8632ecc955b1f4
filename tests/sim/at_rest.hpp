// What checks look at once everything is healed and at rest: the stores of tablets and a centre, and what whoever drove
// them knows by itself. They may have run in a world or as processes on real files. Borrows all of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/store/store.hpp"
#include "server/admin.hpp"
#include "tests/sim/log_of_centre.hpp"
#include "tests/sim/people.hpp"
#include "tests/sim/promises.hpp"
#include "tests/sim/rights.hpp"

namespace satchel::sim {

class World;

struct TabletAtRest {
  std::string name, worker;
  size_t number = 0;                // as in Promise::tablet
  store::Store* store = nullptr;    // null: it does not run
  store::Reader* reader = nullptr;  // null with it
  uint64_t life = 0;                // as in Promise::life
  bool copied = false;              // its file is in use elsewhere too
  bool gone = false;                // lost for good: not expected to agree
  uint64_t forks = 0;               // how often it took a new replica id
  std::string faults;               // what it met of its own mistakes; empty: none

  bool running() const { return store != nullptr; }
  const model::Schema& schema() const { return reader->schema(); }
  Result<std::optional<store::Record>> record(const model::RecordKey& key) const {
    return reader->record(key.collection, key.record);
  }
};

struct AtRest {
  std::vector<TabletAtRest> tablets;
  std::function<server::Admin&()> admin;  // of the centre
  std::shared_ptr<CentreLog> centre;
  std::string centre_faults;
  uint64_t restores = 0;            // how often the centre was put back to a backup
  std::vector<Bytes> sealing_keys;  // the centre's, private halves
  const Promises* promises = nullptr;
  const Rights* rights = nullptr;
  const KnownRecords* known = nullptr;
  ScopeId team;
  std::function<std::string(const ScopeId&)> name_of_scope;
};

// A world's. It stays as it is while this is looked at.
AtRest at_rest(World& world);

}  // namespace satchel::sim
