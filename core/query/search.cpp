#include "core/query/search.hpp"

#include <algorithm>

#include "core/query/in_view.hpp"
#include "core/query/search_words.hpp"
#include "core/store/changed_records.hpp"
#include "core/store/field_index.hpp"
#include "core/store/held_scopes.hpp"
#include "core/store/overlay.hpp"
#include "core/store/search_index.hpp"

namespace satchel::query {
namespace {

constexpr uint32_t found_most = 100;
constexpr size_t terms_most = 32;
constexpr size_t title_bytes = 120;

Result<std::vector<Term>> terms_of(const sqlite::Tokenizer& tokenizer, const Search& search) {
  if (search.limit == 0 || search.limit > found_most) {
    return make_error(Code::invalid, "A search shows 1 to " + std::to_string(found_most) + " records.", "limit");
  }
  SATCHEL_ASSIGN(auto terms, parse_search(tokenizer, search.text));
  if (terms.empty()) return make_error(Code::invalid, "Please write at least one word to search for.", "text");
  size_t words = 0;
  for (const Term& term : terms) words += term.words.size();
  if (words > terms_most) {
    return make_error(Code::invalid, "Please search for at most " + std::to_string(terms_most) + " words.", "text");
  }
  return terms;
}

// The scope and those that lie in it, as far as they are here.
void add_below(const std::vector<store::HeldScope>& all, const store::HeldScope& scope, std::vector<int64_t>& numbers) {
  if (std::find(numbers.begin(), numbers.end(), scope.key.scope) != numbers.end()) return;
  numbers.push_back(scope.key.scope);
  for (const auto& other : all) {
    if (other.parent == scope.id) add_below(all, other, numbers);
  }
}

// Where to look; empty: everywhere. `nothing`: nowhere.
struct Where {
  std::vector<int64_t> scopes;
  bool nothing = false;
};

Result<Where> where_of(store::Reader& reader, const Search& search) {
  Where where;
  sqlite::Database& db = reader.database();
  for (const std::string& name : search.collections) {
    if (reader.schema().collection(name) == nullptr) {
      return make_error(Code::invalid, "The schema has no collection \"" + name + "\".", "collections");
    }
  }
  if (search.about) {
    SATCHEL_ASSIGN(const auto key, store::scope_of(db, search.about->collection, search.about->record));
    if (!key) return make_error(Code::not_found, "This store has no such record.", "about");
    SATCHEL_ASSIGN(const auto all, store::held_scopes(db));
    SATCHEL_ASSIGN(const auto scope, store::held_scope(db, *key));
    add_below(all, scope, where.scopes);
  }
  if (search.scope) {
    SATCHEL_ASSIGN(const auto held, store::find_held_scope(db, *search.scope));
    const auto& known = where.scopes;
    const bool among = held && (known.empty() || std::find(known.begin(), known.end(), held->key.scope) != known.end());
    where.nothing = !among;
    if (among) where.scopes = {held->key.scope};
  }
  return where;
}

std::string marks(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ", ?";
  return text;
}

enum class Among { the_best, all };

// Ranked by FTS5. Where it may forget all but the best of the words while it ranks them it takes half the time.
std::string select_matches(const Search& search, const Where& where, Among among) {
  const bool best = among == Among::the_best;
  std::string sql = "SELECT d.scope, d.collection, d.record FROM ";
  sql += best ? "(SELECT rowid, bm25(search_words, 4.0, 1.0) AS rank FROM search_words WHERE search_words MATCH ?"
                " ORDER BY rank LIMIT ?) w"
              : "search_words w";
  sql += " CROSS JOIN search_docs d ON d.doc = w.rowid"
         " CROSS JOIN record_index r ON r.collection = d.collection AND r.record = d.record AND r.scope = d.scope WHERE ";
  sql += best ? "1" : "w.search_words MATCH ? AND w.rank MATCH 'bm25(4.0, 1.0)'";
  if (!search.collections.empty()) sql += " AND d.collection IN (" + marks(search.collections.size()) + ")";
  if (!where.scopes.empty()) sql += " AND d.scope IN (" + marks(where.scopes.size()) + ")";
  if (!search.include_voided) sql += " AND r.present = 1";
  return sql + " ORDER BY w.rank LIMIT ?";
}

Result<std::vector<store::ChangedRecord>> matches(sqlite::Database& db, const Search& search, const Where& where,
                                                  const std::vector<Term>& terms, Among among) {
  SATCHEL_ASSIGN(sqlite::Statement * statement, db.prepare_dynamic(select_matches(search, where, among)));
  sqlite::StatementScope q(*statement);
  int at = 0;
  q->bind_text(at++, match_of(terms));
  if (among == Among::the_best) q->bind(at++, int64_t{2} * search.limit);
  for (const std::string& name : search.collections) q->bind_text(at++, name);
  for (const int64_t scope : where.scopes) q->bind(at++, scope);
  q->bind(at, int64_t{search.limit});
  std::vector<store::ChangedRecord> found;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return found;
    SATCHEL_ASSIGN(const RecordId id, store::id_column<RecordId>(*q, 2, "search_docs.record"));
    found.push_back({{1, q->int64(0)}, {std::string(q->text(1)), id}});
  }
}

// Where the best words are of records that are not asked for, all are gone through.
Result<std::vector<store::ChangedRecord>> matches(sqlite::Database& db, const Search& search, const Where& where,
                                                  const std::vector<Term>& terms) {
  if (search.collections.empty() && where.scopes.empty()) {
    SATCHEL_ASSIGN(auto found, matches(db, search, where, terms, Among::the_best));
    if (found.size() == search.limit) return found;
  }
  return matches(db, search, where, terms, Among::all);
}

// Of whole characters.
std::string beginning(const std::string& text) {
  const size_t line = std::min(text.find('\n'), text.size());
  size_t end = std::min(line, title_bytes);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

Result<Hit> hit_of(store::Reader& reader, const sqlite::Tokenizer& tokenizer, const store::ChangedRecord& at,
                   const std::vector<Term>& terms) {
  Hit hit;
  hit.record = at.key;
  SATCHEL_ASSIGN(hit.scope, store::id_of_scope(reader.database(), at.scope));
  const model::Collection* collection = reader.schema().collection(at.key.collection);
  SATCHEL_ASSIGN(const auto state, store::shown_state(reader.database(), at.scope, at.key));
  if (collection == nullptr || !state) return hit;
  const auto texts = store::search_texts(*state, *collection);
  for (const auto& each : texts) {
    if (each.title && hit.title.empty()) hit.title = beginning(each.text);
  }
  SATCHEL_ASSIGN(auto snippet, snippet_of(tokenizer, texts, terms));
  hit.field = std::move(snippet.field);
  hit.snippet = std::move(snippet.pieces);
  return hit;
}

Result<Found> search_in_view(store::Reader& reader, const Search& search) {
  Found found;
  SATCHEL_ASSIGN(found.token, reader.token());
  SATCHEL_ASSIGN(const auto tokenizer, sqlite::Tokenizer::of(reader.database()));
  SATCHEL_ASSIGN(const auto terms, terms_of(tokenizer, search));
  SATCHEL_ASSIGN(const Where where, where_of(reader, search));
  SATCHEL_ASSIGN(const auto progress, store::search_progress(reader.database()));
  found.waiting = progress.waiting;
  found.of = progress.of;
  if (where.nothing) return found;
  SATCHEL_ASSIGN(const auto records, matches(reader.database(), search, where, terms));
  for (const auto& at : records) {
    SATCHEL_ASSIGN(Hit hit, hit_of(reader, tokenizer, at, terms));
    found.hits.push_back(std::move(hit));
  }
  return found;
}

}  // namespace

Result<Found> search(store::Reader& reader, const Search& search) {
  return in_view(reader, [&] { return search_in_view(reader, search); });
}

}  // namespace satchel::query
