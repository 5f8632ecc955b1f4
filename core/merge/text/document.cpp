#include "core/merge/text/document.hpp"

#include <algorithm>
#include <limits>

#include "core/merge/text/diff.hpp"
#include "core/merge/text/encoding.hpp"
#include "core/merge/text/utf.hpp"
#include "core/model/text.hpp"

namespace satchel::merge::text {

Document::Document() = default;
Document::~Document() = default;

// The tracker looks into the graph where it was built.
Document::Document(Document&& other) noexcept
    : buffer_(std::move(other.buffer_)), graph_(std::move(other.graph_)), edits_(std::move(other.edits_)) {}

Document& Document::operator=(Document&& other) noexcept {
  tracker_.reset();
  buffer_ = std::move(other.buffer_);
  graph_ = std::move(other.graph_);
  edits_ = std::move(other.edits_);
  last_.counter = 0;
  other.tracker_.reset();
  return *this;
}

// ---- writing here

void Document::begin(const ReplicaId& replica, uint64_t counter, std::string_view worker) {
  end();
  tracker_.reset();
  last_.counter = 0;
  parents_ = graph_.frontier();
  graph_.open(replica, counter, worker, parents_);
}

void Document::end() {
  if (graph_.is_open()) graph_.close();
  edits_.clear();
}

std::u32string Document::taken_text(uint32_t at, uint32_t count) const {
  if (count == 1) return std::u32string(1, buffer_.at(at));
  return to_utf32(buffer_.text(at, count));
}

Result<> Document::replace(uint32_t at, uint32_t count, std::string_view utf8) {
  if (!graph_.is_open()) return make_error(Code::invalid, "Nobody has begun to write here.", "text");
  if (at > length() || count > length() - at) {
    return make_error(Code::invalid, "The text has " + std::to_string(length()) + " characters; a change from " +
                                         std::to_string(at) + " over " + std::to_string(count) + " is beyond its end.",
                      "text");
  }
  if (!model::valid_utf8(utf8)) return make_error(Code::invalid, "The text is not UTF-8.", "text");
  if (count == 0 && utf8.empty()) return {};
  if (count > 0) {
    graph_.remove(at, taken_text(at, count));
    buffer_.erase(at, count);
  }
  if (!utf8.empty()) {
    graph_.insert(at, static_cast<uint32_t>(utf8.size() == 1 ? 1 : count_scalars(utf8)));
    buffer_.insert(at, utf8);
  }
  note_edit(at, count, utf8);
  return {};
}

// Typing on is one edit.
void Document::note_edit(uint32_t at, uint32_t count, std::string_view utf8) {
  if (count == 0 && !edits_.empty() && at == typed_to_) {
    edits_.back().inserted += utf8;
  } else {
    edits_.push_back({at, count, std::string(utf8)});
  }
  typed_to_ = at + static_cast<uint32_t>(utf8.size() == 1 ? 1 : count_scalars(utf8));
}

Result<> Document::whole_text(std::string_view utf8) {
  if (!graph_.is_open()) return make_error(Code::invalid, "Nobody has begun to write here.", "text");
  if (!model::valid_utf8(utf8)) return make_error(Code::invalid, "The text is not UTF-8.", "text");
  for (const Edit& edit : diff(text(), utf8)) SATCHEL_TRY(replace(edit.at, edit.removed, edit.inserted));
  return {};
}

// ---- what others wrote

void Document::apply(const Incoming& incoming) {
  end();
  take_in(incoming);
}

// A tracker is kept over a quiet spell: built again, it would have to be told all that it knows. Each quiet
// transaction pays for a part of that.
bool Document::worth_tracking() {
  return ++quiet_ <= 16 + tracker_->spans() / 4;
}

// One writer types on, transaction by transaction: then what it saw is what it saw before, and its own last one.
bool Document::goes_on(const Incoming& incoming) const {
  if (last_.counter == 0 || !incoming.also.empty() || incoming.replica != last_.replica || incoming.counter <= last_.counter) return false;
  const auto& now = incoming.shown->entries();
  const auto& before = last_.shown.entries();
  size_t i = 0, j = 0;
  bool own = false;
  while (i < now.size() || j < before.size()) {
    if (i < now.size() && now[i].first == last_.replica) {
      own = now[i++].second == last_.counter;
      if (j < before.size() && before[j].first == last_.replica) ++j;
    } else if (i < now.size() && j < before.size() && now[i] == before[j]) {
      ++i, ++j;
    } else {
      return false;
    }
  }
  return own && !graph_.has_loose(incoming.replica);
}

void Document::find_parents(const Incoming& incoming) {
  if (goes_on(incoming)) {
    parents_.assign(1, graph_.last());
  } else if (graph_.includes(incoming.replica, incoming.counter)) {  // what its own transaction did before this op
    parents_.assign(1, graph_.event_of(incoming.replica, incoming.counter));
  } else {
    parents_ = graph_.version_of(*incoming.shown, incoming.also);
  }
}

void Document::take_in(const Incoming& incoming) {
  find_parents(incoming);
  const bool quiet = parents_ == graph_.frontier();
  if (quiet && tracker_ && !worth_tracking()) tracker_.reset();
  if (!quiet) quiet_ = 0;
  if (quiet && !tracker_) {
    graph_.open(incoming.replica, incoming.counter, incoming.worker, parents_);
    for (const Edit& edit : incoming.edits) edit_plainly(edit);
    graph_.close();
  } else {
    take_in_tracked(incoming);
  }
  last_.replica = incoming.replica;
  last_.counter = incoming.counter;
  last_.shown = *incoming.shown;
}

void Document::take_in_tracked(const Incoming& incoming) {
  if (!tracker_ || !tracker_->move_to(parents_)) {
    tracker_ = std::make_unique<Tracker>(graph_, graph_.common(graph_.frontier(), parents_));
    tracker_->replay(graph_.last());
    SATCHEL_CHECK(tracker_->move_to(parents_));
  }
  graph_.open(incoming.replica, incoming.counter, incoming.worker, parents_);
  for (const Edit& edit : incoming.edits) edit_tracked(edit);
  graph_.close();
  tracker_->took_in(graph_.last());
}

void Document::edit_plainly(const Edit& edit) {
  const uint32_t at = std::min(edit.at, length());
  const uint32_t count = std::min(edit.removed, length() - at);
  if (count > 0) {
    graph_.remove(at, taken_text(at, count));
    buffer_.erase(at, count);
  }
  if (!edit.inserted.empty()) {
    graph_.insert(at, static_cast<uint32_t>(count_scalars(edit.inserted)));
    buffer_.insert(at, edit.inserted);
  }
}

void Document::edit_tracked(const Edit& edit) {
  const int64_t long_then = std::clamp<int64_t>(length() + tracker_->surplus(), 0, most_events);
  const auto at = static_cast<uint32_t>(std::min<int64_t>(edit.at, long_then));
  const auto count = static_cast<uint32_t>(std::min<int64_t>(edit.removed, long_then - at));
  if (count > 0) {
    std::u32string taken;
    for (const Tracker::Piece& piece : tracker_->remove(graph_.last() + 1, at, count)) {
      if (piece.remover == 0) {
        taken += taken_text(piece.at, piece.size);
        buffer_.erase(piece.at, piece.size);
      } else {
        for (uint32_t i = 0; i < piece.size; ++i) {
          taken += graph_.taken(piece.remover + static_cast<Lv>(piece.step * static_cast<int32_t>(i)));
        }
      }
    }
    taken.resize(count, U'\uFFFD');  // only what a damaged file does not have
    graph_.remove(at, taken);
  }
  if (!edit.inserted.empty()) {
    const auto size = static_cast<uint32_t>(count_scalars(edit.inserted));
    buffer_.insert(tracker_->insert(graph_.last() + 1, at, size), edit.inserted);
    graph_.insert(at, size);
  }
}

// ---- at rest

Bytes Document::encode_events() {
  end();
  return encode_graph(graph_);
}

Result<Document> Document::decode(std::string_view text, BytesView events) {
  if (!model::valid_utf8(text)) return make_error(Code::corrupt, "The text is not UTF-8.", "text");
  Document out;
  out.buffer_ = Buffer(text);
  SATCHEL_ASSIGN(out.graph_, decode_graph(events, out.length()));
  return out;
}

// ---- many at once

namespace {

// Goes through a causal list staying with one replica as long as what it saw is there, then with the one it waits for.
class Order {
 public:
  explicit Order(std::span<const Incoming> incoming) {
    for (const Incoming& each : incoming) writer(each.replica).waiting.push_back(&each);
  }

