// A whole caseload in one store: how large the file is, and how quick what an app does all day.
#include <algorithm>

#include "core/log/packing.hpp"
#include "core/query/query.hpp"
#include "demo/caseload/caseload.hpp"
#include "platform/c/json_in.hpp"
#include "platform/c/json_out.hpp"
#include "tests/bench/typed_notes.hpp"
#include "tests/bench/world.hpp"

namespace satchel::bench {
namespace {

using demo::InventedCase;

constexpr const char* worker = "amina";
constexpr const char* colleague = "beth";
constexpr int repeats = 25;

struct Caseload {
  demo::Surroundings around;
  std::vector<InventedCase> cases;
  demo::InventedPapers papers;
  uint64_t records = 0;

  std::vector<const nlohmann::json*> commits() const {
    std::vector<const nlohmann::json*> all;
    for (const auto& each : cases)
      for (const auto& commit : each.commits) all.push_back(&commit);
    for (const auto& commit : papers.commits) all.push_back(&commit);
    return all;
  }
};

Caseload invent(const std::string& team, uint64_t records) {
  Caseload made;
  made.around.worker = worker;
  made.around.team = team;
  made.papers = demo::invent_papers(made.around, {});
  made.records = made.papers.records;
  while (made.records < records) {
    made.cases.push_back(demo::invent_case(made.around, static_cast<unsigned>(made.cases.size())));
    made.records += made.cases.back().records;
  }
  return made;
}

void write(Tablet& tablet, store::Reader& reader, const nlohmann::json& commit) {
  const abi::DraftContext context{reader, tablet.clock, tablet.random};
  must(tablet.store->commit(must(abi::parse_draft(commit.dump(), context)).draft));
}

uint64_t bytes_of(const std::filesystem::path& path) { return std::filesystem::file_size(path); }

// The same rows in bare SQLite: a record's values as JSON, with an index that serves the list.
class BareRows {
 public:
  BareRows(const std::filesystem::path& path, const Caseload& caseload) : path_(path) {
    sqlite::Database db = open();
    must(db.exec(
        "CREATE TABLE rows(id TEXT PRIMARY KEY, collection TEXT NOT NULL, status TEXT, due TEXT, body TEXT NOT NULL);"
        "CREATE INDEX by_status ON rows(collection, status, due)"));
    const Stopwatch watch;
    for (const nlohmann::json* commit : caseload.commits()) {
      auto transaction = must(sqlite::Transaction::begin(db, sqlite::Transaction::Kind::write));
      for (const auto& change : commit->at("changes")) insert(db, change);
      must(transaction.commit());
    }
    seconds_ = watch.seconds();
    must(db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
  }

  double seconds() const { return seconds_; }
  const std::filesystem::path& path() const { return path_; }

  sqlite::Database open() const {
    sqlite::OpenOptions options;
    options.path = path_.string();
    options.durability = sqlite::Durability::grouped;
    return must(sqlite::Database::open(options));
  }

  static size_t read(sqlite::Database& db, const char* sql) {
    sqlite::StatementScope query(db.prepare(sql));
    size_t bytes = 0;
    while (must(query->step())) bytes += query->text(0).size();
    return bytes;
  }

 private:
  static void insert(sqlite::Database& db, const nlohmann::json& change) {
    if (change.at("action") != "create") return;
    const auto& fields = change.at("fields");
    sqlite::StatementScope row(
        db.prepare("INSERT INTO rows(id, collection, status, due, body) VALUES(?1, ?2, ?3, ?4, ?5)"));
    row->bind_text(0, change.at("record").get<std::string>()).bind_text(1, change.at("collection").get<std::string>());
    row->bind_text(2, fields.value("status", "")).bind_text(3, fields.value("review_due", ""));
    row->bind_text(4, fields.dump());
    must(row->run());
  }

  std::filesystem::path path_;
  double seconds_ = 0;
};

class Measures {
 public:
  explicit Measures(Report& report) : report_(report) {}

  // The middle of several runs, beside the middle of the baseline's; and the least time on a processor.
  void add(const std::string& what, uint64_t records, const std::function<void()>& step,
           const std::function<void()>& baseline) {
    const Times bare = times(baseline), ours = times(step);
    const double bare_seconds = bare.middle() / 1000;
    report_.figures.push_back(figure(what + ": baseline", records, bare, bare_seconds));
    report_.figures.push_back(figure(what, records, ours, bare_seconds));
  }

 private:
  struct Times {
    std::vector<double> ms;  // ascending
    double least_cpu_ms = 1e12;
    double middle() const { return ms[ms.size() / 2]; }
  };

  static Times times(const std::function<void()>& step) {
    Times taken;
    for (int i = 0; i < repeats; ++i) {
      const Stopwatch watch;
      const double cpu = cpu_ms();
      step();
      taken.least_cpu_ms = std::min(taken.least_cpu_ms, cpu_ms() - cpu);
      taken.ms.push_back(watch.seconds() * 1000);
    }
    std::sort(taken.ms.begin(), taken.ms.end());
    return taken;
  }

