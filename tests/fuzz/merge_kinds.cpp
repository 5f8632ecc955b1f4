// The bytes choose who writes what into one record, of every kind, and who has seen it: all causal orders tried must
// give the same bytes, and those must be read back as they are.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>

#include "core/merge/resolve.hpp"
#include "proto/codec.hpp"
#include "tests/text_support/session.hpp"

namespace {

using namespace satchel;
using model::Action;
using model::Kind;
using text_test::Choices;

constexpr uint32_t kinds = 12;  // the last is one that nobody knows
constexpr Kind unknown_kind{99};

struct Written {
  model::Header header;
  std::vector<model::Op> ops;
  merge::Context context;
  void apply_to(merge::RecordState& state) const {
    for (uint32_t i = 0; i < ops.size(); ++i) {
      if (!merge::apply(state, ops[i], i, context).ok()) std::abort();
    }
  }
};

struct Writer {
  ReplicaId id;
  uint64_t counter = 0;
  model::Version has;
  std::vector<model::Version> had;
  merge::RecordState state;
};

Bytes value_of(Choices& choices) {
  static const char* const words[] = {"", "a", "b", "low", "high", "done", "refused", "V", "k"};
  const uint32_t which = choices.below(std::size(words) + 2);
  if (which == std::size(words)) return proto::encode_value(true);
  if (which > std::size(words)) return proto::encode_value(model::Null{});
  return which == 0 ? Bytes() : proto::encode_value(std::string(words[which]));
}

model::TextEdits edits_of(Choices& choices) {
  model::TextEdits made;
  for (uint32_t left = choices.below(3); left > 0; --left) {
    made.edits.push_back({choices.below(30), choices.below(5), choices.below(4) == 0 ? "" : "word. "});
  }
  return made;
}

model::Op op_of(Choices& choices, uint32_t kind) {
  model::Op op;
  op.collection = "person";
  op.record.bytes[0] = 1;
  op.settles = choices.below(8) == 0;
  op.kind = kind + 1 == kinds ? unknown_kind : Kind{kind};
  if (op.kind == Kind::none) {
    op.action = Action{1 + choices.below(3)};
    return op;
  }
  op.field = "f" + std::to_string(choices.below(12) == 0 ? choices.below(kinds) : kind);  // seldom two kinds on one name
  op.action = Action::assign;
  if (model::has_elements(op.kind)) {
    op.action = choices.below(3) == 0 ? Action::remove : Action::add;
    op.element = std::string(1, static_cast<char>('a' + choices.below(3)));
    if (op.action == Action::add && choices.below(2) == 0) op.part = choices.below(2) == 0 ? "place" : "number";
  }
  if (op.kind == Kind::text) {
    op.action = Action::edit;
    op.value = proto::encode_value(edits_of(choices));
  } else if (op.action != Action::remove) {
    op.value = value_of(choices);
  }
  return op;
}

class Program {
 public:
  explicit Program(Choices& choices) : choices_(choices), writers_(2 + choices.below(3)) {
    for (uint32_t i = 0; i < writers_.size(); ++i) writers_[i].id = text_test::replica(i + 1);
  }

  const char* run() {
    for (int step = 0; step < 200 && !choices_.exhausted(); ++step) {
      Writer& writer = pick(writers_);
      if (choices_.below(3) == 0) receive(writer, pick(writers_).has);
      else write(writer);
    }
    model::Version everything;
    for (const Written& each : log_) everything.raise(each.header.id.replica, each.header.id.counter);
    merge::RecordState in_order;
    for (const Written& each : log_) each.apply_to(in_order);
    const Bytes bytes = merge::encode(in_order);
    for (Writer& writer : writers_) {
      receive(writer, everything);
      if (merge::encode(writer.state) != bytes) return "a writer's state differs";
    }
    const auto read = merge::decode_whole(bytes);
    if (!read.ok() || merge::encode(*read) != bytes) return "the state is not read back as it was";
    if (merge::conflicts(*read, nullptr).size() != merge::conflicts(in_order, nullptr).size()) return "the inbox differs";
    return nullptr;
  }

 private:
  template <class Items>
  typename Items::value_type& pick(Items& items) {
    return items[choices_.below(static_cast<uint32_t>(items.size()))];
  }

  void receive(Writer& writer, model::Version wanted) {
    for (const Written& each : log_) {
      const auto& id = each.header.id;
      if (!wanted.includes(id.replica, id.counter) || writer.has.includes(id.replica, id.counter)) continue;
      each.apply_to(writer.state);
    }
    writer.has.join(wanted);
    writer.had.push_back(writer.has);
  }

  void write(Writer& writer) {
    Written& made = log_.emplace_back();
    model::Header& header = made.header;
    header.id.replica = writer.id;
    header.id.counter = ++writer.counter;
    header.worker = "worker " + std::to_string(writer.id.bytes[15] % 2);
    header.author = choices_.below(8) == 0 ? model::Author::centre : model::Author::worker;
    header.base = header.shown = writer.has;
    if (!writer.had.empty() && choices_.below(6) == 0) header.shown = pick(writer.had);
    header.wall_ms = static_cast<int64_t>(log_.size());
    made.context = {&header, choices_.below(5), header.wall_ms, {}, log_.size()};
    uint32_t kind = choices_.below(kinds);
    for (uint32_t left = 1 + choices_.below(3); left > 0 && kind < kinds; --left) {
      made.ops.push_back(op_of(choices_, kind));
      kind += 1 + choices_.below(kinds);
    }
    made.apply_to(writer.state);
    writer.has.raise(writer.id, writer.counter);
    writer.had.push_back(writer.has);
  }

  Choices& choices_;
  std::vector<Writer> writers_;
  std::deque<Written> log_;  // in a causal order
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  text_test::ByteChoices choices({reinterpret_cast<const char*>(data), size});
  if (const char* const difference = Program(choices).run()) {
    std::fprintf(stderr, "%s\n", difference);
    std::abort();
  }
  return 0;
}
