// The inbox entries of a record as they rest in a tablet's file: sync.proto, Inbox.
#include <utility>

#include "core/merge/head_encoding.hpp"
#include "core/merge/resolve.hpp"
#include "core/model/text.hpp"

namespace satchel::merge {
namespace {

using proto::wire::Form;
using proto::wire::Reader;
using proto::wire::Writer;

constexpr auto last_rule = static_cast<uint32_t>(Rule::presence_kept);

void write_sentence(Writer& out, const text::SharedSentence& sentence) {
  out.number(1, sentence.from);
  out.number(2, sentence.count);
  for (const std::string& worker : sentence.workers) out.always_bytes(3, worker);
}

void write_conflict(Writer& out, const Conflict& conflict) {
  out.bytes(1, conflict.field);
  out.bytes(2, conflict.element);
  out.bytes(3, conflict.part);
  out.number(4, static_cast<uint32_t>(conflict.rule));
  out.boolean(5, conflict.decide);
  write_heads(out, 6, conflict.standing);
  for (const text::SharedSentence& sentence : conflict.sentences) {
    out.message(7, [&] { write_sentence(out, sentence); });
  }
  write_heads(out, 8, conflict.others);
}

text::SharedSentence read_sentence(Reader& from) {
  Reader in(from.repeated("sentences"), "SharedSentence", Form::canonical);
  text::SharedSentence sentence;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.number("from", sentence.from); break;
      case 2: in.number("count", sentence.count); break;
      case 3: {
        sentence.workers.emplace_back(in.repeated("workers"));
        if (!model::valid_utf8(sentence.workers.back())) in.fail("workers", "are not text");
        break;
      }
      default: in.fail("", "holds a field that it cannot have");
    }
  }
  from.adopt(in.finish());
  return sentence;
}

void add_side(Reader& in, std::string_view name, std::vector<Head>& heads) {
  const BytesView bytes = in.repeated(name);
  if (!in.failed()) heads.push_back(read_head(in, bytes, {.shown = true, .place = true}));
}

Conflict read_conflict(Reader& from) {
  Reader in(from.repeated("conflicts"), "Conflict", Form::canonical);
  Conflict conflict;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.text("field", conflict.field, any_size); break;
      case 2: in.text("element", conflict.element, any_size); break;
      case 3: in.text("part", conflict.part, any_size); break;
      case 4: in.enumeration("rule", conflict.rule, last_rule); break;
      case 5: in.boolean("decide", conflict.decide); break;
      case 6: add_side(in, "standing", conflict.standing); break;
      case 7: conflict.sentences.push_back(read_sentence(in)); break;
      case 8: add_side(in, "others", conflict.others); break;
      default: in.fail("", "holds a field that it cannot have");
    }
  }
  if (conflict.rule == Rule::only_one) in.fail("rule", "is missing");
  if (!conflict.sentences.empty() && conflict.standing.empty()) in.fail("sentences", "are of no text");
  from.adopt(in.finish());
  return conflict;
}

}  // namespace

Bytes encode(const std::vector<Conflict>& conflicts) {
  Writer out(256);
  for (const Conflict& conflict : conflicts) {
    out.message(1, [&] { write_conflict(out, conflict); });
  }
  return out.take();
}

Result<std::vector<Conflict>> decode_conflicts(BytesView bytes) {
  Reader in(bytes, "Inbox", Form::canonical);
  std::vector<Conflict> conflicts;
  while (in.next()) {
    if (in.field() != 1) in.fail("", "holds a field that it cannot have");
    else conflicts.push_back(read_conflict(in));
  }
  SATCHEL_TRY(in.finish());
  return conflicts;
}

}  // namespace satchel::merge
