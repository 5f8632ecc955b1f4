// A whole caseload in one store: how large the file is, and how quick what an app reads all day.
#include <algorithm>

#include "core/query/query.hpp"
#include "tests/bench/caseload_world.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/shared.hpp"
#include "tests/support_programs/process.hpp"

namespace satchel::bench {
namespace {

constexpr unsigned reads = 1'000;
constexpr unsigned starts = 3;

double size_of(const std::filesystem::path& path) { return static_cast<double>(std::filesystem::file_size(path)); }

// Bytes of what the fields hold, as the format encodes single values, without tag and length.
class FieldBytes {
 public:
  uint64_t of(const merge::RecordState& state) const {
    uint64_t bytes = 0;
    for (const merge::FieldState& field : state.fields) bytes += of(field);
    return bytes;
  }

 private:
  static uint64_t of(const merge::FieldState& field) {
    uint64_t bytes = field.text.plain().size();
    for (const merge::Head& head : field.heads) bytes += head.value.size() > 2 ? head.value.size() - 2 : 0;
    for (const merge::Element& element : field.elements) {
      for (const merge::FieldState& part : element.parts) bytes += of(part);
    }
    return bytes;
  }
};

class CaseloadReads final : public Measurement {
 public:
  explicit CaseloadReads(const Surroundings& around)
      : world_(around.shared->caseload()),
        program_(around.program),
        small_(around.scale.small),
        bare_(around.directory / "bare.db", world_.commits()),
        keys_(world_.keys()),
        day_(world_.busiest_day()) {
    title = std::to_string(world_.records()) + " records in " + std::to_string(world_.cases().size()) + " cases";
    baseline =
        "reading: one prepared SELECT of bare SQLite, whose rows hold the values of the same records as JSON, with an "
        "index for each list; nothing of it is parsed. Files: bytes of all field values";
    note =
        "reading: the least time on a processor. Opening: elapsed, from before the program is started to its first page; "
        "the file is in the page cache";
    measure_files(around.directory);
  }

  std::vector<Figure> round(const std::filesystem::path&) override {
    std::vector<Figure> figures = files_;
    read_by_id(figures);
    read_page(figures);
    open_cold(figures);
    return figures;
  }

 private:
  // After a checkpoint, without VACUUM.
  void measure_files(const std::filesystem::path& directory) {
    const std::filesystem::path file = directory / "fetched.db";
    Tablet fetched(file, sqlite::Durability::grouped, CaseloadWorld::worker);
    Connected connected(fetched, world_.link());
    connected.sync();
    must(fetched.store->flush());
    const auto reader = must(fetched.store->reader());
    uint64_t values = 0;
    for (const model::RecordKey& key : keys_) {
      const auto record = must(reader->record(key.collection, key.record));
      expect(record.has_value(), "a record did not arrive");
      values += FieldBytes().of(record->state);
    }
    add_file("file after a first sync, per byte of field values", file, values, 1.8);
    for (const store::ScopeInfo& scope : must(reader->scopes())) must(fetched.store->keep_history(scope.id, true));
    connected.sync();
    for (const store::ScopeInfo& scope : must(reader->scopes()))
      expect(scope.history_from <= 1, "the older history did not arrive");
    must(fetched.store->flush());
    add_file("file with full history, per byte of field values", file, values, 2.6);
  }

  void add_file(const char* what, const std::filesystem::path& file, uint64_t values, double to_reach) {
    files_.push_back({.what = what,
                      .unit = "bytes",
                      .value = size_of(file),
                      .baseline = static_cast<double>(values),
                      .bar = ratio_under(to_reach)});
  }

  void read_by_id(std::vector<Figure>& figures) {
    const auto reader = must(world_.tablet().store->reader());
    sqlite::Database db = BareRows::open(bare_.path());
    const size_t apart = std::max<size_t>(1, keys_.size() / reads);
    const auto each_key = [&](const std::function<void(const model::RecordKey&)>& read) {
      for (size_t i = 0; i < keys_.size(); i += apart) read(keys_[i]);
    };
    std::vector<std::string> ids;
    each_key([&](const model::RecordKey& key) { ids.push_back(key.record.text()); });
    const Pair pair = least_cpu_ms(
        small_ ? 1 : 5,
        [&] {
          each_key([&](const model::RecordKey& key) {
            expect(must(reader->record(key.collection, key.record)).has_value(), "no such record");
          });
        },
        [&] {
          for (const std::string& id : ids) {
            sqlite::StatementScope query(db.prepare("SELECT body FROM rows WHERE id = ?"));
            query->bind_text(0, id);
            expect(must(query->step()), "no such row");
          }
        });
    const double to_us = 1000 / static_cast<double>(ids.size());
    figures.push_back({.what = "read by id, all fields",
                       .unit = "us",
                       .value = pair.ours * to_us,
                       .baseline = pair.baseline * to_us,
                       .bar = ratio_under(2)});
  }

  void read_page(std::vector<Figure>& figures) {
    const auto reader = must(world_.tablet().store->reader());
    sqlite::Database db = BareRows::open(bare_.path());
    query::Query list;
    list.collection = "action";
    list.order_by = "when";
    const Pair pair = least_cpu_ms(
        small_ ? 2 : 50, [&] { expect(!must(query::run(*reader, list)).records.empty(), "the page is empty"); },
        [&] {
          sqlite::StatementScope query(
              db.prepare("SELECT body FROM rows WHERE collection = 'action' ORDER BY due LIMIT 50"));
          while (must(query->step())) expect(!query->text(0).empty(), "an empty row");
        });
    figures.push_back({.what = "page of 50 by an indexed field",
                       .unit = "us",
                       .value = pair.ours * 1000,
                       .baseline = pair.baseline * 1000,
                       .bar = ratio_under(2)});
  }

  void open_cold(std::vector<Figure>& figures) {
    std::vector<double> ours, bare;
    for (unsigned i = 0; i < (small_ ? 1 : starts); ++i) {
      ours.push_back(start("child-open", world_.file()));
      bare.push_back(start("child-open-bare", bare_.path()));
    }
    figures.push_back({.what = "open and show a day's visits, cold process",
                       .unit = "ms",
                       .value = middle(ours),
                       .baseline = middle(bare),
                       .bar = value_under(50)});
  }

  double start(const char* what, const std::filesystem::path& file) const {
    const Stopwatch watch;
    test::Process child(program_, {what, "--store", file.string(), "--day", day_});
    expect(child.wait_for("visits"), "the program shows no visits");
    return watch.ms();
  }

  CaseloadWorld& world_;
  const std::string program_;
  const bool small_;
  const BareRows bare_;
  const std::vector<model::RecordKey> keys_;
  const std::string day_;
  std::vector<Figure> files_;
};

}  // namespace

std::unique_ptr<Measurement> prepare_caseload(const Surroundings& around) {
  return std::make_unique<CaseloadReads>(around);
}

}  // namespace satchel::bench
