#include "tests/bench/text.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/log/packing.hpp"
#include "core/merge/record.hpp"
#include "core/merge/text/history.hpp"
#include "core/merge/text/utf.hpp"
#include "proto/codec.hpp"
#include "proto/messages.hpp"
#include "tests/bench/heap.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/text_support/trace.hpp"

namespace satchel::bench {
namespace {

using merge::text::Document;
using text_test::Trace;

// On a processor: what else runs on the machine does not count.
double milliseconds(const std::function<void()>& work) {
  const double start = cpu_ms();
  work();
  return cpu_ms() - start;
}

double quickest(int times, const std::function<void()>& work) {
  double least = 1e12;
  for (int i = 0; i < times; ++i) least = std::min(least, milliseconds(work));
  return least;
}

Error differs(const std::string& way) {
  return make_error(Code::corrupt, way + ": the text differs from the recorded one.");
}

struct Row {
  std::string name;
  double value;
  const char* unit;
};

class Replay {
 public:
  Replay(const Trace& trace, int times) : trace_(trace), times_(times), incoming_(trace.incoming()) {}

  Result<std::vector<Row>> run() {
    if (!trace_.concurrent) SATCHEL_TRY(typed());
    SATCHEL_TRY(merged());
    SATCHEL_TRY(one_by_one());
    SATCHEL_TRY(at_rest());
    SATCHEL_TRY(open_text_only());
    return std::move(rows_);
  }

 private:
  // One call per keystroke, length and character at the cursor read after each, until text and form at rest exist.
  Result<> typed() {
    bool same = true;
    const double ms = quickest(times_, [&] {
      Document document;
      uint64_t read = 0;
      document.begin(text_test::replica(1), 1, "writer");
      for (const auto& each : trace_.transactions) {
        for (const auto& edit : each.edits) {
          same = document.replace(edit.at, edit.removed, edit.inserted).ok() && same;
          read += document.length() + document.at(edit.at);
        }
      }
      const std::string text = document.text();
      const Bytes packed = proto::compress(document.encode_events());
      same = same && text == trace_.end && read > 0 && !packed.empty();
    });
    if (!same) return differs("typed call by call");
    rows_.push_back({"typed call by call, with the form at rest", ms, "ms"});
    return typed_plainly();
  }

  // Baseline: the same on a bare string of scalar values, without any history.
  Result<> typed_plainly() {
    bool same = true;
    const double ms = quickest(times_, [&] {
      std::u32string plain;
      uint64_t read = 0;
      for (const auto& each : trace_.transactions) {
        for (const auto& edit : each.edits) {
          plain.replace(edit.at, edit.removed, merge::text::to_utf32(edit.inserted));
          read += plain.size() + (edit.at < plain.size() ? plain[edit.at] : 0);
        }
      }
      const std::string text = merge::text::to_utf8(plain);
      same = same && text == trace_.end && read > 0 && !proto::compress(text).empty();
    });
    if (!same) return differs("typed into a bare string");
    rows_.push_back({"- baseline: a bare string, nothing kept", ms, "ms"});
    return {};
  }

  Result<> merged() {
    bool same = true;
    const double ms = quickest(times_, [&] {
      Document document;
      document.apply_all(incoming_);
      same = document.text() == trace_.end && same;
    });
    if (!same) return differs("merged in one go");
    rows_.push_back({"merged in one go", ms, "ms"});
    return {};
  }

  Result<> one_by_one() {
    bool same = true;
    const double ms = quickest(times_, [&] {
      Document document;
      for (const auto& each : incoming_) document.apply(each);
      same = document.text() == trace_.end && same;
    });
    if (!same) return differs("one transaction at a time");
    rows_.push_back({"one transaction at a time", ms, "ms"});
    measure_heap();
    return {};
  }

  void measure_heap() {
    const HeapCount before;
    size_t most = 0, at_end = 0;
    {
      Document document;
      for (const auto& each : incoming_) {
        document.apply(each);
        most = std::max(most, before.grown());
      }
      at_end = before.grown();
    }
    const size_t after = before.grown();
    rows_.push_back({"heap while open, at the end", static_cast<double>(at_end), "bytes"});
    rows_.push_back({"heap while open, at most", static_cast<double>(most), "bytes"});
    rows_.push_back({"- times its text", static_cast<double>(most) / static_cast<double>(trace_.end.size()), "times"});
    rows_.push_back({"heap after close", static_cast<double>(after), "bytes"});
  }

