// The network comes back: very many tablets connect within a minute, each with what it wrote meanwhile.
#include <algorithm>
#include <thread>

#include "tests/bench/crowd.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"

namespace satchel::bench {
namespace {


class Storm final : public Measurement {
 public:
  explicit Storm(const Surroundings& around) : scale_(around.scale) {
    title = std::to_string(scale_.storm) + " tablets with " + std::to_string(scale_.storm_changes) +
            " unsent notes each connect within " + std::to_string(scale_.storm_ms / 1000) + " s, cold TLS; " +
            std::to_string(scale_.storm_share) + " hold the same case, and all stay connected";
    note = "tablets and centre share the processors. Agree: by both digests of every scope, with the centre";
  }

  std::vector<Figure> round(const std::filesystem::path& directory) override {
    Centre centre(directory / "centre");
    std::vector<ScopeId> cases;
    for (size_t i = 0; i < scale_.storm; ++i) {
      const bool first = i % scale_.storm_share == 0;
      if (first) cases.push_back(centre.grant(Crowd::worker(i)));
      if (!first) centre.grant(Crowd::worker(i), {}, cases.back());
    }
    Crowd crowd(directory / "tablets", centre, scale_.storm);
    crowd.sync_all();
    for (size_t i = 0; i < crowd.size(); ++i) {
      const ScopeId& scope = cases[i / scale_.storm_share];
      for (uint64_t k = 0; k < scale_.storm_changes; ++k) {
        crowd.tablet(i).write_note(scope, i * scale_.storm_changes + k);
      }
    }
    const double cpu = cpu_ms(), centre_cpu = cpu_ms_of(centre.pid());
    const Stopwatch watch;
    SeededRandom random(1);
    for (size_t i = 0; i < crowd.size(); ++i) {
      crowd.connect(i, static_cast<int64_t>(random.below(static_cast<uint64_t>(scale_.storm_ms))));
    }
    wait_until_all_agree(crowd, centre, watch);
    const double agreed_ms = watch.ms();
    std::vector<Figure> figures = {
        {.what = "until all agree", .unit = "s", .value = agreed_ms / 1000, .bar = value_under(90)},
        {.what = "refused without Retry-After", .unit = "requests",
         .value = static_cast<double>(crowd.refusals().without_time), .bar = value_under(1)},
        {.what = "refused with it", .unit = "requests",
         .value = static_cast<double>(crowd.refusals().all - crowd.refusals().without_time)},
        {.what = "memory of the centre, at most", .unit = "MB",
         .value = static_cast<double>(resident_most(centre.pid())) / 1e6, .bar = value_under(300)},
        {.what = "CPU of the centre", .unit = "s", .value = (cpu_ms_of(centre.pid()) - centre_cpu) / 1000},
        {.what = "CPU of all tablets", .unit = "s", .value = (cpu_ms() - cpu) / 1000}};
    crowd.disconnect_all();
    return figures;
  }

 private:
  // Only those are looked at whose case is complete at the centre: looking costs, too.
  void wait_until_all_agree(Crowd& crowd, const Centre& centre, const Stopwatch& watch) const {
    const uint64_t whole = scale_.storm_share * scale_.storm_changes;
    std::vector<size_t> left(crowd.size());
    for (size_t i = 0; i < left.size(); ++i) left[i] = i;
    while (!left.empty()) {
      expect(watch.ms() < patience_ms, "the storm does not come to an end");
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      std::vector<log::ScopeState> complete = centre.scopes();
      std::erase_if(complete, [&](const log::ScopeState& scope) { return scope.head < whole; });
      if (complete.size() * scale_.storm_share + left.size() <= crowd.size()) continue;  // nothing new
      std::erase_if(left, [&](size_t i) { return crowd.agrees(i, complete); });
    }
  }

  const Scale scale_;
};

}  // namespace

std::unique_ptr<Measurement> prepare_storm(const Surroundings& around) { return std::make_unique<Storm>(around); }

}  // namespace satchel::bench
