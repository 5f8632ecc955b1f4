#include "server/ledger.hpp"

#include <nlohmann/json.hpp>

namespace satchel::server {
namespace {

using nlohmann::json;

constexpr std::pair<Event::Kind, const char*> kind_names[] = {
    {Event::Kind::scope, "scope"},       {Event::Kind::grant, "grant"},         {Event::Kind::withdraw, "withdraw"},
    {Event::Kind::suspend, "suspend"},   {Event::Kind::reinstate, "reinstate"}, {Event::Kind::epoch, "epoch"},
    {Event::Kind::decision, "decision"},
};

Error unreadable(const std::string& what) {
  return make_error(Code::corrupt, "A line of the ledger cannot be read: " + what + ". Nothing was changed.", "ledger");
}

template <class Tag>
bool read_id(const json& line, const char* name, Id<Tag>& out) {
  const auto found = line.find(name);
  if (found == line.end()) return true;
  const auto id = found->is_string() ? Id<Tag>::parse(found->get<std::string>()) : std::nullopt;
  if (id) out = *id;
  return id.has_value();
}

bool read_text(const json& line, const char* name, std::string& out) {
  const auto found = line.find(name);
  if (found == line.end()) return true;
  if (!found->is_string()) return false;
  out = found->get<std::string>();
  return true;
}

template <class Number>
bool read_number(const json& line, const char* name, Number& out) {
  const auto found = line.find(name);
  if (found == line.end()) return true;
  if (!found->is_number_integer()) return false;
  out = found->get<Number>();
  return true;
}

}  // namespace

std::string encode(const Event& event) {
  json line{{"at", event.at_ms}};
  for (const auto& [kind, name] : kind_names) {
    if (kind == event.kind) line["event"] = name;
  }
  const auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) line[name] = value;
  };
  const auto id = [&](const char* name, const auto& value) {
    if (!value.is_nil()) line[name] = value.text();
  };
  text("organisation", event.organisation);
  text("worker", event.worker);
  id("scope", event.scope);
  id("parent", event.parent);
  text("kind", event.scope_kind);
  text("role", event.role);
  text("label", event.label);
  id("epoch", event.epoch);
  id("replica", event.replica);
  if (event.counter != 0) line["counter"] = event.counter;
  if (event.state != 0) line["state"] = event.state;
  text("words", event.words);
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<Event> decode_event(std::string_view text) {
  const json line = json::parse(text, nullptr, false);
  if (!line.is_object()) return unreadable("it is not JSON");
  Event event;
  std::string kind;
  const bool good = read_text(line, "event", kind) && read_number(line, "at", event.at_ms) &&
                    read_text(line, "organisation", event.organisation) && read_text(line, "worker", event.worker) &&
                    read_id(line, "scope", event.scope) && read_id(line, "parent", event.parent) &&
                    read_text(line, "kind", event.scope_kind) && read_text(line, "role", event.role) &&
                    read_text(line, "label", event.label) && read_id(line, "epoch", event.epoch) &&
                    read_id(line, "replica", event.replica) && read_number(line, "counter", event.counter) &&
                    read_number(line, "state", event.state) && read_text(line, "words", event.words);
  if (!good) return unreadable("a member has the wrong form");
  for (const auto& [value, name] : kind_names) {
    if (kind != name) continue;
    event.kind = value;
    return event;
  }
  return unreadable("the event \"" + kind + "\" is not known");
}

Result<Ledger::Tail> Ledger::read(uint64_t offset) const {
  Tail tail{{}, offset};
  SATCHEL_ASSIGN(const uint64_t size, files_.size(path_));
  if (size == offset) return tail;
  if (size < offset) {
    return make_error(Code::corrupt,
                      "The ledger is shorter than the database says. Put the right ledger file back; without it, "
                      "withdrawn rights would return.",
                      path_);
  }
  SATCHEL_ASSIGN(const Bytes content, files_.read(path_));
  size_t from = offset;
  for (size_t end = content.find('\n', from); end != Bytes::npos; end = content.find('\n', from)) {
    SATCHEL_ASSIGN(Event event, decode_event(std::string_view(content).substr(from, end - from)));
    tail.events.push_back(std::move(event));
    from = end + 1;
  }
  tail.end = from;
  return tail;
}

Result<> Ledger::append(uint64_t offset, std::string_view lines) const {
  return files_.write_tail(path_, offset, lines);
}

Result<> Ledger::sync() const { return files_.sync(path_); }

}  // namespace satchel::server