  static Figure figure(const std::string& what, uint64_t records, const Times& taken, double bare_seconds) {
    Figure made{what, records, taken.middle() / 1000, bare_seconds, {}, {}, {}};
    set_steps(made, taken.ms);
    made.least_cpu_ms = taken.least_cpu_ms;
    return made;
  }

  Report& report_;
};

class Bench {
 public:
  explicit Bench(const Plan& plan)
      : plan_(plan),
        centre_(plan.directory / "centre"),
        store_path_(plan.directory / "tablet.db"),
        tablet_(std::make_unique<Tablet>(store_path_, sqlite::Durability::grouped, worker)) {
    const ScopeId team = centre_.grant(worker, "team", "writer");
    credential_ = centre_.sign_in(*tablet_, worker);
    sync(*tablet_, centre_, credential_);
    caseload_ = invent(team.text(), plan.records);
  }

  Report run() {
    Report report{
        "caseload: " + std::to_string(caseload_.records) + " records in " + std::to_string(caseload_.cases.size()) +
            " cases, " + std::to_string(plan_.conflicts) + " entries in the inbox",
        "bare SQLite holds the values of the same records as JSON, with one index; unsynced, no history, no merge",
        {}};
    const BareRows bare(plan_.directory / "bare.db", caseload_);
    fill(report, bare);
    disagree();
    must(tablet_->store->flush());
    sizes(report, bare);
    reads(report, bare);
    send_in(report);
    return report;
  }

 private:
  void fill(Report& report, const BareRows& bare) {
    auto reader = must(tablet_->store->reader());
    std::vector<double> steps;
    const Stopwatch watch;
    for (const nlohmann::json* commit : caseload_.commits()) {
      const Stopwatch step;
      write(*tablet_, *reader, *commit);
      steps.push_back(step.seconds() * 1000);
    }
    Figure written{"written, " + std::to_string(steps.size()) + " commits",
                   caseload_.records,
                   watch.seconds(),
                   bare.seconds(),
                   {},
                   {},
                   {}};
    set_steps(written, steps);
    report.figures.push_back({"written: baseline", caseload_.records, bare.seconds(), bare.seconds(), {}, {}, {}});
    report.figures.push_back(std::move(written));
    const Exchange exchange = sync(*tablet_, centre_, credential_);
    Figure sent{"sent to the centre", caseload_.records, exchange.seconds(), {}, {}, {}, exchange.up_bytes};
    report.figures.push_back(std::move(sent));
    const store::Status status = must(must(tablet_->store->reader())->status());
    if (status.unsent != 0 || status.set_aside != 0) throw std::runtime_error("not every record was accepted");
  }

  // A colleague with the same cases: both write about the same things without seeing each other.
  void disagree() {
    centre_.cover(colleague, worker);
    Tablet other(plan_.directory / "other.db", sqlite::Durability::grouped, colleague);
    const std::string credential = centre_.sign_in(other, colleague);
    sync(other, centre_, credential);
    auto mine = must(tablet_->store->reader()), theirs = must(other.store->reader());
    for (unsigned i = 0; i < plan_.conflicts; ++i) {
      // Each case once, then each once more with the next kind of disagreement.
      const auto which = static_cast<unsigned>(i % caseload_.cases.size()),
                 round = static_cast<unsigned>(i / caseload_.cases.size());
      const auto pair = demo::invent_disagreement(caseload_.around, caseload_.cases[which], which + round);
      write(*tablet_, *mine, pair.one);
      write(other, *theirs, pair.other);
    }
    sync(other, centre_, credential);
    sync(*tablet_, centre_, credential_);
    const size_t entries = must(mine->conflicts()).size();
    if (entries != plan_.conflicts) {
      throw std::runtime_error("the inbox has " + std::to_string(entries) + " entries, not " +
                               std::to_string(plan_.conflicts));
    }
  }

  void sizes(Report& report, const BareRows& bare) {
    report.figures.push_back({"file: baseline", caseload_.records, 0, {}, {}, {}, bytes_of(bare.path())});
    report.figures.push_back({"file of the store", caseload_.records, 0, {}, {}, {}, bytes_of(store_path_)});
    auto reader = must(tablet_->store->reader());
    const auto pragma = [&](const char* name) {
      sqlite::StatementScope row(*must(reader->database().prepare_dynamic(std::string("PRAGMA ") + name)));
      must(row->step());
      return static_cast<uint64_t>(row->int64(0));
    };
    const uint64_t free = pragma("freelist_count") * pragma("page_size");
    report.figures.push_back({"- of it free again, once all is sent", caseload_.records, 0, {}, {}, {}, free});
  }

  void open_once() {
    tablet_.reset();
    tablet_ = std::make_unique<Tablet>(store_path_, sqlite::Durability::grouped, worker);
    if (!must(must(tablet_->store->reader())->record("person", first_person())))
      throw std::runtime_error("no such person");
  }

  RecordId first_person() const {
    return *RecordId::parse(caseload_.cases.front().first.at("person").get<std::string>());
  }

