#include "tests/text_support/trace.hpp"

#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/merge/text/utf.hpp"

namespace satchel::text_test {
namespace {

using merge::text::Edit;
using nlohmann::json;

Result<std::string> read_file(const std::string& path) {
  const gzFile file = gzopen(path.c_str(), "rb");  // reads plain files too
  if (file == nullptr) return make_error(Code::io, "Cannot open " + path + ".");
  std::string out, buffer(1 << 16, '\0');
  int count = 0;
  while ((count = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0) {
    out.append(buffer.data(), static_cast<size_t>(count));
  }
  gzclose(file);
  if (count < 0) return make_error(Code::io, "Cannot read " + path + ".");
  return out;
}

Trace parse(const json& document) {
  Trace trace;
  trace.concurrent = document.value("kind", "") == "concurrent";
  trace.end = document.at("endContent");
  std::vector<uint64_t> counters(trace.concurrent ? document.at("numAgents").get<size_t>() : 1);
  const std::string start = document.value("startContent", "");
  for (const json& each : document.at("txns")) {
    Written made;
    const uint32_t agent = trace.concurrent ? each.at("agent").get<uint32_t>() : 0;
    made.replica = replica(agent + 1);
    made.worker = "writer " + std::to_string(agent + 1);
    made.counter = ++counters.at(agent);
    if (trace.concurrent) {
      for (const json& parent : each.at("parents")) {
        const Written& seen = trace.transactions.at(parent.get<size_t>());
        made.shown.join(seen.shown);
        made.shown.raise(seen.replica, seen.counter);
      }
    } else {
      made.shown.set(made.replica, made.counter - 1);
    }
    if (trace.transactions.empty() && !start.empty()) made.edits.push_back({0, 0, start});
    for (const json& patch : each.at("patches")) made.edits.push_back({patch.at(0), patch.at(1), patch.at(2)});
    trace.transactions.push_back(std::move(made));
  }
  return trace;
}

const char* const words[] = {"She",    "asked", "about", "the",  "benefit", "letter", "again",   "and",    "said",
                             "that",   "her",   "son",   "will", "ring",    "on",     "Tuesday", "because", "bus",
                             "fares",  "went",  "up",    "café", "group",   "is",     "fine"};

// One person who types on, steps back, corrects a word here and there.
class Typist {
 public:
  Edit next(SeededChoices& choices, uint32_t length) {
    cursor_ = std::min(cursor_, length);
    if (rest_.empty() && choices.below(6) == 0) cursor_ = choices.below(length + 1);
    if (choices.below(8) == 0 && cursor_ > 0) return {--cursor_, 1, ""};
    if (choices.below(40) == 0 && cursor_ < length) return {cursor_, std::min(length - cursor_, 1 + choices.below(12)), ""};
    if (rest_.empty()) {
      rest_ = merge::text::to_utf32(words[choices.below(std::size(words))]);
      rest_ += choices.below(7) == 0 ? U". " : U" ";
    }
    const Edit edit{cursor_++, 0, merge::text::to_utf8(rest_.substr(0, 1))};
    rest_.erase(0, 1);
    return edit;
  }

 private:
  uint32_t cursor_ = 0;
  std::u32string rest_;
};

}  // namespace

size_t Trace::edits() const {
  size_t sum = 0;
  for (const Written& each : transactions) sum += each.edits.size();
  return sum;
}

std::vector<merge::text::Incoming> Trace::incoming() const {
  std::vector<merge::text::Incoming> out;
  out.reserve(transactions.size());
  for (const Written& each : transactions) out.push_back(each.incoming());
  return out;
}

Result<Trace> read_trace(const std::string& path) {
  SATCHEL_ASSIGN(const std::string text, read_file(path));
  try {
    return parse(json::parse(text));
  } catch (const std::exception& error) {
    return make_error(Code::invalid, path + " is not an editing trace: " + error.what());
  }
}

std::string make_trace(uint64_t seed, size_t edits) {
  SeededChoices choices(seed);
  Oracle oracle;
  Typist typists[2];
  model::Version has[2];
  std::vector<size_t> written[2];     // places in txns
  std::vector<model::Version> shown;  // of each of txns
  json txns = json::array();
  size_t turn = 0;
  for (size_t i = 0; i < edits; ++i) {
    if (choices.below(12) == 0) turn = 1 - turn;
    if (choices.below(10) == 0) has[turn].join(has[1 - turn]);  // sees what the other one has done
    json parents = json::array();
    for (const size_t agent : {0, 1}) {
      const uint64_t seen = has[turn][replica(static_cast<uint32_t>(agent) + 1)];
      const uint64_t others = has[turn][replica(static_cast<uint32_t>(2 - agent))];
      const bool included = others > 0 && shown[written[1 - agent][others - 1]].includes(
                                              replica(static_cast<uint32_t>(agent) + 1), seen);
      if (seen > 0 && !included) parents.push_back(written[agent][seen - 1]);
    }
    const auto length = static_cast<uint32_t>(oracle.text_at(has[turn]).size());
    const Edit edit = typists[turn].next(choices, length);
    const ReplicaId id = replica(static_cast<uint32_t>(turn) + 1);
    written[turn].push_back(i);
    shown.push_back(has[turn]);
    oracle.write(id, written[turn].size(), has[turn], {edit});
    has[turn].raise(id, written[turn].size());
    const json patch = json::array({edit.at, edit.removed, edit.inserted});
    txns.push_back({{"agent", turn}, {"parents", parents}, {"patches", json::array({patch})}});
  }
  has[0].join(has[1]);
  const json document = {{"kind", "concurrent"}, {"numAgents", 2},
                         {"endContent", merge::text::to_utf8(oracle.text_at(has[0]))}, {"txns", txns}};
  return document.dump() + "\n";
}

}  // namespace satchel::text_test
