#include "tests/text_support/session.hpp"

#include <algorithm>

#include "core/merge/text/history.hpp"
#include "core/merge/text/utf.hpp"

namespace satchel::text_test {

using merge::text::Document;
using merge::text::Edit;

ReplicaId replica(uint32_t number) {
  ReplicaId id;
  id.bytes[0] = 1;
  id.bytes[14] = static_cast<uint8_t>(number >> 8);
  id.bytes[15] = static_cast<uint8_t>(number);
  return id;
}

uint32_t ByteChoices::below(uint32_t bound) {
  if (bytes_.empty() || bound < 2) return 0;
  uint32_t value = static_cast<unsigned char>(bytes_[0]);
  bytes_.remove_prefix(1);
  if (bound > 256 && !bytes_.empty()) {
    value = value << 8 | static_cast<unsigned char>(bytes_[0]);
    bytes_.remove_prefix(1);
  }
  return value % bound;
}

namespace {

const char* const pieces[] = {"a", "b", "c", "d", "e", " ", ". ", "word", "né", "😀", "日本", "\n", "typed on and on"};

struct Writer {
  ReplicaId id;
  std::string worker;
  uint64_t counter = 0;
  model::Version has;
  std::vector<model::Version> had;  // versions that it showed at some time
  Document document;
  uint32_t cursor = 0;
};

class Session {
 public:
  Session(Choices& choices, const Size& size) : choices_(choices) {
    for (uint32_t i = 0; i < size.writers; ++i) {
      Writer& writer = writers_.emplace_back();
      writer.id = replica(i + 1);
      writer.worker = "worker " + std::to_string(i % 3);  // some have two tablets
    }
  }

  std::optional<std::string> run(uint32_t steps) {
    for (uint32_t step = 0; step < steps && !choices_.exhausted(); ++step) {
      Writer& writer = writers_[choices_.below(static_cast<uint32_t>(writers_.size()))];
      if (choices_.below(3) == 0) {
        receive(writer);
      } else if (!write(writer)) {
        return "a writer's own text differs before transaction " + std::to_string(log_.size());
      }
    }
    return check_all();
  }
  uint64_t operations() const { return operations_; }

 private:
  // Some of what another one has, in the order of the log.
  void receive(Writer& writer) {
    const Writer& other = writers_[choices_.below(static_cast<uint32_t>(writers_.size()))];
    model::Version wanted = other.has;
    if (!other.had.empty() && choices_.below(4) == 0) {
      wanted = other.had[choices_.below(static_cast<uint32_t>(other.had.size()))];
    }
    std::vector<merge::text::Incoming> incoming;
    for (const Written& each : log_) {
      const bool is_new = wanted.includes(each.replica, each.counter) && !writer.has.includes(each.replica, each.counter);
      if (is_new) incoming.push_back(each.incoming());
    }
    if (choices_.below(2) == 0) {
      writer.document.apply_all(incoming);
    } else {
      for (const auto& each : incoming) writer.document.apply(each);
    }
    writer.has.join(wanted);
    writer.had.push_back(writer.has);
    ++operations_;
  }

  Edit edit(Writer& writer, uint32_t length) {
    Edit made;
    const uint32_t kind = choices_.below(16);
    if (kind < 6) made.at = std::min(writer.cursor, length);            // goes on typing
    else if (kind < 8) made.at = 0;
    else if (kind < 10) made.at = length;
    else if (kind == 10) made.at = length + choices_.below(5);           // beyond the end
    else made.at = choices_.below(length + 1);
    const uint32_t action = choices_.below(8);
    if (action < 3) made.removed = 1 + choices_.below(action == 0 ? 12 : 2);
    if (action > 1 || made.removed == 0) made.inserted = pieces[choices_.below(std::size(pieces))];
    if (action == 2 && made.at > 0) made.at -= 1, made.inserted.clear();  // backspace
    writer.cursor = made.at;
    if (choices_.below(3) > 0) writer.cursor += static_cast<uint32_t>(merge::text::count_scalars(made.inserted));
    operations_ += made.removed + merge::text::count_scalars(made.inserted);
    return made;
  }

