#include "tests/sim/promises.hpp"

#include <cstdio>

#include "core/log/packing.hpp"

namespace satchel::sim {
namespace {

constexpr std::string_view kWord = "why#";
constexpr size_t kDigits = 6;

// What stands rests packed, what waits does not.
enum class Rests { plain, packed };

Result<> collect(sqlite::Database& db, const char* sql, Rests rests, std::set<uint32_t>& marks) {
  auto select = db.prepare_dynamic(sql);
  if (!select.ok()) return {};  // the other kind of file
  sqlite::StatementScope row(**select);
  for (;;) {
    SATCHEL_ASSIGN(const bool more, row->step());
    if (!more) return {};
    Bytes bytes(row->blob(0));
    if (rests == Rests::packed) {
      SATCHEL_ASSIGN(bytes, log::unpack(bytes, "entries"));
    }
    if (const auto mark = mark_in(bytes)) marks.insert(*mark);
  }
}

}  // namespace

std::string words_of_mark(uint32_t mark) {
  char text[16];
  std::snprintf(text, sizeof text, "why#%06u", mark);
  return text;
}

std::optional<uint32_t> mark_in(BytesView encoded) {
  const size_t at = encoded.find(kWord);
  if (at == BytesView::npos || encoded.size() < at + kWord.size() + kDigits) return std::nullopt;
  uint32_t mark = 0;
  for (size_t i = 0; i < kDigits; ++i) mark = mark * 10 + static_cast<uint32_t>(encoded[at + kWord.size() + i] - '0');
  return mark;
}

Result<std::set<uint32_t>> marks_in(sqlite::Database& db) {
  std::set<uint32_t> marks;
  SATCHEL_TRY(collect(db, "SELECT bytes FROM entries WHERE bytes IS NOT NULL", Rests::packed, marks));
  SATCHEL_TRY(collect(db, "SELECT bytes FROM outbox", Rests::plain, marks));
  SATCHEL_TRY(collect(db, "SELECT bytes FROM set_aside", Rests::plain, marks));
  SATCHEL_TRY(collect(db, "SELECT bytes FROM centre_quarantine", Rests::plain, marks));
  return marks;
}

Promise* Promises::find(uint32_t mark) {
  const auto found = all_.find(mark);
  return found == all_.end() ? nullptr : &found->second;
}

void Promises::let_go(const std::set<uint32_t>& everywhere, const std::function<bool(const Promise&)>& nobody_promised,
                      const std::string& why) {
  for (auto& [mark, promise] : all_) {
    if (!promise.certain || everywhere.count(mark) != 0 || !nobody_promised(promise)) continue;
    promise.certain = false;
    promise.why_not = why;
  }
}

}  // namespace satchel::sim
