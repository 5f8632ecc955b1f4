// A tablet that is connected and has nothing to do, in a process of its own: it must not cost the battery anything.
#include <thread>

#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/tablet.hpp"
#include "tests/support_programs/process.hpp"

namespace satchel::bench {
namespace {

constexpr int look_every_ms = 50;
constexpr int settled_ms = 2'000;  // after the first sync
constexpr double hour_ms = 3'600'000;

class Idle final : public Measurement {
 public:
  explicit Idle(const Surroundings& around)
      : scale_(around.scale), program_(around.program), centre_(around.directory / "centre") {
    centre_.grant_cases(note_taker, 10);
    title = "a connected tablet with nothing to do, watched for " + std::to_string(scale_.idle_ms / 1000) + " s";
    note =
        "a wake-up: at least one of its threads ran between two looks, " + std::to_string(look_every_ms) +
        " ms apart; several looks in a row are one";
  }

  std::vector<Figure> round(const std::filesystem::path& directory) override {
    const Link by{centre_.url(), centre_.authority(), centre_.token(note_taker)};
    test::Process child(program_, {"child-idle", "--store", (directory / "idle.db").string(), "--worker", note_taker,
                                   "--url", by.url, "--authority", by.authority, "--token", by.token});
    expect(child.wait_for("connected"), "the tablet does not connect");
    std::this_thread::sleep_for(std::chrono::milliseconds(settled_ms));
    const Stopwatch watch;
    const double cpu = cpu_ms_of(child.pid());
    uint64_t waits = waits_of(child.pid());
    unsigned wake_ups = 0;
    bool ran = false;
    while (watch.ms() < static_cast<double>(scale_.idle_ms)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(look_every_ms));
      const uint64_t now = waits_of(child.pid());
      const bool runs = now != waits;
      if (runs && !ran) ++wake_ups;
      ran = runs;
      waits = now;
    }
    const double took = watch.ms();
    return {{.what = "processor", .unit = "%", .value = (cpu_ms_of(child.pid()) - cpu) / took * 100,
             .bar = value_under(0.1)},
            {.what = "wake-ups an hour", .unit = "wake-ups", .value = wake_ups * hour_ms / took, .bar = value_under(60)}};
  }

 private:
  const Scale scale_;
  const std::string program_;
  Centre centre_;
};

}  // namespace

std::unique_ptr<Measurement> prepare_idle(const Surroundings& around) { return std::make_unique<Idle>(around); }

}  // namespace satchel::bench
