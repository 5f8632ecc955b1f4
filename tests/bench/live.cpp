// How soon a list that is followed tells what was committed, in a whole caseload.
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "core/query/query.hpp"
#include "tests/bench/app.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/shared.hpp"

namespace satchel::bench {
namespace {

using nlohmann::json;

// What is followed, and when it was told last.
class Follower {
 public:
  Follower(const App& app, const json& query) {
    const std::string text = query.dump();
    const satchel_live_observer observer = {this, changed, nullptr, nullptr};
    App::check(satchel_live_query(app.store(), slice(text), observer, &live_));
    wait_for(1);
  }
  ~Follower() { satchel_live_stop(live_); }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  uint64_t told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  // When the last of so many came.
  std::chrono::steady_clock::time_point wait_for(uint64_t told) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, std::chrono::minutes(5), [&] { return told_ >= told; });
    expect(came, "what is followed was not told");
    return at_;
  }

 private:
  static void changed(void* context, satchel_slice) {
    auto& self = *static_cast<Follower*>(context);
    const std::lock_guard lock(self.mutex_);
    self.at_ = std::chrono::steady_clock::now();
    ++self.told_;
    self.changed_.notify_all();
  }

  satchel_live* live_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t told_ = 0;
  std::chrono::steady_clock::time_point at_;
};

class LiveQueries final : public Measurement {
 public:
  explicit LiveQueries(const Surroundings& around)
      : scale_(around.scale), world_(around.shared->caseload()), app_(world_.file()) {
    const auto reader = must(world_.tablet().store->reader());
    query::Query list;
    list.collection = "action";
    list.order_by = "when";
    for (const store::Record& record : must(query::run(*reader, list)).records) shown_.push_back(record.key.record.text());
    list.collection = "visit_note";
    list.order_by.clear();
    for (const store::Record& record : must(query::run(*reader, list)).records) apart_.push_back(record.key.record.text());
    expect(!shown_.empty() && !apart_.empty(), "there is nothing to follow");
    title = "a query of 50 is followed in " + std::to_string(world_.records()) + " records; " +
            std::to_string(scale_.live_commits) + " commits change one of them";
    baseline = "after so many commits: the same before them";
    note = "elapsed, by satchel.h: until the callback is called; one query is followed, at NORMAL";
  }

  std::vector<Figure> round(const std::filesystem::path&) override {
    Follower follower(app_, {{"collection", "action"}, {"order_by", "when"}, {"limit", 50}});
    const Times before = measure(follower);
    const uint64_t told = follower.told();
    for (uint64_t i = 0; i < scale_.live_unrelated; ++i) app_.transact(set("visit_note", apart_, i, "body"));
    const Times after = measure(follower);
    expect(follower.told() == told + scale_.live_commits, "what is not in the list was told");
    return {{.what = "from the commit's return", .unit = "ms", .value = before.returned, .bar = value_under(2)},
            {.what = "from its call, the commit itself included", .unit = "ms", .value = before.called},
            {.what = "from its return, after " + std::to_string(scale_.live_unrelated) + " unrelated commits",
             .unit = "ms",
             .value = after.returned,
             .baseline = before.returned,
             .bar = ratio_under(1.25)}};
  }

 private:
  struct Times {
    double returned = 0, called = 0;
  };

  Times measure(Follower& follower) {
    std::vector<double> returned, called;
    for (uint64_t i = 0; i < scale_.live_commits; ++i) {
      const std::string change = set("action", shown_, i, "what");
      const uint64_t told = follower.told();
      const auto begin = std::chrono::steady_clock::now();
      app_.transact(change);
      const auto end = std::chrono::steady_clock::now();
      const auto at = follower.wait_for(told + 1);
      const auto ms = [at](auto from) { return std::chrono::duration<double, std::milli>(at - from).count(); };
      returned.push_back(std::max(0.0, ms(end)));
      called.push_back(ms(begin));
    }
    return {middle(returned), middle(called)};
  }

  // Another text each time: what stays as it is is not told.
  std::string set(const char* collection, const std::vector<std::string>& records, uint64_t number, const char* field) {
    const json change = {{"action", "set"},
                         {"collection", collection},
                         {"record", records[number % records.size()]},
                         {"field", field},
                         {"value", "written for the " + std::to_string(++written_) + "th time"}};
    return json{{"changes", {change}}}.dump();
  }

  const Scale scale_;
  CaseloadWorld& world_;
  App app_;
  std::vector<std::string> shown_, apart_;
  uint64_t written_ = 0;
};

}  // namespace

std::unique_ptr<Measurement> prepare_live(const Surroundings& around) { return std::make_unique<LiveQueries>(around); }

}  // namespace satchel::bench
