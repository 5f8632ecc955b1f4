#include "core/merge/text/diff.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/merge/text/utf.hpp"

namespace satchel::merge::text {
namespace {

// Differences after which a stretch counts as rewritten.
constexpr int most_differences = 1000;

struct Token {
  std::string_view text;
  uint32_t word = 0;  // equal text, equal number
};
using Tokens = std::vector<Token>;

enum class Letter { word, space, other };

Letter letter(unsigned char byte) {
  if (byte >= 0x80 || std::isalnum(byte) || byte == '\'' || byte == '_') return Letter::word;
  return byte == ' ' || byte == '\t' ? Letter::space : Letter::other;
}

// Words, stretches of spaces, and each other character by itself.
void tokenise(std::string_view text, std::unordered_map<std::string_view, uint32_t>& words, Tokens& out) {
  for (size_t at = 0; at < text.size();) {
    const Letter kind = letter(static_cast<unsigned char>(text[at]));
    size_t end = at + 1;
    while (kind != Letter::other && end < text.size() && letter(static_cast<unsigned char>(text[end])) == kind) ++end;
    const std::string_view token = text.substr(at, end - at);
    out.push_back({token, words.try_emplace(token, static_cast<uint32_t>(words.size())).first->second});
    at = end;
  }
}

// Which tokens stay: found by Myers' middle snake, from both ends at once.
class Myers {
 public:
  Myers(const Tokens& a, const Tokens& b) : a_(a), b_(b), kept_a_(a.size()), kept_b_(b.size()) {
    compare(0, static_cast<int>(a.size()), 0, static_cast<int>(b.size()));
  }
  bool keeps_a(size_t i) const { return kept_a_[i]; }
  bool keeps_b(size_t i) const { return kept_b_[i]; }

 private:
  struct Snake {
    int x = 0, y = 0, end_x = 0, end_y = 0;
    bool found = false;
  };

  bool same(int x, int y) const { return a_[static_cast<size_t>(x)].word == b_[static_cast<size_t>(y)].word; }
  void keep(int x, int y) { kept_a_[static_cast<size_t>(x)] = kept_b_[static_cast<size_t>(y)] = true; }

  void compare(int a, int a_end, int b, int b_end) {
    while (a < a_end && b < b_end && same(a, b)) keep(a++, b++);
    while (a < a_end && b < b_end && same(a_end - 1, b_end - 1)) keep(--a_end, --b_end);
    if (a == a_end || b == b_end) return;
    const Snake snake = middle(a, a_end, b, b_end);
    if (!snake.found) return;
    for (int i = 0; i < snake.end_x - snake.x; ++i) keep(snake.x + i, snake.y + i);
    compare(a, snake.x, b, snake.y);
    compare(snake.end_x, a_end, snake.end_y, b_end);
  }

  // The run of equal tokens in the middle of a shortest way from one corner to the other; none when the way is longer
  // than is worth looking for.
  Snake middle(int a, int a_end, int b, int b_end) {
    const int n = a_end - a, m = b_end - b, delta = n - m, most = std::min((n + m + 1) / 2, most_differences);
    const bool odd = (delta & 1) != 0;
    const auto size = static_cast<size_t>(2 * most + 3);
    forward_.assign(size, 0);
    backward_.assign(size, 0);
    const int middle = most + 1;
    const auto at = [&](std::vector<int>& ends, int k) -> int& { return ends[static_cast<size_t>(middle + k)]; };
    for (int d = 0; d <= most; ++d) {
      for (int k = -d; k <= d; k += 2) {
        int x = k == -d || (k != d && at(forward_, k - 1) < at(forward_, k + 1)) ? at(forward_, k + 1)
                                                                                 : at(forward_, k - 1) + 1;
        int y = x - k;
        const int from_x = x, from_y = y;
        while (x < n && y < m && x >= 0 && y >= 0 && same(a + x, b + y)) ++x, ++y;
        at(forward_, k) = x;
        const int other = delta - k;
        if (odd && std::abs(other) <= d - 1 && x + at(backward_, other) >= n) {
          return {a + from_x, b + from_y, a + x, b + y, x <= n && y <= m && from_y >= 0};
        }
      }
      for (int k = -d; k <= d; k += 2) {
        int x = k == -d || (k != d && at(backward_, k - 1) < at(backward_, k + 1)) ? at(backward_, k + 1)
                                                                                   : at(backward_, k - 1) + 1;
        int y = x - k;
        const int from_x = x, from_y = y;
        while (x < n && y < m && x >= 0 && y >= 0 && same(a_end - 1 - x, b_end - 1 - y)) ++x, ++y;
        at(backward_, k) = x;
        const int other = delta - k;
        if (!odd && std::abs(other) <= d && x + at(forward_, other) >= n) {
          return {a_end - x, b_end - y, a_end - from_x, b_end - from_y, x <= n && y <= m && from_y >= 0};
        }
      }
    }
    return {};
  }

