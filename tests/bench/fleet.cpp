// All tablets of one case come at the same moment, each with something to say.
#include <thread>

#include "tests/bench/crowd.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"

namespace satchel::bench {
namespace {

constexpr size_t first_syncs = 10;  // that are measured; the others would be like them

class Fleet final : public Measurement {
 public:
  explicit Fleet(const Surroundings& around) : scale_(around.scale) {
    title = std::to_string(scale_.fleet) + " tablets of one scope with " + std::to_string(scale_.fleet_notes) +
            " unsent notes of 1 KB each connect at once, cold TLS";
    baseline = "as many first syncs of all that, one after the other; " + std::to_string(first_syncs) + " are measured";
    note = "tablets and centre share the processors. CPU: of all of them together";
  }

  std::vector<Figure> round(const std::filesystem::path& directory) override {
    Centre centre(directory / "centre");
    const ScopeId scope = centre.grant(Crowd::worker(0));
    for (size_t i = 1; i < scale_.fleet; ++i) centre.grant(Crowd::worker(i), {}, scope);
    Crowd crowd(directory / "tablets", centre, scale_.fleet);
    crowd.sync_all();
    for (size_t i = 0; i < crowd.size(); ++i) {
      for (uint64_t k = 0; k < scale_.fleet_notes; ++k) crowd.tablet(i).write_note(scope, i * scale_.fleet_notes + k);
    }
    const double cpu = cpu_ms() + cpu_ms_of(centre.pid());
    const Stopwatch watch;
    for (size_t i = 0; i < crowd.size(); ++i) crowd.connect(i, 0);
    while (centre.scopes().front().head < scale_.fleet * scale_.fleet_notes) pause(watch, 5);
    const double accepted_ms = watch.ms();
    while (crowd.delivered() < crowd.size()) pause(watch, 5);
    const double delivered_ms = watch.ms();
    const auto at_centre = centre.scopes();
    for (size_t i = 0; i < crowd.size(); ++i) {
      while (!crowd.agrees(i, at_centre)) pause(watch, 100);
    }
    const double agreed_ms = watch.ms(), agreed_cpu = cpu_ms() + cpu_ms_of(centre.pid()) - cpu;
    crowd.disconnect_all();
    return {{.what = "(a) until the centre has accepted all of it", .unit = "ms", .value = accepted_ms,
             .bar = value_under(2000)},
            {.what = "until every tablet knows that", .unit = "ms", .value = delivered_ms},
            {.what = "(b) until all stores agree", .unit = "ms", .value = agreed_ms},
            {.what = "CPU until then",
             .unit = "ms",
             .value = agreed_cpu,
             .baseline = first_sync_cpu(directory, centre) * static_cast<double>(scale_.fleet),
             .bar = ratio_under(1.0)}};
  }

 private:
  static void pause(const Stopwatch& watch, int ms) {
    expect(watch.ms() < patience_ms, "the fleet does not come to an end");
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  }

  // Of one, in the middle.
  double first_sync_cpu(const std::filesystem::path& directory, const Centre& centre) {
    std::vector<double> took;
    for (size_t i = 0; i < std::min<size_t>(first_syncs, scale_.fleet); ++i) {
      Tablet tablet(directory / ("first-" + std::to_string(i) + ".db"), sqlite::Durability::grouped, Crowd::worker(i));
      const double cpu = cpu_ms() + cpu_ms_of(centre.pid());
      Connected(tablet, {centre.url(), centre.authority(), centre.token(Crowd::worker(i))}).sync();
      took.push_back(cpu_ms() + cpu_ms_of(centre.pid()) - cpu);
    }
    return middle(took);
  }

  const Scale scale_;
};

}  // namespace

std::unique_ptr<Measurement> prepare_fleet(const Surroundings& around) { return std::make_unique<Fleet>(around); }

}  // namespace satchel::bench
