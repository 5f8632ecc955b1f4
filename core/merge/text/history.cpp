#include "core/merge/text/history.hpp"

#include <algorithm>
#include <set>

#include "core/merge/text/utf.hpp"

namespace satchel::merge::text {

// ---- earlier versions

History::History(const Document& document)
    : document_(document), tracker_(document.graph(), beginning), now_(to_utf32(document.text())) {
  tracker_.replay(document.graph().last());
}

std::string History::text_at(const model::Version& version, std::span<const model::Version::Entry> also) {
  tracker_.move_to(document_.graph().version_of(version, also));
  std::string out;
  size_t now = 0;
  tracker_.each([&](const Span& span) {
    for (uint32_t i = 0; span.there() && i < span.size; ++i) {
      const Lv remover = span.remover + static_cast<Lv>(span.step * static_cast<int32_t>(i));
      const char32_t scalar = !span.kept()          ? document_.graph().taken(remover)
                              : now + i < now_.size() ? now_[now + i]
                                                      : U'\uFFFD';
      append_utf8(out, scalar);
    }
    if (span.kept()) now += span.size;
  });
  return out;
}

// ---- the same sentence

namespace {

bool ends_sentence(char32_t scalar) {
  switch (scalar) {
    case U'.': case U'!': case U'?': case U'\u2026': case U'\u3002': case U'\uFF01': case U'\uFF1F': case U'\u061F':
    case U'\u0964':
      return true;
    default: return false;
  }
}
bool is_break(char32_t scalar) { return scalar == U'\n' || scalar == U'\u2028' || scalar == U'\u2029'; }
bool is_space(char32_t scalar) { return scalar == U' ' || scalar == U'\t' || scalar == U'\r' || scalar == U'\u00A0'; }
// May stand between the full stop and the space: He said "no."
bool closes(char32_t scalar) {
  return scalar == U'"' || scalar == U'\'' || scalar == U')' || scalar == U']' || scalar == U'\u201D' ||
         scalar == U'\u2019' || scalar == U'\u00BB';
}

// Where each sentence begins.
std::vector<uint32_t> sentence_starts(std::u32string_view text) {
  std::vector<uint32_t> starts{0};
  bool ended = false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool boundary = is_break(text[i]);
    if (ended && is_space(text[i])) {
      while (i + 1 < text.size() && is_space(text[i + 1])) ++i;
      boundary = true;
    }
    if (boundary && i + 1 < text.size()) starts.push_back(static_cast<uint32_t>(i) + 1);
    ended = !boundary && (ends_sentence(text[i]) || (ended && closes(text[i])));
  }
  return starts;
}

using Touched = std::set<std::pair<std::string, size_t>>;  // (worker, sentence)

// What one branch has that another has not: which sentences it touched, and who.
class Branch {
 public:
  Branch(const Graph& graph, const Tracker& tracker, const std::vector<uint32_t>& starts, std::u32string_view text)
      : graph_(graph), tracker_(tracker), starts_(starts), text_(text) {}

  Touched touched(const std::vector<LvRange>& ranges) {
    touched_.clear();
    gone_.clear();
    for (const LvRange& range : ranges) {
      for (Lv at = range.first; at <= range.last;) {  // a run may go on in somebody else's transaction
        at += visit(graph_.run(at, std::min(range.last, graph_.end_of(graph_.transactions_at(at)) - 1)));
      }
    }
    std::sort(gone_.begin(), gone_.end(), [](const Gone& a, const Gone& b) { return a.rank < b.rank; });
    for (size_t from = 0; from < gone_.size();) from = visit_gap(from);
    return std::move(touched_);
  }

 private:
  struct Gone {  // a character that the branch took out
    int64_t rank;
    uint32_t at;
    Lv removal;
  };

  size_t sentence_at(uint32_t position) const {
    return static_cast<size_t>(std::upper_bound(starts_.begin(), starts_.end(), position) - starts_.begin()) - 1;
  }

