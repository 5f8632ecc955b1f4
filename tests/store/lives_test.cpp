// Files that are copied to other devices and put back to earlier days, at random, all of them used on: several scopes,
// small requests and answers, answers that are lost. In the end everything that any file still held stands at the
// centre exactly once, or is set aside with its reason, and all hold the same.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <map>
#include <set>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

using Markers = std::set<std::string>;

class Lives {
 public:
  Lives(uint64_t seed, bool refusals) : random_(seed), refusals_(refusals) {
    world_.centre.refuse = [](const model::Transaction& transaction) {
      for (const auto& op : transaction.ops) {
        if (op.field == "email" && op.value == proto::encode_value(std::string("bad"))) return "Not allowed.";
      }
      return "";
    };
    std::vector<Tablet*> tablets;
    for (const char* worker : {"amy", "ben"}) tablets.push_back(&world_.tablet(worker));
    for (int i = 0; i < 3; ++i) scopes_.push_back(world_.shared_case(tablets));
    for (const ScopeId& scope : scopes_) people_.push_back(tablets[0]->person(scope, "Somebody"));
    world_.settle(tablets);
    for (Tablet* tablet : tablets) files_.push_back({tablet, {}});
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    std::vector<Tablet*> tablets;
    for (File& file : files_) {
      file.tablet->limits = {};
      tablets.push_back(file.tablet);
    }
    for (int i = 0; i < 4; ++i) world_.settle(tablets);
  }

  void check() {
    std::map<std::string, int> stands;
    for (const ScopeId& scope : scopes_) {
      for (const auto& entry : world_.centre.entries(scope)) {
        if (entry.slot != model::Slot::content) continue;
        for (const auto& marker : markers(take(proto::decode_transaction("north", entry.bytes)).transaction.ops)) {
          ++stands[marker];
        }
      }
    }
    Markers held, refused;
    for (const File& file : files_) {
      held.insert(file.holds.begin(), file.holds.end());
      for (const auto& item : file.tablet->set_aside()) {
        for (const auto& marker : markers(item.ops)) refused.insert(marker);
      }
      check_same(*file.tablet);
    }
    for (const auto& [marker, times] : stands) {
      INFO(marker);
      CHECK(times == 1);
      CHECK(refused.count(marker) == 0);
    }
    for (const std::string& marker : held) {
      INFO(marker);
      CHECK((stands.count(marker) != 0 || refused.count(marker) != 0));
    }
  }

 private:
  struct File {
    Tablet* tablet;
    Markers holds;  // committed in this file and not taken away by putting it back
  };
  struct Saved {
    std::string path, worker;
    Markers holds;
  };

  static Markers markers(const std::vector<model::Op>& ops) {
    Markers found;
    for (const auto& op : ops) {
      if (op.collection != "diary" || op.field != "words") continue;
      found.insert(std::get<std::string>(take(proto::decode_value(op.value))));
    }
    return found;
  }

  void check_same(Tablet& tablet) {
    tablet.verify();
    CHECK(tablet.status().unsent == 0);
    for (const auto& info : take(take(tablet.store->reader())->scopes())) {
      CHECK(info.log_digest == world_.centre.state(info.id).log_digest);
      CHECK(info.state_digest == world_.centre.state(info.id).state_digest);
    }
    for (size_t i = 0; i < people_.size(); ++i) {
      const auto record = tablet.record("person", people_[i]);
      REQUIRE(record);
      CHECK(merge::encode(record->state) == *world_.centre.record(scopes_[i], {"person", people_[i]}));
    }
  }

  File& anyone() { return files_[random_.below(files_.size())]; }

  void step() {
    world_.clock.advance(static_cast<int64_t>(random_.below(5000)));
    File& file = anyone();
    // Room for some of what waits: one row or a few, one page or a few.
    file.tablet->limits = {1 + random_.below(1500), 1 + random_.below(1500)};
    switch (random_.below(16)) {
      case 0:
        return save(file);
      case 1:
        return put_back(file);
      case 2:
        return random_.below(3) == 0 ? copy() : save(file);
      case 3:
        return file.tablet->lose_answer(world_.centre);
      case 4:
        return verdicts_only(*file.tablet);
      case 5:
      case 6:
      case 7:
      case 8:
        file.tablet->round(world_.centre);
        return;
      case 9:
        file.tablet->sync(world_.centre);
        return;
      default:
        return write(file);
    }
  }

  // In one scope or in several at once.
  void write(File& file) {
    std::vector<store::Change> changes;
    const size_t first = random_.below(scopes_.size()), more = random_.below(4) == 0 ? random_.below(3) : 0;
    Markers fresh;
    for (size_t i = first; i <= first + more; ++i) {
      const size_t which = i % scopes_.size();
      const RecordId person = people_[which], diary = file.tablet->new_id();
      const std::string marker = std::to_string(written_++) + " by " + file.tablet->worker;
      fresh.insert(marker);
      changes.push_back(create(scopes_[which], "diary", diary));
      changes.push_back(assign("diary", diary, "words", marker));
      if (random_.below(2) == 0) changes.push_back(assign("person", person, "name", marker));
      if (random_.below(3) == 0) changes.push_back(assign("person", person, "wishes", marker));
      if (refusals_ && random_.below(6) == 0) changes.push_back(assign("person", person, "email", "bad"));
    }
    file.tablet->commit(changes);
    file.holds.insert(fresh.begin(), fresh.end());
  }

  void verdicts_only(Tablet& tablet) {
    const auto request = tablet.request(tablet.limits.push_bytes);
    auto response = world_.centre.answer(request, tablet.store->identity().replica, tablet.worker);
    response.pages.clear();
    response.more = true;
    tablet.apply(response, request);
  }

  void save(File& file) {
    const std::string path = world_.directory.path("saved" + std::to_string(saves_++ % 4) + ".db");
    file.tablet->save_file(path);
    Saved saved{path, file.tablet->worker, file.holds};
    std::erase_if(saved_, [&](const Saved& other) { return other.path == path; });
    saved_.push_back(std::move(saved));
  }

  // Also a file that was saved on another device of the same worker.
  void put_back(File& file) {
    for (size_t tries = 0; tries < 4 && !saved_.empty(); ++tries) {
      const Saved& saved = saved_[random_.below(saved_.size())];
      if (saved.worker != file.tablet->worker) continue;
      file.tablet->put_back_file(saved.path);
      file.holds = saved.holds;
      return;
    }
  }

  void copy() {
    if (saved_.empty() || files_.size() >= 5) return;
    const Saved& saved = saved_[random_.below(saved_.size())];
    const std::string name = "copy" + std::to_string(files_.size()) + ".db";
    copy_store_file(saved.path, world_.directory.path(name));
    // Sometimes the file alone: then it is noticed when it is opened.
    if (random_.below(2) == 0) std::filesystem::remove(store::secret_file(world_.directory.path(name)));
    files_.push_back({&world_.tablet(saved.worker, name), saved.holds});
  }

  SeededRandom random_;
  const bool refusals_;
  World world_;
  std::vector<File> files_;
  std::vector<Saved> saved_;
  std::vector<ScopeId> scopes_;
  std::vector<RecordId> people_;
  int written_ = 0, saves_ = 0;
};

}  // namespace

TEST_CASE("whatever life a file has, what it holds stands at the centre exactly once") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    Lives lives(seed, seed % 2 == 0);
    lives.run(120);
    lives.check();
  }
}
