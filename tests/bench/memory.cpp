// A client with very many records: what it needs of memory must not grow with them.
#include <csignal>

#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/tablet.hpp"
#include "tests/support_programs/process.hpp"

namespace satchel::bench {
namespace {

constexpr const char* with_all = "amina";
constexpr const char* with_some = "beth";
constexpr uint64_t of_a_case = 1'000;
constexpr size_t words = 120;  // bytes of each note

class Memory final : public Measurement {
 public:
  explicit Memory(const Surroundings& around)
      : scale_(around.scale), program_(around.program), centre_(around.directory / "centre") {
    const uint64_t each = std::min(of_a_case, scale_.memory_least);
    const std::vector<ScopeId> cases = centre_.grant_cases(with_all, scale_.memory_most / each);
    for (size_t i = 0; i < scale_.memory_least / each; ++i) centre_.grant(with_some, {}, cases[i]);
    Tablet writer(around.directory / "writer.db", sqlite::Durability::grouped, with_all);
    Connected connected(writer, link(with_all));
    connected.sync();
    for (size_t i = 0; i < cases.size(); ++i) {
      store::Draft draft;
      for (uint64_t k = 0; k < each; ++k) {
        auto changes = note_changes(cases[i], note_text(i * each + k).substr(0, words), writer.clock, writer.random);
        std::move(changes.begin(), changes.end(), std::back_inserter(draft.changes));
      }
      must(writer.store->commit(draft));
      if (i % 20 == 19) connected.sync();
    }
    connected.sync();
    title = "a client pulls " + std::to_string(scale_.memory_least) + " and " + std::to_string(scale_.memory_most) +
            " small records into an empty store, in a process of its own";
    baseline = "of the larger one: the smaller one";
    note = "the most that was resident (VmHWM) less what was once the store was open (VmRSS); page cache 8 MB, no mmap";
  }

  std::vector<Figure> round(const std::filesystem::path& directory) override {
    const double some = pull(directory / "some.db", with_some, scale_.memory_least);
    const double all = pull(directory / "all.db", with_all, scale_.memory_most);
    return {{.what = std::to_string(scale_.memory_least) + " records", .unit = "MB", .value = some,
             .bar = value_under(30)},
            {.what = std::to_string(scale_.memory_most) + " records", .unit = "MB", .value = all,
             .bar = value_under(30)},
            {.what = "- ratio of the two", .unit = "MB", .value = all, .baseline = some, .bar = ratio_under(1.1)}};
  }

 private:
  Link link(const char* worker) const { return {centre_.url(), centre_.authority(), centre_.token(worker)}; }

  double pull(const std::filesystem::path& file, const char* worker, uint64_t records) const {
    const Link by = link(worker);
    test::Process child(program_, {"child-pull", "--store", file.string(), "--worker", worker, "--url", by.url,
                                   "--authority", by.authority, "--token", by.token});
    expect(child.wait_for("open"), "the client does not open");
    const auto before = static_cast<double>(resident_now(child.pid()));
    child.write("go\n");
    const std::string line = wait_for_line(child);
    expect(line == "pulled " + std::to_string(records), "not every record arrived");
    return (static_cast<double>(resident_most(child.pid())) - before) / 1e6;
  }

  // As long as it takes: four hundred thousand records are a few minutes on a loaded machine.
  static std::string wait_for_line(test::Process& child) {
    for (int tries = 0; tries < 1800; ++tries) {
      while (const auto line = child.heard_line()) {
        if (line->rfind("pulled", 0) == 0) return *line;
      }
      if (child.ended()) return "ended: " + child.err();
      test::Process::listen({&child}, 1000);
    }
    return "too long";
  }

  const Scale scale_;
  const std::string program_;
  Centre centre_;
};

}  // namespace

std::unique_ptr<Measurement> prepare_memory(const Surroundings& around) { return std::make_unique<Memory>(around); }

}  // namespace satchel::bench
