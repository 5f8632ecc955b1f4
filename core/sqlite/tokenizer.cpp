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

int add_token(void* context, int, const char* word, int size, int from, int end) {
  auto& tokens = *static_cast<std::vector<Token>*>(context);
  tokens.push_back({std::string(word, static_cast<size_t>(size)), static_cast<size_t>(from),
                    static_cast<size_t>(end - from)});
  return SQLITE_OK;
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

Result<std::vector<Token>> Tokenizer::split(std::string_view text) const {
  std::vector<Token> tokens;
  tokens.reserve(text.size() / 5 + 1);  // about
  const int code = impl_->calls.xTokenize(impl_->tokenizer, &tokens, FTS5_TOKENIZE_QUERY, text.data(),
                                          static_cast<int>(text.size()), add_token);
  if (code != SQLITE_OK) return error_of(code, nullptr);
  return tokens;
}

}  // namespace satchel::sqlite
