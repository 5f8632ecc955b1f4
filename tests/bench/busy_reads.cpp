// Lists are read while very many records arrive: nothing that a person sees may wait for the sync.
#include <algorithm>
#include <chrono>
#include <future>

#include "core/query/query.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/shared.hpp"

namespace satchel::bench {
namespace {

constexpr uint64_t notes_at_once = 20;  // in a commit of the one who writes

double p999(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, values.size() * 999 / 1000)];
}

class BusyReads final : public Measurement {
 public:
  explicit BusyReads(const Surroundings& around)
      : scale_(around.scale),
        world_(around.shared->caseload()),
        reading_(around.directory / "reading.db", sqlite::Durability::grouped, CaseloadWorld::colleague) {
    world_.centre().cover(CaseloadWorld::colleague, CaseloadWorld::worker);
    Connected(reading_, world_.link(CaseloadWorld::colleague)).sync();
    world_.centre().go_last();
    for (const store::ScopeInfo& scope : must(must(world_.tablet().store->reader())->scopes())) {
      if (scope.kind == "case") cases_.push_back(scope.id);
    }
    expect(!cases_.empty(), "there are no cases");
    title = "a page of 50 is read again and again in " + std::to_string(world_.records()) + " records while " +
            std::to_string(scale_.notes) + " notes of 1 KB arrive by sync";
    baseline = "the same reads with sync idle, right after, for as long";
    note = "elapsed, each read; on the reader's own thread. The centre gets a processor when the tablet leaves one";
  }

  std::vector<Figure> round(const std::filesystem::path&) override {
    for (uint64_t i = 0; i < scale_.notes; i += notes_at_once) {
      world_.tablet().write_notes(cases_[i / notes_at_once % cases_.size()], i, notes_at_once);
    }
    world_.sync();
    const auto reader = must(reading_.store->reader());
    read_for(*reader, scale_.small ? 20 : 1'000);
    Connected connected(reading_, world_.link(CaseloadWorld::colleague));
    const Stopwatch watch;
    auto arrived = std::async(std::launch::async, [&] { connected.sync(); });
    std::vector<double> busy;
    while (arrived.wait_for(std::chrono::seconds(0)) != std::future_status::ready) busy.push_back(read(*reader));
    arrived.get();  // what went wrong there
    const double until_all = watch.ms();
    std::vector<double> idle;
    for (const Stopwatch as_long; idle.size() < busy.size() || as_long.ms() < until_all;) idle.push_back(read(*reader));
    return {{.what = "p99.9 of the reads meanwhile",
             .unit = "ms",
             .value = p999(busy),
             .baseline = p999(idle),
             .bar = value_under(20)},
            {.what = "- as a ratio", .unit = "ms", .value = p999(busy), .baseline = p999(idle), .bar = ratio_under(3)},
            {.what = "median", .unit = "ms", .value = middle(busy), .baseline = middle(idle)},
            {.what = "longest", .unit = "ms", .value = *std::max_element(busy.begin(), busy.end()),
             .baseline = *std::max_element(idle.begin(), idle.end())},
            {.what = "reads meanwhile", .unit = "", .value = static_cast<double>(busy.size())},
            {.what = "until all had arrived", .unit = "ms", .value = until_all}};
  }

 private:
  void read_for(store::Reader& reader, unsigned times) {
    for (unsigned i = 0; i < times; ++i) read(reader);
  }

  double read(store::Reader& reader) const {
    query::Query list;
    list.collection = "action";
    list.order_by = "when";
    const Stopwatch watch;
    expect(!must(query::run(reader, list)).records.empty(), "the page is empty");
    return watch.ms();
  }

  const Scale scale_;
  CaseloadWorld& world_;
  Tablet reading_;
  std::vector<ScopeId> cases_;
};

}  // namespace

std::unique_ptr<Measurement> prepare_busy_reads(const Surroundings& around) {
  return std::make_unique<BusyReads>(around);
}

}  // namespace satchel::bench
