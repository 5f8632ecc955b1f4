#include "core/merge/submit.hpp"

#include <algorithm>
#include <map>

#include "core/merge/kinds.hpp"
#include "core/merge/text/diff.hpp"
#include "core/merge/text/history.hpp"

namespace satchel::merge {
namespace {

using Entry = model::Version::Entry;

Entry id_of(const Head& head) { return {head.replica, head.counter}; }

}  // namespace

const Head* standing_submit(const FieldState& state) {
  const auto lowest = std::min_element(state.submits.begin(), state.submits.end(),
                                       [](const Head& a, const Head& b) { return lower_place(&a, &b); });
  return lowest == state.submits.end() ? nullptr : &*lowest;
}

// A settlement says that somebody has seen what came later; it does not send in anew.
void note_submit(FieldState& field, const Arrival& arrival) {
  if (arrival.op.settles) return;
  Head head = with_place(arrival.head(), arrival);
  head.value.clear();
  insert(field.submits, std::move(head));
}

bool in_submitted(const FieldState& state, const ReplicaId& replica, uint64_t counter) {
  const Head* first = standing_submit(state);
  const text::Document* document = first == nullptr ? nullptr : state.text.look();
  if (document == nullptr) return true;
  const text::Graph& graph = document->graph();
  return graph.contains({graph.event_of(first->replica, first->counter)}, graph.event_of(replica, counter));
}

Resolved resolve_submitted(const FieldState& state) {
  const Head* first = standing_submit(state);
  Heads later;
  for (const Head& head : state.heads) {
    if (id_of(head) != id_of(*first) && !head.settles) later.push_back(&head);
  }
  const bool alone = state.heads.size() == 1 && id_of(state.heads.front()) == id_of(*first);
  const text::Document* document = alone ? nullptr : state.text.look();
  auto made = std::make_shared<std::vector<Head>>();
  Resolved resolved;
  if (document == nullptr) {
    made->push_back(with_text(*first, state.text.plain()));
  } else {
    text::History history(*document);
    const auto text_of = [&](const Head& head) {
      const Entry written = id_of(head);
      return with_text(head, history.text_at({}, {&written, 1}));
    };
    made->push_back(text_of(*first));
    sort_newest_first(later);
    const bool more = made->front().value != with_text(*first, state.text.plain()).value;
    for (const Head* head : later) {
      if (!more) break;
      made->push_back(text_of(*head));
      if (made->back().value == made->front().value) made->pop_back();
    }
  }
  if (made->size() > 1) resolved.rule = Rule::submitted;
  resolved.standing.push_back(&made->front());
  for (size_t i = 1; i < made->size(); ++i) resolved.others.push_back(&(*made)[i]);
  resolved.made = std::move(made);
  return resolved;
}

// ---- what came later

struct LateEdits::Versions {
  Versions(const text::Document& read, const Head& first)
      : document(read), submit(id_of(first)), event(read.graph().event_of(first.replica, first.counter)) {}

  const text::Document& document;
  const Entry submit;
  const text::Lv event;
  std::vector<std::vector<Entry>> parents;  // of each item: the transactions that it counts in
  std::map<text::Lv, size_t> items;         // by an item's last event
  mutable std::unique_ptr<text::History> history;

  std::string text_at(std::vector<Entry> also) const {
    also.push_back(submit);
    if (history == nullptr) history = std::make_unique<text::History>(document);
    return history->text_at({}, also);
  }

  // The events that the transaction's first one counts in. It may be inside a run of equal transactions.
  std::vector<text::Lv> parents_of(text::Lv first) const {
    const text::Graph& graph = document.graph();
    const uint32_t run = graph.transactions_at(first);
    if (graph.transactions()[run].first != first) return {first - 1};
    const auto parents = graph.parents_of(run);
    return {parents.begin(), parents.end()};
  }
};

LateEdits::LateEdits(const FieldState& state) {
  const Head* first = standing_submit(state);
  const text::Document* document = first == nullptr ? nullptr : state.text.look();
  if (document == nullptr) return;
  versions_ = std::make_unique<Versions>(*document, *first);
  if (versions_->event == text::beginning) {  // what decode() lets a reader have, and decode_whole() nobody else
    versions_.reset();
    return;
  }
  const text::Graph& graph = document->graph();
  text::Graph::Difference later;
  graph.compare(graph.frontier(), {versions_->event}, later);
  std::reverse(later.only_a.begin(), later.only_a.end());
  std::map<Entry, size_t> known;
  for (const text::LvRange& range : later.only_a) {
    for (text::Lv event = range.first; event <= range.last; ++event) {
      const Entry written{graph.replica_of(event), graph.counter_of(event)};
      const auto [item, fresh] = known.emplace(written, items_.size());
      if (fresh) {
        items_.push_back({written.first, written.second, {}});
        auto& parents = versions_->parents.emplace_back();
        for (const text::Lv parent : versions_->parents_of(event)) {
          parents.emplace_back(graph.replica_of(parent), graph.counter_of(parent));
          const auto late = known.find(parents.back());
          if (late != known.end()) items_.back().saw.push_back(late->second);
        }
        std::sort(items_.back().saw.begin(), items_.back().saw.end());
      }
      // On to its last event.
      const uint32_t run = graph.transactions_at(event);
      const auto& transactions = graph.transactions()[run];
      event += transactions.span - 1 - (event - transactions.first) % transactions.span;
    }
  }
}

LateEdits::~LateEdits() = default;

std::string LateEdits::submitted() const { return versions_ == nullptr ? std::string() : versions_->text_at({}); }

std::vector<model::TextEdit> LateEdits::edits(size_t item) const {
  const std::string before = versions_->text_at(versions_->parents[item]);
  return text::diff(before, versions_->text_at({{items_[item].replica, items_[item].counter}}));
}

}  // namespace satchel::merge
