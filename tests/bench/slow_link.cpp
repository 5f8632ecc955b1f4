// A new tablet on a slow link: when is there something to work with?
#include <atomic>
#include <thread>

#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/shared.hpp"
#include "tests/support_tls/bad_link.hpp"

namespace satchel::bench {
namespace {

constexpr int64_t one_way_ms = 50;
constexpr int64_t seven_o_clock_ms = 7 * 3'600'000;

class SlowLink final : public Measurement {
 public:
  explicit SlowLink(const Surroundings& around)
      : scale_(around.scale), world_(around.shared->caseload()), day_(world_.busiest_day()) {
    visits_ = visits_of(*must(world_.tablet().store->reader()), day_);
    title = "first sync of " + std::to_string(world_.records()) + " records at " +
            std::to_string(scale_.bits_per_second / 1000) + " kbit/s, " + std::to_string(2 * one_way_ms) +
            " ms there and back";
    note = "today's list: the " + std::to_string(visits_) + " visits of " + day_ + ", by a tablet whose clock is at seven in "
           "the morning of it";
  }

  std::vector<Figure> round(const std::filesystem::path& directory) override {
    test::Faults slow;
    slow.bits_per_second = scale_.bits_per_second;
    slow.delay_ms = one_way_ms;
    test::BadLink radio(world_.centre().port(), slow);
    Tablet tablet(directory / "tablet.db", sqlite::Durability::full, CaseloadWorld::worker);
    tablet.clock.ahead_ms = begin_of(day_) + seven_o_clock_ms - tablet.clock.machine.wall_ms();
    const auto reader = must(tablet.store->reader());
    Link by = world_.link();
    by.url = "https://localhost:" + std::to_string(radio.port());
    Connected connected(tablet, by);
    std::atomic<bool> done{false};
    std::optional<Error> error;
    const Stopwatch watch;
    connected.begin_sync([&](const Result<sync::EngineStatus>& status) {
      if (!status.ok()) error = status.error();
      done = true;
    });
    double list_ms = 0;
    while (!done) {
      expect(watch.ms() < patience_ms, "the sync does not come to an end");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (list_ms == 0 && visits_of(*reader, day_) == visits_) list_ms = watch.ms();
    }
    const double all_ms = watch.ms();
    if (error) throw std::runtime_error(error->message);
    expect(visits_of(*reader, day_) == visits_, "not every visit arrived");
    return {{.what = "until today's list is there", .unit = "s", .value = (list_ms == 0 ? all_ms : list_ms) / 1000,
             .bar = value_under(10)},
            {.what = "until everything is there", .unit = "s", .value = all_ms / 1000, .bar = value_under(120)},
            {.what = "bytes on the connection", .unit = "bytes",
             .value = static_cast<double>(radio.bytes_up() + radio.bytes_down())}};
  }

 private:
  const Scale scale_;
  CaseloadWorld& world_;
  const std::string day_;
  size_t visits_ = 0;
};

}  // namespace

std::unique_ptr<Measurement> prepare_slow_link(const Surroundings& around) { return std::make_unique<SlowLink>(around); }

}  // namespace satchel::bench
