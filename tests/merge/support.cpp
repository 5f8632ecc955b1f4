#include "tests/merge/support.hpp"

#include <algorithm>
#include <stdexcept>

namespace satchel::merge::test {

ReplicaId replica(int number) {
  ReplicaId id;
  id.bytes[15] = static_cast<uint8_t>(number + 1);
  return id;
}

EpochId epoch(int number) {
  EpochId id;
  id.bytes[15] = static_cast<uint8_t>(number);
  return id;
}

Bytes text(std::string_view words) { return proto::encode_value(std::string(words)); }

std::string words(const Head& head) {
  if (head.value.empty()) return {};
  const auto value = proto::decode_value(head.value);
  return value.ok() && std::holds_alternative<std::string>(*value) ? std::get<std::string>(*value) : std::string();
}

static std::vector<std::string> all_words(const std::vector<const Head*>& heads) {
  std::vector<std::string> out;
  for (const Head* head : heads) out.push_back(words(*head));
  return out;
}
std::vector<std::string> standing(const Resolved& resolved) { return all_words(resolved.standing); }
std::vector<std::string> others(const Resolved& resolved) { return all_words(resolved.others); }

static Op op(Action action, Kind kind, std::string field) {
  Op made;
  made.collection = "person";
  made.record.bytes[0] = 1;
  made.action = action;
  made.kind = kind;
  made.field = std::move(field);
  return made;
}

Op create() { return op(Action::create, Kind::none, ""); }
Op void_() { return op(Action::void_, Kind::none, ""); }
Op restore() { return op(Action::restore, Kind::none, ""); }

Op assign(std::string field, Kind kind, std::string_view value) {
  Op made = op(Action::assign, kind, std::move(field));
  made.value = text(value);
  return made;
}

Op add(std::string field, std::string element, std::string_view value, std::string part) {
  Op made = op(Action::add, Kind::set, std::move(field));
  made.element = std::move(element);
  made.part = std::move(part);
  if (!value.empty()) made.value = text(value);
  return made;
}

Op remove(std::string field, std::string element) {
  Op made = op(Action::remove, Kind::set, std::move(field));
  made.element = std::move(element);
  return made;
}

Op edit(std::vector<model::TextEdit> edits, std::string field) {
  Op made = op(Action::edit, Kind::text, std::move(field));
  made.value = proto::encode_value(model::TextEdits{std::move(edits)});
  return made;
}

Op submit(std::string field) { return op(Action::submit, Kind::text, std::move(field)); }

Op settling(Op op) {
  op.settles = true;
  return op;
}

Context Written::context() const { return {&header, ord, received_ms, epoch, position}; }

bool Written::saw(const Written& other) const {
  return header.shown.includes(other.header.id.replica, other.header.id.counter);
}

void apply(RecordState& state, const Written& written) {
  for (uint32_t i = 0; i < written.ops.size(); ++i) {
    const auto applied = merge::apply(state, written.ops[i], i, written.context());
    if (!applied.ok()) throw std::runtime_error(applied.error().message);
  }
}

Tablet::Tablet(int number, std::string name, Author who) : id(replica(number)), worker(std::move(name)), author(who) {}

Written& Tablet::write(Log& log, std::vector<Op> ops, std::optional<Version> shown, std::optional<uint64_t> ord) {
  Written written;
  written.header.id.replica = id;
  written.header.id.counter = has[id] + 1;
  written.header.worker = worker;
  written.header.author = author;
  written.header.base = has;
  written.header.shown = shown ? *shown : has;
  written.ops = std::move(ops);
  written.position = log.size() + 1;
  written.epoch = epoch(1);
  written.ord = ord.value_or(written.position);
  const auto now_ms = static_cast<int64_t>(1000 * written.position);
  written.header.wall_ms = now_ms + clock_ahead_ms;
  written.received_ms = now_ms + 500;
  has.set(id, has[id] + 1);
  log.push_back(std::move(written));
  apply(state, log.back());
  return log.back();
}

void Tablet::receive(const Log& log) {
  for (const Written& written : log) {
    if (has.includes(written.header.id.replica, written.header.id.counter)) continue;
    apply(state, written);
    has.raise(written.header.id.replica, written.header.id.counter);
  }
}

Resolved Tablet::look(std::string_view field, const model::Field* declared) const {
  const FieldState* found = declared ? state.field(field, declared->kind) : state.field(field);
  return found ? resolve(*found, declared) : Resolved{};
}

// ---- histories

namespace {

using Set = std::set<size_t>;

bool closed(const Set& set, const std::vector<Set>& bases) {
  return std::all_of(set.begin(), set.end(), [&](size_t i) {
    return std::includes(set.begin(), set.end(), bases[i].begin(), bases[i].end());
  });
}

// A version covers a prefix of each replica; a base holds all that its own replica wrote before.
bool prefixes(const Set& set, const Shape& shape, size_t i) {
  for (size_t j = 0; j < i; ++j) {
    if (shape.replica[j] == shape.replica[i] && !set.contains(j)) return false;
  }
  return true;
}

std::vector<Set> closed_subsets(const Set& of, const std::vector<Set>& bases) {
  std::vector<Set> out;
  const std::vector<size_t> items(of.begin(), of.end());
  for (size_t mask = 0; mask < (size_t{1} << items.size()); ++mask) {
    Set set;
    for (size_t k = 0; k < items.size(); ++k) {
      if (mask >> k & 1) set.insert(items[k]);
    }
    if (closed(set, bases)) out.push_back(std::move(set));
  }
  return out;
}

void extend(Shape& shape, size_t n, bool shown_is_base, const std::function<void(const Shape&)>& use) {
  const size_t i = shape.replica.size();
  if (i == n) return use(shape);
  Set all;
  for (size_t j = 0; j < i; ++j) all.insert(j);
  const int replicas = i == 0 ? 0 : *std::max_element(shape.replica.begin(), shape.replica.end()) + 1;
  for (int by = 0; by <= replicas; ++by) {
    shape.replica.push_back(by);
    for (const auto& base : closed_subsets(all, shape.base)) {
      if (!prefixes(base, shape, i)) continue;
      const auto shown = shown_is_base ? std::vector{base} : closed_subsets(base, shape.base);
      shape.base.push_back(base);
      for (const auto& seen : shown) {
        shape.shown.push_back(seen);
        extend(shape, n, shown_is_base, use);
        shape.shown.pop_back();
      }
      shape.base.pop_back();
    }
    shape.replica.pop_back();
  }
}

void fold(const std::vector<Written>& history, const Version& has, size_t done, const RecordState& state,
          const std::function<void(const RecordState&)>& use) {
  if (done == history.size()) return use(state);
  for (const Written& next : history) {
    const auto& id = next.header.id;
    if (has.includes(id.replica, id.counter) || !has.includes(next.header.base)) continue;
    RecordState copy = state;
    apply(copy, next);
    Version grown = has;
    grown.raise(id.replica, id.counter);
    fold(history, grown, done + 1, copy, use);
  }
}

}  // namespace

void for_each_shape(size_t n, bool shown_is_base, const std::function<void(const Shape&)>& use) {
  Shape shape;
  extend(shape, n, shown_is_base, use);
}

std::vector<Written> history(const Shape& shape, const std::vector<Op>& alphabet, const Choice& choice) {
  std::vector<Written> out;
  Version written_by;
  const auto version = [&](const Set& set) {
    Version made;
    for (const size_t j : set) made.raise(out[j].header.id.replica, out[j].header.id.counter);
    return made;
  };
  for (size_t i = 0; i < shape.replica.size(); ++i) {
    Written written;
    const ReplicaId by = replica(shape.replica[i]);
    written_by.set(by, written_by[by] + 1);
    written.header.id.replica = by;
    written.header.id.counter = written_by[by];
    written.header.worker = "worker" + std::to_string(shape.replica[i]);
    written.header.base = version(shape.base[i]);
    written.header.shown = version(shape.shown[i]);
    written.ops = {alphabet[choice[i]]};
    written.ord = written.position = i + 1;
    written.epoch = epoch(1);
    out.push_back(std::move(written));
  }
  return out;
}

void for_each_choice(size_t n, size_t choices, const std::function<void(const Choice&)>& use) {
  Choice choice(n, 0);
  while (true) {
    use(choice);
    size_t at = 0;
    while (at < choice.size() && ++choice[at] == choices) choice[at++] = 0;
    if (at == choice.size()) return;
  }
}

void for_each_causal_order(const std::vector<Written>& history, const std::function<void(const RecordState&)>& use) {
  fold(history, {}, 0, {}, use);
}

bool same_in_every_order(const std::vector<Written>& history, RecordState& state) {
  bool same = true, first = true;
  for_each_causal_order(history, [&](const RecordState& folded) {
    if (first) state = folded;
    first = false;
    same = same && folded == state && encode(folded) == encode(state);
  });
  return same && !first;
}

RandomHistory random_history(uint64_t seed, int replicas, int transactions,
                             const std::function<std::vector<Op>(SeededRandom&)>& choose) {
  SeededRandom random(seed);
  RandomHistory made;
  std::vector<Tablet> tablets;
  std::vector<std::vector<Version>> had(static_cast<size_t>(replicas));
  for (int i = 0; i < replicas; ++i) tablets.emplace_back(i, "worker" + std::to_string(i));
  while (made.log.size() < static_cast<size_t>(transactions)) {
    const auto who = static_cast<size_t>(random.below(static_cast<uint64_t>(replicas)));
    Tablet& tablet = tablets[who];
    had[who].push_back(tablet.has);
    if (random.below(3) != 0) {
      const bool older = random.below(4) == 0;  // a form that was open for a while
      const Version shown = older ? had[who][random.below(had[who].size())] : tablet.has;
      tablet.write(made.log, choose(random), shown, 1 + random.below(20));
      continue;
    }
    // Receives from another, what that one has: any causally closed part of the log.
    const Tablet& from = tablets[random.below(static_cast<uint64_t>(replicas))];
    for (const Written& written : made.log) {
      const auto& id = written.header.id;
      if (!from.has.includes(id.replica, id.counter) || tablet.has.includes(id.replica, id.counter)) continue;
      apply(tablet.state, written);
      tablet.has.raise(id.replica, id.counter);
    }
  }
  for (Tablet& tablet : tablets) {
    tablet.receive(made.log);
    made.folds.push_back(tablet.state);
  }
  return made;
}

}  // namespace satchel::merge::test
