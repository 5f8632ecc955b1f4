#include "core/sqlite/tokenizer.hpp"

#include <sqlite3.h>

#include "core/sqlite/errors.hpp"

namespace satchel::sqlite {
namespace {

Result<fts5_api*> api_of(sqlite3* db) {
  fts5_api* api = nullptr;
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &raw, nullptr);
  if (code != SQLITE_OK) return error_of(code, db);
  sqlite3_bind_pointer(raw, 1, &api, "fts5_api_ptr", nullptr);
  sqlite3_step(raw);
  sqlite3_finalize(raw);
  if (api == nullptr) return make_error(Code::internal, "This SQLite has no full-text search.", "fts5");
  return api;
}

using Take = std::function<void(std::string_view, Stretch)>;

struct Taking {
  const Take& take;
  size_t before;  // where in the text the piece begins
};

int take_token(void* context, int, const char* word, int size, int from, int end) {
  const Taking& taking = *static_cast<Taking*>(context);
  taking.take({word, static_cast<size_t>(size)}, {taking.before + static_cast<size_t>(from), static_cast<size_t>(end - from)});
  return SQLITE_OK;
}

// How unicode61 sees a byte: each sign of ASCII that is no letter and no digit parts words, whatever stands around it.
enum class Byte : uint8_t { separator, word, beyond_ascii };
Byte kind_of(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x80) return Byte::beyond_ascii;
  const bool letter = static_cast<unsigned char>((byte | 0x20) - 'a') < 26;
  const bool digit = static_cast<unsigned char>(byte - '0') < 10;
  return letter || digit ? Byte::word : Byte::separator;
}

void fold_ascii(std::string_view word, std::string& folded) {
  folded.assign(word);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
}

}  // namespace

struct Tokenizer::Impl {
  fts5_tokenizer calls{};
  Fts5Tokenizer* tokenizer = nullptr;
  ~Impl() {
    if (tokenizer != nullptr) calls.xDelete(tokenizer);
  }
};

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&& other) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::of(Database& db) {
  SATCHEL_ASSIGN(fts5_api * api, api_of(db.handle()));
  auto impl = std::make_unique<Impl>();
  void* context = nullptr;
  const char* arguments[] = {"remove_diacritics", "2"};  // SATCHEL_TOKENIZE
  int code = api->xFindTokenizer(api, "unicode61", &context, &impl->calls);
  if (code == SQLITE_OK) code = impl->calls.xCreate(context, arguments, 2, &impl->tokenizer);
  if (code != SQLITE_OK) return error_of(code, nullptr);
  return Tokenizer(std::move(impl));
}

// Most words are of ASCII letters alone, and folded here in a fraction of the time; a piece with any other letter, between
// two separators, goes to FTS5's own code.
Result<> Tokenizer::each(std::string_view text, const Take& take) const {
  std::string folded;
  for (size_t from = 0; from < text.size();) {
    bool ascii = true;
    size_t end = from;
    for (Byte kind; end < text.size() && (kind = kind_of(text[end])) != Byte::separator; ++end) {
      ascii = ascii && kind == Byte::word;
    }
    if (ascii && end > from) {
      fold_ascii(text.substr(from, end - from), folded);
      take(folded, {from, end - from});
    } else if (!ascii) {
      Taking taking{take, from};
      const int code = impl_->calls.xTokenize(impl_->tokenizer, &taking, FTS5_TOKENIZE_QUERY, text.data() + from,
                                              static_cast<int>(end - from), take_token);
      if (code != SQLITE_OK) return error_of(code, nullptr);
    }
    from = end + 1;
  }
  return {};
}

Result<std::vector<std::string>> Tokenizer::words(std::string_view text) const {
  std::vector<std::string> words;
  SATCHEL_TRY(each(text, [&](std::string_view word, Stretch) { words.emplace_back(word); }));
  return words;
}

}  // namespace satchel::sqlite
