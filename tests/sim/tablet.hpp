// One tablet as a machine: the real store on a simulated disk, the real engine on a simulated executor and clock.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/store/store.hpp"
#include "sync/engine.hpp"
#include "tests/sim/link.hpp"
#include "tests/sim/secrets.hpp"
#include "tests/support/memory_disk.hpp"

namespace satchel::sim {

struct TabletOptions {
  uint64_t seed = 0;
  size_t number = 0;
  std::string name, worker;
  std::string schema;  // of the app on it
  bool watch = false;
  uint32_t poll_wait_ms = 50'000;
  store::RequestLimits limits;
  sqlite::Durability durability = sqlite::Durability::full;
};

// What a person has in front of them until they save or go away.
struct Form {
  store::ReadToken token;
  ScopeId scope;
  model::RecordKey key;
  merge::RecordState seen;
  model::Version version;  // of the scope, when it was opened: what `shown` has to say
  // What stood in the slots that a restore or another copy of the tablet's file may give to something else, which nobody has
  // seen in this form.
  std::vector<std::pair<model::TransactionId, Hash256>> slots;
};

class TabletMachine {
 public:
  TabletMachine(Timeline& timeline, Story& story, TabletOptions options, Arrive arrive);
  ~TabletMachine();

  void start();
  void close();  // the app is closed: nothing is lost but forms
  void die(support::Stop how);
  bool running() const { return engine_ != nullptr; }
  template <class F>
  void act(F work) {
    guard([&] { work(); });
  }

  // Only while running. commit() tells the engine; its error may leave it open whether it happened.
  Result<store::Receipt> commit(const store::Draft& draft);
  Result<std::optional<store::Record>> record(const model::RecordKey& key) {
    return reader_->record(key.collection, key.record);
  }
  store::Store& store() { return *store_; }
  store::Reader& reader() { return *reader_; }
  sync::Engine& engine() { return *engine_; }
  const model::Schema& schema() { return store_->schema(); }
  // Until nothing is left or it fails; `done` once, perhaps never when it dies.
  void sync_once(std::function<void(Result<sync::EngineStatus>)> done);
  // For at most so long: its number. expect_ended: after that time, or it is a fault; not where the app ended meanwhile.
  uint64_t sync_within(int64_t within_ms);
  void expect_ended(uint64_t sync);
  store::Status status();

  // The files of the machine: the store's and the keystore's.
  using Files = std::map<std::string, std::string>;
  Files files() const { return disk.contents(); }
  // Closed before. The keystore stays as it is, unless the whole machine is put back.
  void put_back(const Files& files, bool whole_machine);
  void set_schema(const std::string& json) { options_.schema = json; }
  const std::string& schema_json() const { return options_.schema; }

  const std::string& name() const { return options_.name; }
  const std::string& worker() const { return options_.worker; }
  size_t number() const { return options_.number; }
  bool grouped() const { return options_.durability == sqlite::Durability::grouped; }

  support::MemoryDisk disk;
  MachineClock clock;
  MachineLogger logger;
  Weather weather;
  LinkCounts link;
  Dice dice;  // what its people do
  std::vector<Form> forms;
  std::string token;                         // of the identity provider; empty: nobody has signed in
  uint64_t deaths = 0, life = 0;             // life: counts files put back
  bool ended_badly = false;                  // since its store was verified last
  int64_t breaks_off_for_ms = 0;             // once it has a part of a snapshot that has more, it loses its way
  bool broke_off = false;                    // it has
  bool gone = false;                         // lost for good: not expected to agree
  bool copied = false;                       // its file is in use elsewhere too
  Files saved;                               // on an earlier day
  uint64_t weathers = 0;                     // how often the weather changed
  std::string fault;
  std::function<void()> on_death;
  std::function<void(const sync::HttpRequest&)> on_request;
  std::function<void(const sync::HttpRequest&, const sync::HttpResponse&)> on_answer;

 private:
  class Tokens final : public sync::TokenProvider {
   public:
    explicit Tokens(TabletMachine& tablet) : tablet_(tablet) {}
    void token(std::function<void(Result<std::string>)> done) override;

   private:
    TabletMachine& tablet_;
  };
  void guard(const std::function<void()>& work);
  void clear();
  Result<> open();

  Timeline& timeline_;
  Story& story_;
  TabletOptions options_;
  Dice random_, link_dice_, chance_;
  Arrive arrive_;
  Tokens tokens_{*this};
  std::unique_ptr<MachineExecutor> executor_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Reader> reader_;
  std::unique_ptr<sync::Transport> transport_;
  std::unique_ptr<sync::Engine> engine_;
  std::set<uint64_t> under_way_;  // syncs that have so much time
  uint64_t last_sync_ = 0;
  int guarding_ = 0;
};

}  // namespace satchel::sim