  // As a record of a store holds it: everything of the record in one packed state.
  Result<> open_text_only() {
    const Bytes state = record_state();
    const Bytes resting = log::pack(state);
    bool right = true;
    rows_.push_back({"the note's state as it rests, packed", static_cast<double>(resting.size()), "bytes"});
    rows_.push_back({"opened, text only", quickest(times_, [&] {
      const auto bytes = log::unpack(resting, "records");
      const auto opened = merge::decode(*bytes);
      right = right && opened.ok() && opened->field("body")->text.plain() == trace_.end;
    }), "ms"});
    if (!right) return differs("opened, text only");
    return {};
  }

  Bytes record_state() const {
    merge::RecordState state;
    for (const auto& each : trace_.transactions) {
      model::Op op;
      op.action = model::Action::edit;
      op.field = "body";
      op.kind = model::Kind::text;
      op.value = proto::encode_value(model::TextEdits{each.edits});
      model::Header header;
      header.id.replica = each.replica;
      header.id.counter = each.counter;
      header.worker = each.worker;
      header.shown = header.base = each.shown;
      merge::Context context;
      context.header = &header;
      if (!merge::apply(state, op, 0, context).ok()) return {};
    }
    return merge::encode(state);
  }

  Result<> at_rest() {
    Document document;
    document.apply_all(incoming_);
    const std::string text = document.text();
    const Bytes events = document.encode_events();
    const Bytes packed = proto::compress(events);
    rows_.push_back({"plain text", static_cast<double>(text.size()), "bytes"});
    rows_.push_back({"history at rest beyond it", static_cast<double>(packed.size()), "bytes"});
    std::string inserted;
    for (const auto& each : trace_.transactions) {
      for (const auto& edit : each.edits) inserted += edit.inserted;
    }
    const auto alone = static_cast<double>(proto::compress(inserted).size());
    rows_.push_back({"- baseline: the inserted characters by zstd", alone, "bytes"});
    bool right = true;
    rows_.push_back({"opened with its history", quickest(times_, [&] {
      auto opened = Document::decode(text, *proto::decompress(packed, events.size()));
      right = right && opened.ok() && opened->text() == text;
    }), "ms"});
    model::Version middle;
    for (size_t i = 0; i < trace_.transactions.size() / 2; ++i) {
      middle.raise(trace_.transactions[i].replica, trace_.transactions[i].counter);
    }
    Document half;
    half.apply_all(std::span(incoming_).first(incoming_.size() / 2));
    rows_.push_back({"an earlier version read", quickest(times_, [&] {
      right = right && merge::text::History(document).text_at(middle) == half.text();
    }), "ms"});
    if (!right) return differs("from the form at rest");
    return {};
  }

  const Trace& trace_;
  int times_;
  std::vector<merge::text::Incoming> incoming_;
  std::vector<Row> rows_;
};

}  // namespace

Result<> replay_text(const std::vector<std::string>& traces, int times, bool json) {
  nlohmann::json all = nlohmann::json::array();
  for (const std::string& path : traces) {
    SATCHEL_ASSIGN(const Trace trace, text_test::read_trace(path));
    const std::string name = std::filesystem::path(path).filename().string();
    SATCHEL_ASSIGN(const std::vector<Row> rows, Replay(trace, times).run());
    nlohmann::json one = {{"trace", name}, {"edits", trace.edits()}};
    if (!json) std::printf("%s: %zu edits, ends as recorded\n", name.c_str(), trace.edits());
    for (const Row& row : rows) {
      one["figures"].push_back({{"what", row.name}, {"value", row.value}, {"unit", row.unit}});
      if (!json) std::printf("  %-44s %12.*f %s\n", row.name.c_str(), row.unit[0] == 'b' ? 0 : 2, row.value, row.unit);
    }
    all.push_back(one);
  }
  if (json) std::printf("%s\n", all.dump(1).c_str());
  return {};
}

void print_trace(uint64_t seed, size_t edits) { std::fputs(text_test::make_trace(seed, edits).c_str(), stdout); }

}  // namespace satchel::bench