  void reads(Report& report, const BareRows& bare) {
    Measures measures(report);
    measures.add(
        "open, and read one record", 1, [&] { open_once(); },
        [&] {
          sqlite::Database db = bare.open();
          BareRows::read(db, "SELECT body FROM rows WHERE collection = 'person' LIMIT 1");
        });
    sqlite::Database db = bare.open();
    auto reader = must(tablet_->store->reader());
    query::Query list;
    list.collection = "episode";
    list.filters = {{"status", query::Compare::equal, std::string("active")}};
    list.order_by = "review_due";
    measures.add(
        "list: 50 active cases, by review", 50, [&] { must(query::run(*reader, list)); },
        [&] {
          BareRows::read(
              db, "SELECT body FROM rows WHERE collection = 'episode' AND status = 'referred' ORDER BY due LIMIT 50");
        });
    const std::string some =
        "SELECT body FROM rows WHERE collection = 'action' LIMIT " + std::to_string(plan_.conflicts);
    const auto read_bare = [&] { BareRows::read(db, some.c_str()); };
    measures.add(
        "inbox, by a new reader", plan_.conflicts, [&] { must(must(tablet_->store->reader())->conflicts()); },
        read_bare);
    measures.add(
        "inbox again", plan_.conflicts, [&] { must(reader->conflicts()); }, read_bare);
    const auto as_json = [&](store::Reader& from) {
      const store::ReadToken token = must(from.begin());
      const std::string json = abi::inbox_json(must(from.conflicts()), token, merge::Language::english);
      from.end();
      if (json.size() < plan_.conflicts * 100) throw std::runtime_error("the inbox is empty");
    };
    measures.add(
        "inbox as JSON, by a new reader", plan_.conflicts, [&] { as_json(*must(tablet_->store->reader())); },
        read_bare);
    measures.add(
        "inbox as JSON again", plan_.conflicts, [&] { as_json(*reader); }, read_bare);
  }

  // Notes that were typed and sent in: what their histories cost beside the words, for ever.
  void send_in(Report& report) {
    auto reader = must(tablet_->store->reader());
    SeededRandom random(1);
    std::vector<RecordId> notes;
    uint64_t words = 0, saves = 0;
    for (const std::string& body : note_bodies(plan_.typed_notes)) {
      const nlohmann::json created = {{"action", "create"},
                                      {"collection", "visit_note"},
                                      {"scope", caseload_.cases[notes.size() % caseload_.cases.size()].scope},
                                      {"record", RecordId{random_128(random)}.text()}};
      const auto change = [&](const char* action, nlohmann::json more) {
        more.update({{"action", action}, {"collection", "visit_note"}, {"record", created["record"]}});
        more["field"] = "body";
        write(*tablet_, *reader, {{"changes", {std::move(more)}}});
      };
      write(*tablet_, *reader, {{"changes", {created}}});
      for (auto& edits : typed_saves(body, random)) {
        change("edit", {{"edits", std::move(edits)}});
        ++saves;
      }
      change("submit", nlohmann::json::object());
      notes.push_back(*RecordId::parse(created["record"].get<std::string>()));
      const merge::RecordState state = must(reader->record("visit_note", notes.back())).value().state;
      if (state.field("body")->text.plain() != body) throw std::runtime_error("a typed note is not what was typed");
      words += body.size();
    }
    sync(*tablet_, centre_, credential_);
    const auto [with, without] = at_rest(*reader, notes);
    const std::string name = std::to_string(notes.size()) + " notes sent in, " + std::to_string(saves) + " saves";
    report.figures.push_back({name + ": their words", notes.size(), 0, {}, {}, {}, words});
    report.figures.push_back({"- their records at rest", notes.size(), 0, {}, {}, {}, with});
    report.figures.push_back({"- of it the texts' histories", notes.size(), 0, {}, {}, {}, with - without});
  }

  // The first ones of the caseload, with more than a few words.
  std::vector<std::string> note_bodies(size_t most) const {
    std::vector<std::string> bodies;
    for (const nlohmann::json* commit : caseload_.commits()) {
      for (const auto& change : commit->at("changes")) {
        if (change.value("collection", "") != "visit_note" || change.at("action") != "create") continue;
        const std::string body = change.at("fields").value("body", "");
        if (body.size() > 200 && bodies.size() < most) bodies.push_back(body);
      }
    }
    return bodies;
  }

  // Bytes of the notes' rows, as they are and without the histories of their texts.
  static std::pair<uint64_t, uint64_t> at_rest(store::Reader& reader, const std::vector<RecordId>& notes) {
    uint64_t with = 0, without = 0;
    for (const RecordId& note : notes) {
      merge::RecordState state = must(reader.record("visit_note", note)).value().state;
      with += log::pack_state(merge::encode(state)).size();
      for (merge::FieldState& field : state.fields) field.text = merge::TextState(field.text.plain(), {});
      without += log::pack_state(merge::encode(state)).size();
    }
    return {with, without};
  }

  const Plan plan_;
  Centre centre_;
  const std::filesystem::path store_path_;
  std::unique_ptr<Tablet> tablet_;
  std::string credential_;
  Caseload caseload_;
};

}  // namespace

Report caseload(const Plan& plan) { return Bench(plan).run(); }

}  // namespace satchel::bench
