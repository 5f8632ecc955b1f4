// A worker's store with short words for what a test does with it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/logger.hpp"
#include "core/store/store.hpp"
#include "proto/codec.hpp"
#include "tests/store_support/small_centre.hpp"
#include "tests/store_support/take.hpp"
#include "tests/support/temporary_directory.hpp"

namespace satchel::test {

const std::string& small_schema();

// Changes of records of the small schema.
store::Change create(const ScopeId& scope, const std::string& collection, const RecordId& id);
store::Change remove(const std::string& collection, const RecordId& id);
store::Change restore(const std::string& collection, const RecordId& id);
store::Change assign(const std::string& collection, const RecordId& id, const std::string& field,
                     const model::Value& value, const std::string& reason = {});

// A closed store's file with its write-ahead log, and with the device's secret, as when a whole device is copied or put back.
void copy_store_file(const std::string& from, const std::string& to);

class Tablet {
 public:
  Tablet(std::string path, std::string worker, ManualClock& clock, uint64_t seed, std::string vfs = {});

  void open();
  store::Options options() const;
  void close() { store.reset(); }
  RecordId new_id() { return RecordId{uuid_v7(clock.wall_ms(), random)}; }

  Result<store::Receipt> try_commit(std::vector<store::Change> changes, const store::ReadToken& shown = {});
  store::Receipt commit(std::vector<store::Change> changes, const store::ReadToken& shown = {});
  ScopeId open_scope(const std::string& kind, const ScopeId& parent = {});
  // A person with a name, in one commit.
  RecordId person(const ScopeId& scope, const std::string& name);

  store::ReadToken token();
  std::optional<store::Record> record(const std::string& collection, const RecordId& id);
  // The deterministic pick, as text ("" when there is none), and all that stand.
  std::string text(const RecordId& person, const std::string& field);
  std::vector<std::string> standing(const RecordId& person, const std::string& field);
  store::Status status();
  std::vector<store::SetAside> set_aside();
  std::vector<store::InboxEntry> conflicts();
  void verify() { take(store->verify()); }

  // Rounds until nothing is left; the notes of all of them.
  std::vector<std::string> sync(SmallCentre& centre);
  proto::SyncRequest request(size_t push_bytes = 512 << 10);
  store::Applied apply(const proto::SyncResponse& response, const proto::SyncRequest& request);
  // One round whose answer is lost.
  void lose_answer(SmallCentre& centre);
  store::Applied round(SmallCentre& centre);
  // One whose answer had room for the verdicts alone.
  store::Applied round_without_pages(SmallCentre& centre);

  // The file with what it has not yet checkpointed: aside, and from there into the place of this tablet's.
  void save_file(const std::string& to);
  void put_back_file(const std::string& from);

  std::string path, worker, vfs;
  ManualClock& clock;
  SeededRandom random;
  NullLogger logger;
  store::RequestLimits limits;
  std::shared_ptr<store::SecretKeeper> secrets;  // where the disk is in memory; else the file beside the store
  std::unique_ptr<store::Store> store;
};

// A centre, a team, and tablets by worker.
class World {
 public:
  World();
  Tablet& tablet(const std::string& worker, const std::string& file = {});
  // A case that these workers may write in, already on their tablets.
  ScopeId shared_case(std::vector<Tablet*> tablets);
  // Rounds of all until all are quiet.
  void settle(std::vector<Tablet*> tablets);

  TemporaryDirectory directory;
  ManualClock clock;
  SmallCentre centre;

 private:
  uint64_t seed_ = 1000;
  std::vector<std::unique_ptr<Tablet>> tablets_;
};

}  // namespace satchel::test
