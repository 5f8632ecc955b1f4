// Into an empty store: a snapshot of what a verified backup covers, and the transactions above it.
#include "tests/bench/floor.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/tablet.hpp"

namespace satchel::bench {
namespace {


// As many transactions as the tablet needs answers for so much: they are 1 MiB.
uint64_t answers_for(uint64_t notes) { return std::max<uint64_t>(1, notes * 1300 / (1 << 20)); }

class FirstSyncs final : public Measurement {
 public:
  explicit FirstSyncs(const Surroundings& around) : scale_(around.scale), centre_(around.directory / "centre", true) {
    const std::vector<ScopeId> cases = centre_.grant_cases(note_taker, scale_.cases);
    Tablet writer(around.directory / "writer.db", sqlite::Durability::grouped, note_taker);
    Connected connected(writer, link());
    connected.sync();
    for (uint64_t i = 0; i < scale_.notes; ++i) {
      if (i == scale_.notes * 9 / 10) {
        connected.sync();
        centre_.back_up();
      }
      writer.write_note(cases[i % cases.size()], i);
    }
    connected.sync();
    title = std::to_string(scale_.notes) + " notes of 1 KB in " + std::to_string(scale_.cases) +
            " cases into an empty store over TLS; nine in ten come as a snapshot, the rest as transactions";
    baseline = std::string(Floor::words) + ", in as many transactions as there are answers";
    note = "CPU: of tablet and centre together, sign-in and handshake included; of the tablet's floor";
  }

  std::vector<Figure> round(const std::filesystem::path& directory) override {
    const std::filesystem::path file = directory / "tablet.db";
    Tablet tablet(file, sqlite::Durability::full, note_taker);
    const RowCounts before = count_rows(file);
    double ms = 0, cpu = cpu_ms() + cpu_ms_of(centre_.pid());
    {
      const Stopwatch watch;
      Connected connected(tablet, link());
      connected.sync();
      ms = watch.ms();
      cpu = cpu_ms() + cpu_ms_of(centre_.pid()) - cpu;
    }
    expect(must(tablet.store->verify()).records == scale_.notes, "not every note arrived");
    expect(agree(tablet, centre_.scopes()), "tablet and centre do not agree");
    const FloorTime floor =
        Floor(file, before)
            .write(tablet_file(directory / "floor.db", sqlite::Durability::full), answers_for(scale_.notes));
    return {{.what = "elapsed",
             .unit = "ms",
             .value = ms,
             .baseline = floor.ms,
             .ratio_is = Ratio::share,
             .bar = ratio_over(0.5)},
            {.what = "CPU of both sides", .unit = "ms", .value = cpu, .baseline = floor.cpu_ms,
             .ratio_is = Ratio::share}};
  }

 private:
  Link link() const { return {centre_.url(), centre_.authority(), centre_.token(note_taker)}; }

  const Scale scale_;
  Centre centre_;
};

}  // namespace

std::unique_ptr<Measurement> prepare_first_sync(const Surroundings& around) {
  return std::make_unique<FirstSyncs>(around);
}

}  // namespace satchel::bench
