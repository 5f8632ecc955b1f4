// From the tablet to the central store, which makes durable what it answers.
#include <algorithm>

#include "tests/bench/floor.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/tablet.hpp"
#include "tests/support_tls/bad_link.hpp"

namespace satchel::bench {
namespace {


// As many transactions as the tablet needs requests for so much: its requests are 512 KiB.
uint64_t requests_for(uint64_t notes) { return std::max<uint64_t>(1, notes * 1300 / (512 << 10)); }

class Pushes final : public Measurement {
 public:
  explicit Pushes(const Surroundings& around) : scale_(around.scale) {
    title = std::to_string(scale_.notes) + " unsent notes of 1 KB, each its own transaction, in " +
            std::to_string(scale_.cases) + " cases, over TLS, until nothing is unsent and all digests agree";
    baseline = std::string(Floor::words) + ", in as many transactions as there are requests";
    note =
        "CPU: of tablet and centre together, sign-in and handshake included; of the floors of both. Bytes: whole TLS "
        "connection both ways, with handshakes and all headers";
  }

  std::vector<Figure> round(const std::filesystem::path& directory) override {
    if (!bytes_) bytes_ = bytes(directory);
    const Outcome took = push(directory / "timed", nullptr);
    return {{.what = "elapsed, and of the slower side's floor",
             .unit = "ms",
             .value = took.ms,
             .baseline = std::max(took.at_tablet.ms, took.at_centre.ms),
             .ratio_is = Ratio::share,
             .bar = ratio_over(0.5)},
            {.what = "CPU of both sides",
             .unit = "ms",
             .value = took.cpu_ms,
             .baseline = took.at_tablet.cpu_ms + took.at_centre.cpu_ms,
             .ratio_is = Ratio::share},
            {.what = "bytes on the connection",
             .unit = "bytes",
             .value = *bytes_,
             .baseline = static_cast<double>(scale_.notes) * 1024,
             .bar = value_under(4.7e6 * static_cast<double>(scale_.notes) / 10'000)}};
  }

 private:
  struct Outcome {
    double ms = 0, cpu_ms = 0;
    FloorTime at_tablet, at_centre;
  };

  // `link`: gets the port to go to and gives the one to go by.
  Outcome push(const std::filesystem::path& directory, const std::function<uint16_t(uint16_t)>& link) {
    std::filesystem::create_directories(directory);
    Centre centre(directory / "centre");
    const std::vector<ScopeId> cases = centre.grant_cases(note_taker, scale_.cases);
    Tablet tablet(directory / "tablet.db", sqlite::Durability::grouped, note_taker);
    Link by{centre.url(), centre.authority(), centre.token(note_taker)};
    Connected(tablet, by).sync();
    must(tablet.store->flush());
    const RowCounts tablet_before = count_rows(directory / "tablet.db"), centre_before = count_rows(centre.database());
    for (uint64_t i = 0; i < scale_.notes; ++i) tablet.write_note(cases[i % cases.size()], i);
    Tablet durable(directory / "tablet.db", sqlite::Durability::full, note_taker);
    if (link) by.url = "https://localhost:" + std::to_string(link(centre.port()));
    Outcome took;
    const double cpu = cpu_ms() + cpu_ms_of(centre.pid());
    const Stopwatch watch;
    {
      Connected connected(durable, by);
      connected.sync();
      took.ms = watch.ms();
      took.cpu_ms = cpu_ms() + cpu_ms_of(centre.pid()) - cpu;
    }
    expect(agree(durable, centre.scopes()), "tablet and centre do not agree");
    if (link) return took;
    const uint64_t commits = requests_for(scale_.notes);
    took.at_tablet = Floor(directory / "tablet.db", tablet_before)
                         .write(tablet_file(directory / "tablet-floor.db", sqlite::Durability::full), commits);
    took.at_centre =
        Floor(centre.database(), centre_before).write(centre_file(directory / "centre-floor.db"), commits);
    return took;
  }

  double bytes(const std::filesystem::path& directory) {
    std::unique_ptr<test::BadLink> counting;
    push(directory / "counted", [&](uint16_t port) {
      counting = std::make_unique<test::BadLink>(port);
      return counting->port();
    });
    return static_cast<double>(counting->bytes_up() + counting->bytes_down());
  }

  const Scale scale_;
  std::optional<double> bytes_;
};

}  // namespace

std::unique_ptr<Measurement> prepare_push(const Surroundings& around) { return std::make_unique<Pushes>(around); }

}  // namespace satchel::bench
