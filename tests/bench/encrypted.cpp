// What it costs that a store is encrypted. Needs a build with SQLCipher.
#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/shared.hpp"
#include "tests/support_programs/process.hpp"

namespace satchel::bench {
namespace {

constexpr const char* key = "a key of benches, thirty-two by.";

class NotRun final : public Measurement {
 public:
  NotRun() { title = "not run: this is built without SQLCipher (cmake --preset release -DSATCHEL_SQLITE=sqlcipher)"; }
  std::vector<Figure> round(const std::filesystem::path&) override { return {}; }
};

class Encrypted final : public Measurement {
 public:
  explicit Encrypted(const Surroundings& around)
      : scale_(around.scale),
        program_(around.program),
        world_(around.shared->caseload()),
        file_(around.directory / "encrypted.db"),
        day_(world_.busiest_day()) {
    must(must(world_.tablet().store->reader())->database().backup_to(file_.string()));
    std::filesystem::copy(world_.file().string() + ".not-for-backup", file_.string() + ".not-for-backup");
    store::Options options;
    options.path = file_.string();
    options.create = false;
    must(store::rekey(options, SecretBytes(key)));
    title = std::to_string(world_.records()) + " records in an encrypted store; " + std::to_string(scale_.commits) +
            " notes of 1 KB, each in a commit";
    baseline = "the same without encryption, by the same build";
    note = "elapsed. Opening: from before the program is started to its first page; the file is in the page cache";
  }

  std::vector<Figure> round(const std::filesystem::path& directory) override {
    std::vector<double> ours, plain;
    for (int i = 0; i < (scale_.small ? 1 : 3); ++i) {
      ours.push_back(start({"child-open", "--store", file_.string(), "--day", day_, "--key", key}));
      plain.push_back(start({"child-open", "--store", world_.file().string(), "--day", day_}));
    }
    return {{.what = "open and show a day's visits, cold process",
             .unit = "ms",
             .value = middle(ours),
             .baseline = middle(plain),
             .bar = value_under(100)},
            commits(directory, "commits per second, durable (FULL)", sqlite::Durability::full),
            commits(directory, "commits per second, at NORMAL", sqlite::Durability::grouped)};
  }

 private:
  double start(const std::vector<std::string>& arguments) const {
    const Stopwatch watch;
    test::Process child(program_, arguments);
    expect(child.wait_for("visits"), "the program shows no visits");
    return watch.ms();
  }

  Figure commits(const std::filesystem::path& directory, const char* what, sqlite::Durability durability) {
    const double plain = write(directory / "plain.db", durability, {});
    const double encrypted = write(directory / "encrypted.db", durability, key);
    const auto per_second = [&](double ms) { return static_cast<double>(scale_.commits) * 1000 / ms; };
    return {.what = what,
            .unit = "",
            .value = per_second(encrypted),
            .baseline = per_second(plain),
            .ratio_is = Ratio::times,
            .bar = ratio_over(0.4)};
  }

  // Into a store that goes with it.
  double write(const std::filesystem::path& file, sqlite::Durability durability, std::string_view with_key) {
    double ms = 0;
    {
      Tablet tablet(file, durability, CaseloadWorld::worker, with_key);
      Connected(tablet, world_.link()).sync();
      const ScopeId scope = must(must(tablet.store->reader())->scopes()).front().id;
      const Stopwatch watch;
      for (uint64_t i = 0; i < scale_.commits; ++i) tablet.write_note(scope, i);
      ms = watch.ms();
    }
    for (const char* ending : {"", "-wal", "-shm", ".not-for-backup"}) std::filesystem::remove(file.string() + ending);
    return ms;
  }

  const Scale scale_;
  const std::string program_;
  CaseloadWorld& world_;
  const std::filesystem::path file_;
  const std::string day_;
};

}  // namespace

std::unique_ptr<Measurement> prepare_encrypted(const Surroundings& around) {
  if (!SATCHEL_STORES_ENCRYPTED) return std::make_unique<NotRun>();
  return std::make_unique<Encrypted>(around);
}

}  // namespace satchel::bench