  const Tokens &a_, &b_;
  std::vector<bool> kept_a_, kept_b_;
  std::vector<int> forward_, backward_;
};

// A stretch of tokens of either text in place of each other.
struct Change {
  size_t a, a_end, b, b_end;
};

bool only_spaces(const Tokens& tokens, size_t from, size_t to) {
  return std::all_of(tokens.begin() + static_cast<ptrdiff_t>(from), tokens.begin() + static_cast<ptrdiff_t>(to),
                     [](const Token& token) { return letter(static_cast<unsigned char>(token.text[0])) == Letter::space; });
}

std::vector<Change> changes(const Tokens& a, const Tokens& b) {
  const Myers myers(a, b);
  std::vector<Change> out;
  for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (i < a.size() && j < b.size() && myers.keeps_a(i) && myers.keeps_b(j)) {
      ++i, ++j;
      continue;
    }
    Change change{i, i, j, j};
    while (change.a_end < a.size() && !myers.keeps_a(change.a_end)) ++change.a_end;
    while (change.b_end < b.size() && !myers.keeps_b(change.b_end)) ++change.b_end;
    i = change.a_end, j = change.b_end;
    // "visited her" for "rang him": one change, not two around a space.
    const auto replaces = [](const Change& each) { return each.a < each.a_end && each.b < each.b_end; };
    if (!out.empty() && replaces(out.back()) && replaces(change) && only_spaces(a, out.back().a_end, change.a)) {
      out.back().a_end = change.a_end;
      out.back().b_end = change.b_end;
    } else {
      out.push_back(change);
    }
  }
  return out;
}

std::string_view joined(const Tokens& tokens, size_t from, size_t to) {
  if (from == to) return {};
  const char* const begin = tokens[from].text.data();
  return {begin, static_cast<size_t>(tokens[to - 1].text.data() + tokens[to - 1].text.size() - begin)};
}

// Takes what both begin and end with off, when only an insertion or only a removal is left.
void narrow(std::string_view& before, std::string_view& after, uint32_t& at) {
  const size_t shorter = std::min(before.size(), after.size());
  size_t front = 0, back = 0;
  while (front < shorter && before[front] == after[front]) ++front;
  while (front > 0 && front < before.size() && !starts_scalar(before[front])) --front;
  while (front > 0 && front < after.size() && !starts_scalar(after[front])) --front;
  while (back < shorter - front && before[before.size() - 1 - back] == after[after.size() - 1 - back]) ++back;
  while (back > 0 && !starts_scalar(before[before.size() - back])) --back;
  if (front + back != shorter) return;
  at += static_cast<uint32_t>(count_scalars(before.substr(0, front)));
  before = before.substr(front, before.size() - front - back);
  after = after.substr(front, after.size() - front - back);
}

}  // namespace

std::vector<Edit> diff(std::string_view before, std::string_view after) {
  if (before == after) return {};
  if (before.empty() || after.empty()) return {{0, static_cast<uint32_t>(count_scalars(before)), std::string(after)}};
  std::unordered_map<std::string_view, uint32_t> words;
  Tokens a, b;
  tokenise(before, words, a);
  tokenise(after, words, b);
  std::vector<Edit> edits;
  uint32_t position = 0;  // in `after`, behind what is done
  size_t done = 0;
  for (const Change& change : changes(a, b)) {
    position += static_cast<uint32_t>(count_scalars(joined(a, done, change.a)));
    done = change.a_end;
    std::string_view out = joined(a, change.a, change.a_end), in = joined(b, change.b, change.b_end);
    uint32_t at = position;
    position += static_cast<uint32_t>(count_scalars(in));
    narrow(out, in, at);
    edits.push_back({at, static_cast<uint32_t>(count_scalars(out)), std::string(in)});
  }
  return edits;
}

}  // namespace satchel::merge::text
