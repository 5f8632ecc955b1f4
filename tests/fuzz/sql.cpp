// The bytes are SQL of an app (docs/decisions/0019): refused in words with a place inside the text, ended because it went on
// for too long, or answered with rows as wide as its columns. Whatever it said, the store holds what it held.
#include <algorithm>
#include <cstdio>

#include "core/query/query.hpp"
#include "core/query/sql.hpp"
#include "tests/fuzz/small_store.hpp"

namespace {

using namespace satchel;
using fuzz::require;

constexpr int patience = 2000;  // questions whether to go on

void check_place(const std::string& place, const std::string& text) {
  size_t line = 0, column = 0;
  if (std::sscanf(place.c_str(), "/sql:%zu:%zu", &line, &column) != 2) return;
  const auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  require(line >= 1 && line <= lines && column >= 1 && column <= text.size() + 1, "a place outside the text: " + place);
}

void check_refused(const Error& error, const std::string& text) {
  require(!error.message.empty() && (error.code == Code::invalid || error.code == Code::limit),
          std::string(code_name(error.code)) + ": " + error.message + " [" + error.place + "]");
  check_place(error.place, text);
}

uint64_t people() {
  query::Query all;
  all.collection = "person";
  all.include_voided = true;
  const auto counted = query::count(fuzz::small_store().reader(), all);
  require(counted.ok(), "the store cannot be read any more");
  return *counted;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  query::Sql sql;
  sql.text.assign(reinterpret_cast<const char*>(data), size);
  sql.parameters = {int64_t{1}, std::string("Edith")};
  sql.parameters.resize(std::min<size_t>(2, static_cast<size_t>(std::count(sql.text.begin(), sql.text.end(), '?'))));
  sql.limit = 20;
  sql.include_voided = size % 2 == 1;
  int asked = 0;
  const auto answer = query::run_sql(fuzz::small_store().reader(), sql, [&] { return ++asked < patience; });
  if (answer.ok()) {
    require(answer->rows.size() <= sql.limit, "more rows than asked for");
    for (const auto& row : answer->rows) require(row.size() == answer->columns.size(), "a row of another width");
  } else {
    check_refused(answer.error(), sql.text);
  }
  require(people() == 4, "the store holds something else than before");
  return 0;
}