  uint32_t end_of(size_t sentence) const {
    return sentence + 1 < starts_.size() ? starts_[sentence + 1] : static_cast<uint32_t>(text_.size());
  }
  bool blank(uint32_t position) const { return is_space(text_[position]) || is_break(text_[position]); }

  uint32_t visit(const Run& run) {
    if (run.shape == Shape::mark) return run.size;
    const Tracker::Where where = tracker_.where(run.first, run.first + run.size - 1);
    if (run.shape == Shape::insert && where.kept) {
      uint32_t from = where.at;
      uint32_t to = std::min(where.at + where.size, static_cast<uint32_t>(text_.size()));  // a damaged file may say more
      // The space before a new sentence belongs to the one before, and does not change it.
      while (from < to && blank(from)) ++from;
      while (to > from && blank(to - 1)) --to;
      const std::string& worker = graph_.worker_of(run.first);
      for (; from < to; from = end_of(sentence_at(from))) touched_.insert({worker, sentence_at(from)});
    } else if (run.shape != Shape::insert) {
      for (uint32_t i = 0; i < where.size; ++i) {
        gone_.push_back({where.rank + where.step * static_cast<int64_t>(i), where.at, run.first + i});
      }
    }
    return where.size;
  }

  // Characters that went out side by side.
  size_t visit_gap(size_t from) {
    size_t end = from;
    bool ended = false;
    for (; end < gone_.size() && gone_[end].at == gone_[from].at; ++end) {
      const char32_t scalar = graph_.taken(gone_[end].removal);
      if (!is_space(scalar)) ended = ends_sentence(scalar) || is_break(scalar) || (ended && closes(scalar));
    }
    const uint32_t at = gone_[from].at;
    const size_t sentence = sentence_at(at);
    const bool between = starts_[sentence] == at || at >= text_.size();
    for (; from < end && !(between && ended); ++from) touched_.insert({graph_.worker_of(gone_[from].removal), sentence});
    return end;
  }

  const Graph& graph_;
  const Tracker& tracker_;
  const std::vector<uint32_t>& starts_;
  std::u32string_view text_;
  Touched touched_;
  std::vector<Gone> gone_;
};

using Workers = std::vector<std::set<std::string>>;  // of each sentence

void note_both(const Touched& a, const Touched& b, Workers& out) {
  for (const auto& [worker_a, sentence_a] : a) {
    for (const auto& [worker_b, sentence_b] : b) {
      if (sentence_a == sentence_b) out[sentence_a].insert({worker_a, worker_b});
    }
  }
}

}  // namespace

std::vector<SharedSentence> shared_sentences(const Document& document) {
  const Graph& graph = document.graph();
  const Frontier& heads = graph.frontier();
  std::vector<SharedSentence> out;
  if (heads.size() < 2) return out;
  const std::u32string text = to_utf32(document.text());
  const std::vector<uint32_t> starts = sentence_starts(text);
  Tracker tracker(graph, graph.common(heads, heads));
  tracker.replay(graph.last());
  Branch branch(graph, tracker, starts, text);
  Workers workers(starts.size());
  Graph::Difference difference;
  for (size_t i = 0; i < heads.size(); ++i) {
    for (size_t j = i + 1; j < heads.size(); ++j) {
      graph.compare({heads[i]}, {heads[j]}, difference);
      const Touched one = branch.touched(difference.only_a);
      note_both(one, branch.touched(difference.only_b), workers);
    }
  }
  for (size_t sentence = 0; sentence < starts.size(); ++sentence) {
    if (workers[sentence].empty()) continue;
    const uint32_t end = sentence + 1 < starts.size() ? starts[sentence + 1] : static_cast<uint32_t>(text.size());
    out.push_back({starts[sentence], end - starts[sentence], {workers[sentence].begin(), workers[sentence].end()}});
  }
  return out;
}

}  // namespace satchel::merge::text