  const Incoming* next() {
    for (size_t steps = 0; current_ < writers_.size();) {
      Writer& writer = writers_[current_];
      if (writer.done == writer.waiting.size()) {
        current_ = first_left();
        continue;
      }
      const Incoming& each = *writer.waiting[writer.done];
      const size_t missing = missing_for(each);
      if (missing == current_ || ++steps > writers_.size()) {  // a list that waits for itself is taken as it comes
        ++writer.done;
        return &each;
      }
      current_ = missing;
    }
    return nullptr;
  }

 private:
  struct Writer {
    ReplicaId replica;
    std::vector<const Incoming*> waiting;
    size_t done = 0;
  };
  Writer& writer(const ReplicaId& replica) {
    for (Writer& each : writers_) {
      if (each.replica == replica) return each;
    }
    return writers_.emplace_back(Writer{replica, {}, 0});
  }
  size_t first_left() const {
    size_t index = 0;
    while (index < writers_.size() && writers_[index].done == writers_[index].waiting.size()) ++index;
    return index;
  }
  // Who has to come first; the current one when nobody has to.
  size_t missing_for(const Incoming& each) const {
    for (size_t index = 0; index < writers_.size(); ++index) {
      const Writer& other = writers_[index];
      if (index == current_ || other.done == other.waiting.size()) continue;
      if (each.shown->includes(other.replica, other.waiting[other.done]->counter)) return index;
    }
    return current_;
  }

  std::vector<Writer> writers_;
  size_t current_ = 0;
};

}  // namespace

void Document::apply_all(std::span<const Incoming> incoming) {
  end();
  Order order(incoming);
  while (const Incoming* next = order.next()) take_in(*next);
}

}  // namespace satchel::merge::text
