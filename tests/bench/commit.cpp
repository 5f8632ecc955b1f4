// Writing on the tablet alone: each commit durable when it returns.
#include "tests/bench/floor.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/tablet.hpp"

namespace satchel::bench {
namespace {


class Commits final : public Measurement {
 public:
  explicit Commits(const Surroundings& around) : scale_(around.scale), centre_(around.directory / "centre") {
    cases_ = centre_.grant_cases(note_taker, scale_.cases);
    title = std::to_string(scale_.commits) + " notes of 1 KB in " + std::to_string(scale_.cases) + " cases";
    baseline = Floor::words;
    note = "by elapsed time: a commit waits for the disk";
  }

  std::vector<Figure> round(const std::filesystem::path& directory) override {
    return {
        measure(directory, "each in a commit, durable (FULL)", sqlite::Durability::full, 1, 0.8),
        measure(directory, "each in a commit, at NORMAL", sqlite::Durability::grouped, 1, 0.5),
        measure(directory, std::to_string(scale_.bulk) + " in a commit, durable", sqlite::Durability::full, scale_.bulk,
                0.6),
    };
  }

 private:
  Figure measure(const std::filesystem::path& directory, const std::string& what, sqlite::Durability durability,
                 uint64_t at_once, double to_reach) {
    const std::filesystem::path file = directory / (std::to_string(++files_) + ".db");
    Tablet tablet(file, durability, note_taker);
    Connected(tablet, {centre_.url(), centre_.authority(), centre_.token(note_taker)}).sync();
    must(tablet.store->flush());
    const RowCounts before = count_rows(file);
    const uint64_t commits = std::max<uint64_t>(1, at_once == 1 ? scale_.commits : 2 * scale_.commits / at_once);
    const uint64_t notes = commits * at_once;
    const Stopwatch watch;
    for (uint64_t i = 0; i < commits; ++i) tablet.write_notes(cases_[i % cases_.size()], i * at_once, at_once);
    const double ours = watch.ms();
    const FloorTime floor = Floor(file, before).write(tablet_file(directory / "floor.db", durability), commits);
    std::filesystem::remove(directory / "floor.db");
    const auto each = [&](double ms) { return ms * 1000 / static_cast<double>(notes); };
    return {.what = what,
            .unit = "us a note",
            .value = each(ours),
            .baseline = each(floor.ms),
            .ratio_is = Ratio::share,
            .bar = ratio_over(to_reach)};
  }

  const Scale scale_;
  Centre centre_;
  std::vector<ScopeId> cases_;
  unsigned files_ = 0;
};

}  // namespace

std::unique_ptr<Measurement> prepare_commit(const Surroundings& around) { return std::make_unique<Commits>(around); }

}  // namespace satchel::bench
