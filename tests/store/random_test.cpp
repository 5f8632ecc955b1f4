// Tablets, a centre and bad luck in random order. Whatever happens, in the end all hold the same, and everything that
// was ever committed is in the centre's log or readable as set aside.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <set>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

class Chaos {
 public:
  explicit Chaos(uint64_t seed) : random_(seed) {
    world_.centre.keeps_backup = true;
    world_.centre.refuse = [](const model::Transaction& transaction) {
      for (const auto& op : transaction.ops) {
        if (op.field == "email" && op.value == proto::encode_value(std::string("bad"))) return "Not allowed.";
      }
      return "";
    };
    for (const char* worker : {"amy", "ben", "cat"}) tablets_.push_back(&world_.tablet(worker));
    scopes_ = {world_.shared_case(tablets_), world_.shared_case(tablets_)};
    for (const ScopeId& scope : scopes_) people_.push_back(tablets_[0]->person(scope, "Somebody"));
    world_.settle(tablets_);
    backup();
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    for (int i = 0; i < 4; ++i) world_.settle(tablets_);
  }

  void check() {
    std::set<std::string> kept;
    for (const ScopeId& scope : scopes_) {
      for (const auto& entry : world_.centre.entries(scope)) {
        if (entry.slot == model::Slot::content) {
          note_markers(take(proto::decode_transaction("north", entry.bytes)).transaction.ops, kept);
        }
      }
    }
    for (Tablet* tablet : tablets_) {
      tablet->verify();
      CHECK(tablet->status().unsent == 0);
      for (const auto& item : tablet->set_aside()) note_markers(item.ops, kept);
      for (size_t i = 0; i < people_.size(); ++i) {
        const auto record = tablet->record("person", people_[i]);
        REQUIRE(record);
        CHECK(merge::encode(record->state) == *world_.centre.record(scopes_[i], {"person", people_[i]}));
      }
    }
    for (const std::string& marker : committed_) {
      INFO(marker);
      CHECK(kept.count(marker) == 1);
    }
  }

 private:
  static void note_markers(const std::vector<model::Op>& ops, std::set<std::string>& kept) {
    for (const auto& op : ops) {
      if (op.collection == "diary" && op.field == "words") kept.insert(op.value);
    }
  }

  Tablet& anyone() { return *tablets_[random_.below(tablets_.size())]; }

  void step() {
    world_.clock.advance(static_cast<int64_t>(random_.below(5000)));
    switch (random_.below(20)) {
      case 0:
        return anyone().lose_answer(world_.centre);
      case 1:
        return verdicts_only(anyone());
      case 2:
        return reopen(anyone());
      case 3:
        return random_.below(4) == 0 ? restore() : backup();
      case 4:
        return random_.below(3) == 0 ? copy(anyone()) : form(anyone());
      case 5:
        return overtake(anyone());
      case 6:
        world_.clock.set_wall(world_.clock.wall_ms() + static_cast<int64_t>(random_.below(3'000'000)));
        return;
      case 7:
      case 8:
      case 9:
        anyone().round(world_.centre);
        return;
      default:
        return write(anyone());
    }
  }

  // The scope is drawn first, so that the record is one that lives there.
  void write(Tablet& tablet, const store::ReadToken& shown = {}) {
    const size_t which = random_.below(scopes_.size());
    const RecordId person = people_[which], diary = tablet.new_id();
    const std::string marker = std::to_string(committed_.size()) + " by " + tablet.worker;
    std::vector<store::Change> changes = {create(scopes_[which], "diary", diary),
                                          assign("diary", diary, "words", marker)};
    const auto add = [&](store::Change change) { changes.push_back(std::move(change)); };
    if (random_.below(2) == 0) add(assign("person", person, "name", marker));
    if (random_.below(3) == 0) add(assign("person", person, "wishes", marker));
    if (random_.below(3) == 0) add(assign("person", person, "email", random_.below(3) == 0 ? "bad" : marker));
    static const char* const levels[] = {"none_known", "low", "medium", "high"};
    if (random_.below(3) == 0) add(assign("person", person, "risk", levels[random_.below(4)], "because"));
    static const char* const labels[] = {"referred", "active", "closed"};
    if (random_.below(3) == 0) add(assign("person", person, "status", labels[random_.below(3)]));
    if (random_.below(8) == 0) add(random_.below(2) == 0 ? remove("person", person) : restore_change(person));
    const auto result = tablet.try_commit(changes, shown);  // some moves are not legal: then nothing was written
    if (result.ok())
      committed_.insert(proto::encode_value(marker));
    else
      CHECK(result.error().code == Code::invalid);
  }

  static store::Change restore_change(const RecordId& person) { return test::restore("person", person); }

  // A form that stays open over a sync.
  void form(Tablet& tablet) {
    const store::ReadToken token = tablet.token();
    tablet.round(world_.centre);
    write(tablet);
    write(tablet, token);
  }

  void verdicts_only(Tablet& tablet) {
    const auto request = tablet.request();
    auto response = world_.centre.answer(request, tablet.store->identity().replica, tablet.worker);
    response.pages.clear();
    response.more = true;
    tablet.apply(response, request);
  }

  void overtake(Tablet& tablet) {
    const auto first = tablet.request();
    write(tablet);
    const auto second = tablet.request();
    const ReplicaId replica = tablet.store->identity().replica;
    const auto answer_first = world_.centre.answer(first, replica, tablet.worker);
    const auto answer_second = world_.centre.answer(second, replica, tablet.worker);
    tablet.apply(answer_second, second);
    // Another name since: an answer to the old one says nothing.
    if (tablet.store->identity().replica == replica) tablet.apply(answer_first, first);
  }

  void reopen(Tablet& tablet) {
    tablet.close();
    tablet.open();
  }

  // A second device with the same file: both go on.
  void copy(Tablet& tablet) {
    if (tablets_.size() > 4) return;
    const std::string file = "copy" + std::to_string(tablets_.size()) + ".db";
    tablet.close();
    for (const char* suffix : {"", "-wal"}) {
      if (std::filesystem::exists(tablet.path + suffix)) {
        std::filesystem::copy_file(tablet.path + suffix, world_.directory.path(file) + suffix);
      }
    }
    tablet.open();
    tablets_.push_back(&world_.tablet(tablet.worker, file));
  }

  void backup() {
    world_.centre.save("backup.db");
    // One number for both scopes, as the small centre has only one.
    world_.centre.backup_to = std::min(world_.centre.state(scopes_[0]).head, world_.centre.state(scopes_[1]).head);
  }

  void restore() { world_.centre.put_back("backup.db"); }

  SeededRandom random_;
  World world_;
  std::vector<Tablet*> tablets_;
  std::vector<ScopeId> scopes_;
  std::vector<RecordId> people_;
  std::set<std::string> committed_;
};

}  // namespace

TEST_CASE("whatever happens, in the end all hold the same and nothing is lost") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    Chaos chaos(seed);
    chaos.run(80);
    chaos.check();
  }
}