  bool write(Writer& writer) {
    const bool older = !writer.had.empty() && choices_.below(8) == 0;
    Written made;
    made.shown = older ? writer.had[choices_.below(static_cast<uint32_t>(writer.had.size()))] : writer.has;
    const std::u32string before = oracle_.text_at(made.shown);
    if (!older && writer.document.text() != merge::text::to_utf8(before)) return false;
    made.replica = writer.id;
    made.counter = writer.counter += 1 + (choices_.below(4) == 0 ? 1 : 0);  // other fields take counters too
    made.worker = writer.worker;
    auto length = static_cast<uint32_t>(before.size());
    for (uint32_t left = choices_.below(8) == 0 ? choices_.below(4) : 1; left > 0; --left) {
      made.edits.push_back(edit(writer, length));
      const Edit& last = made.edits.back();
      length -= std::min(last.removed, length - std::min(last.at, length));
      length += static_cast<uint32_t>(merge::text::count_scalars(last.inserted));
    }
    oracle_.write(made.replica, made.counter, made.shown, made.edits);
    log_.push_back(made);
    writer.document.apply(log_.back().incoming());
    writer.has.raise(made.replica, made.counter);
    writer.had.push_back(writer.has);
    return true;
  }

  // A random causal order.
  std::vector<const Written*> shuffled() {
    std::vector<const Written*> waiting, out;
    for (const Written& each : log_) waiting.push_back(&each);
    model::Version done, everything;
    while (!waiting.empty()) {
      std::vector<size_t> ready;
      for (size_t i = 0; i < waiting.size() && ready.size() < 6; ++i) {
        const bool is_ready = std::none_of(waiting.begin(), waiting.begin() + static_cast<ptrdiff_t>(i), [&](auto* other) {
          return waiting[i]->shown.includes(other->replica, other->counter) || other->replica == waiting[i]->replica;
        });
        if (is_ready) ready.push_back(i);
      }
      const size_t chosen = ready[choices_.below(static_cast<uint32_t>(ready.size()))];
      out.push_back(waiting[chosen]);
      waiting.erase(waiting.begin() + static_cast<ptrdiff_t>(chosen));
    }
    return out;
  }

  std::optional<std::string> check_all() {
    model::Version everything;
    for (const Written& each : log_) everything.raise(each.replica, each.counter);
    const std::string expected = merge::text::to_utf8(oracle_.text_at(everything));
    Document in_order;
    for (const Written& each : log_) in_order.apply(each.incoming());
    if (in_order.text() != expected) return "the merged text differs";
    const Bytes events = in_order.encode_events();
    Document other;
    for (const Written* each : shuffled()) {
      other.apply(each->incoming());
      if (choices_.below(16) > 0) continue;
      auto decoded = Document::decode(other.text(), other.encode_events());  // goes on from the form at rest
      if (!decoded.ok()) return "the form at rest is refused";
      other = std::move(decoded).value();
    }
    if (other.text() != expected) return "the text differs in another order";
    if (other.encode_events() != events) return "the form at rest differs in another order";
    std::vector<merge::text::Incoming> all;
    for (const Written& each : log_) all.push_back(each.incoming());
    Document at_once;
    at_once.apply_all(all);
    if (at_once.text() != expected || at_once.encode_events() != events) return "merging in one go differs";
    if (shared_sentences(other) != shared_sentences(in_order)) return "the shared sentences differ in another order";
    return check_history(other);
  }

  std::optional<std::string> check_history(Document& document) {
    merge::text::History history(document);
    for (const Writer& writer : writers_) {
      for (size_t i = 0; i < writer.had.size(); i += 1 + choices_.below(8)) {
        const std::string expected = merge::text::to_utf8(oracle_.text_at(writer.had[i]));
        if (history.text_at(writer.had[i]) != expected) return "an earlier version differs";
      }
    }
    return std::nullopt;
  }

  Choices& choices_;
  std::deque<Writer> writers_;
  std::deque<Written> log_;
  Oracle oracle_;
  uint64_t operations_ = 0;
};

}  // namespace

std::optional<std::string> run_session(Choices& choices, const Size& size, uint64_t* operations) {
  Session session(choices, size);
  auto difference = session.run(size.steps);
  if (operations) *operations += session.operations();
  return difference;
}

}  // namespace satchel::text_test
