// Two words, drawn as often as they stand in the notes, in a whole caseload: what a person waits for who looks for something.
#include <algorithm>
#include <cctype>

#include "core/query/search.hpp"
#include "core/store/word_indexer.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/shared.hpp"

namespace satchel::bench {
namespace {

constexpr uint32_t snippets = 20;

// Letters alone: what stands between them parts words.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte) || byte >= 0x80) words.back() += static_cast<char>(std::tolower(byte));
    else if (!words.back().empty()) words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

double of_all(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())))];
}

class Searches final : public Measurement {
 public:
  explicit Searches(const Surroundings& around)
      : scale_(around.scale), world_(around.shared->caseload()), bare_(open_bare(around.directory / "words.db")) {
    index_all();
    draw_pairs();
    title = std::to_string(pairs_.size()) + " searches for two words in " + std::to_string(world_.records()) +
            " records, ranked, the best 20 with a snippet";
    baseline = "the same pairs in a table of bare FTS5 that keeps the same notes, ranked, with its own snippets";
    note = "elapsed, by a reader that has read before; words drawn by how often they stand in the notes";
  }

  std::vector<Figure> round(const std::filesystem::path&) override {
    const auto reader = must(world_.tablet().store->reader());
    std::vector<double> ours, bare;
    size_t hits = 0;
    for (const std::string& pair : pairs_) {
      query::Search search;
      search.text = pair;
      search.limit = snippets;
      const Stopwatch watch;
      const query::Found found = must(query::search(*reader, search));
      ours.push_back(watch.ms());
      expect(found.waiting == 0, "not everything is indexed");
      hits += found.hits.size();
      bare.push_back(search_bare(pair));
    }
    expect(hits > 0, "nothing was found");
    return {{.what = "median", .unit = "ms", .value = middle(ours), .baseline = middle(bare), .bar = value_under(5)},
            {.what = "p95", .unit = "ms", .value = of_all(ours, 0.95), .baseline = of_all(bare, 0.95)}};
  }

 private:
  static sqlite::Database open_bare(const std::filesystem::path& path) {
    sqlite::Database db = BareRows::open(path);
    must(db.exec("CREATE VIRTUAL TABLE words USING fts5 (text, tokenize='unicode61 remove_diacritics 2')"));
    return db;
  }

  void index_all() {
    store::Options options;
    options.path = world_.file().string();
    options.create = false;
    options.durability = sqlite::Durability::grouped;
    const auto indexer = must(store::WordIndexer::open(options));
    while (must(indexer->index_some(1'000)).waiting > 0) {
    }
  }

  void draw_pairs() {
    std::vector<std::string> words;
    auto transaction = must(sqlite::Transaction::begin(bare_, sqlite::Transaction::Kind::write));
    for (const nlohmann::json* commit : world_.commits()) {
      for (const auto& change : commit->at("changes")) {
        if (change.at("action") != "create" || change.at("collection") != "visit_note") continue;
        const std::string body = change.at("fields").at("body");
        sqlite::StatementScope row(bare_.prepare("INSERT INTO words(text) VALUES (?)"));
        must(row->bind_text(0, body).run());
        const std::vector<std::string> more = words_of(body);
        words.insert(words.end(), more.begin(), more.end());
      }
    }
    must(transaction.commit());
    expect(words.size() > 100, "there are no notes");
    SeededRandom random(7);
    while (pairs_.size() < scale_.searches) {
      const std::string& one = words[random.below(words.size())];
      const std::string& other = words[random.below(words.size())];
      if (one != other) pairs_.push_back(one + " " + other);
    }
  }

  double search_bare(const std::string& pair) {
    const Stopwatch watch;
    sqlite::StatementScope query(bare_.prepare(
        "SELECT rowid, snippet(words, 0, '<', '>', '...', 24) FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"));
    query->bind_text(0, pair).bind(1, static_cast<int64_t>(snippets));
    while (must(query->step())) expect(!query->text(1).empty(), "an empty snippet");
    return watch.ms();
  }

  const Scale scale_;
  CaseloadWorld& world_;
  sqlite::Database bare_;
  std::vector<std::string> pairs_;
};

}  // namespace

std::unique_ptr<Measurement> prepare_search(const Surroundings& around) { return std::make_unique<Searches>(around); }

}  // namespace satchel::bench
