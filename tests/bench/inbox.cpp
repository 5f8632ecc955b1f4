// Two colleagues with the same cases have written about the same things without seeing each other.
#include "platform/c/json_out.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/shared.hpp"

namespace satchel::bench {
namespace {

class Inbox final : public Measurement {
 public:
  explicit Inbox(const Surroundings& around)
      : scale_(around.scale), world_(around.shared->caseload()), bare_(around.directory / "bare.db", world_.commits()) {
    disagree(around.directory);
    title =
        std::to_string(scale_.conflicts) + " entries in the inbox of " + std::to_string(world_.records()) + " records";
    baseline = "as many rows of bare SQLite, by one prepared SELECT; nothing of them is parsed";
    note = "the least time on a processor";
  }

  std::vector<Figure> round(const std::filesystem::path&) override {
    const auto reader = must(world_.tablet().store->reader());
    sqlite::Database db = BareRows::open(bare_.path());
    const auto new_reader = [this] { return must(world_.tablet().store->reader()); };
    std::vector<Figure> figures;
    const auto add = [&](const char* what, const std::function<void()>& step) {
      const Pair pair = least_cpu_ms(scale_.small ? 2 : 25, step, [&] { read_bare(db); });
      figures.push_back({.what = what, .unit = "ms", .value = pair.ours, .baseline = pair.baseline,
                         .bar = value_under(5)});
    };
    add("by a new reader: its connection, the inbox", [&] { must(new_reader()->conflicts()); });
    add("again, by a reader that has read it before", [&] { must(reader->conflicts()); });
    add("as JSON, by a new reader", [&] { as_json(*new_reader()); });
    add("as JSON again", [&] { as_json(*reader); });
    return figures;
  }

 private:
  void disagree(const std::filesystem::path& directory) {
    world_.centre().cover(CaseloadWorld::colleague, CaseloadWorld::worker);
    Tablet other(directory / "other.db", sqlite::Durability::grouped, CaseloadWorld::colleague);
    Connected connected(other, world_.link(CaseloadWorld::colleague));
    connected.sync();
    const auto mine = must(world_.tablet().store->reader()), theirs = must(other.store->reader());
    const size_t cases = world_.cases().size();
    for (size_t i = 0; i < scale_.conflicts; ++i) {
      // Each case once, then each once more with the next kind of disagreement.
      const auto kind = static_cast<unsigned>(i % cases + i / cases);
      const auto pair = demo::invent_disagreement(world_.around(), world_.cases()[i % cases], kind);
      write(world_.tablet(), *mine, pair.one);
      write(other, *theirs, pair.other);
    }
    connected.sync();
    world_.sync();
    must(world_.tablet().store->flush());
    expect(must(mine->conflicts()).size() == scale_.conflicts, "the inbox has other entries than were made");
  }

  void read_bare(sqlite::Database& db) const {
    sqlite::StatementScope query(db.prepare("SELECT body FROM rows WHERE collection = 'action' LIMIT ?"));
    query->bind(0, static_cast<int64_t>(scale_.conflicts));
    while (must(query->step())) expect(!query->text(0).empty(), "an empty row");
  }

  void as_json(store::Reader& reader) const {
    const store::ReadToken token = must(reader.begin());
    const std::string json = abi::inbox_json(must(reader.conflicts()), token, merge::Language::english);
    reader.end();
    expect(json.size() >= scale_.conflicts * 100, "the inbox is empty");
  }

  const Scale scale_;
  CaseloadWorld& world_;
  const BareRows bare_;
};

}  // namespace

std::unique_ptr<Measurement> prepare_inbox(const Surroundings& around) { return std::make_unique<Inbox>(around); }

}  // namespace satchel::bench
