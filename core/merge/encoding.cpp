// The canonical bytes of a record's merge state: what rests in the records cache, travels in snapshots and is hashed
// into state digests. The fields are those of sync.proto.
#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

#include "core/merge/head_encoding.hpp"
#include "core/merge/kinds.hpp"
#include "core/merge/text/document.hpp"

namespace satchel::merge {
namespace {

using proto::wire::Form;
using proto::wire::Reader;
using proto::wire::Writer;

// ---- writing

void write_touches(Writer& out, uint32_t field, const Touches& touches) {
  if (touches == Touches{}) return;
  out.message(field, [&] {
    proto::wire::write_version(out, 1, touches.touched);
    proto::wire::write_version(out, 2, touches.removed);
  });
}

void write_field(Writer& out, const FieldState& field);

void write_element(Writer& out, const Element& element) {
  out.bytes(1, element.id);
  write_touches(out, 2, element.presence);
  for (const FieldState& part : element.parts) {
    out.message(3, [&] { write_field(out, part); });
  }
  write_heads(out, 4, element.removes);
}

void write_field(Writer& out, const FieldState& field) {
  out.bytes(1, field.name);
  out.number(2, static_cast<uint32_t>(field.kind));
  write_heads(out, 3, field.heads);
  for (const Element& element : field.elements) {
    out.message(4, [&] { write_element(out, element); });
  }
  out.bytes(5, field.text.plain());
  out.bytes(6, field.text.history());
  write_heads(out, 7, field.submits);
}

// ---- reading. Each read_ fails its Reader with the first thing that encode() would not have written.

void add_head(Reader& in, std::string_view name, std::vector<Head>& heads, Keeps keeps = {}) {
  const BytesView bytes = in.repeated(name);
  if (in.failed()) return;
  Head head = read_head(in, bytes, keeps);
  if (!heads.empty() && !earlier_id(heads.back(), head)) in.fail(name, "are not ascending");
  heads.push_back(std::move(head));
}

Touches read_touches(Reader& from, std::string_view name) {
  Touches touches;
  const BytesView bytes = from.message(name);
  if (from.failed()) return touches;
  Reader in(bytes, "Touches", Form::canonical);
  while (in.next()) {
    switch (in.field()) {
      case 1: touches.touched = read_version(in, "touched"); break;
      case 2: touches.removed = read_version(in, "removed"); break;
      default: in.fail("", "holds a field that it cannot have");
    }
  }
  if (touches == Touches{}) in.fail("", "is written out although it is empty");
  from.adopt(in.finish());
  return touches;
}

void add_field(Reader& from, std::string_view name, std::vector<FieldState>& fields, bool part);

void add_element(Reader& from, std::vector<Element>& elements) {
  const BytesView bytes = from.repeated("elements");
  if (from.failed()) return;
  Reader in(bytes, "Element", Form::canonical);
  Element element;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.text("id", element.id, any_size); break;
      case 2: element.presence = read_touches(in, "presence"); break;
      case 3: add_field(in, "parts", element.parts, true); break;
      case 4: add_head(in, "removes", element.removes); break;
      default: in.fail("", "holds a field that it cannot have");
    }
  }
  if (element.parts.empty() && element.removes.empty()) in.fail("", "is one that nobody wrote");
  from.adopt(in.finish());
  if (!elements.empty() && !(elements.back().id < element.id)) from.fail("elements", "are not ascending");
  elements.push_back(std::move(element));
}

void check_submits(Reader& in, const FieldState& field) {
  if (!field.submits.empty() && field.kind != model::Kind::text) in.fail("submits", "do not fit the kind");
  for (const Head& head : field.submits) {
    if (head.settles) in.fail("submits", "are decisions, which send nothing in");
  }
}

void add_field(Reader& from, std::string_view name, std::vector<FieldState>& fields, bool part) {
  const BytesView bytes = from.repeated(name);
  if (from.failed()) return;
  Reader in(bytes, "FieldState", Form::canonical);
  FieldState field;
  field.kind = model::Kind::none;
  uint32_t kind = 0;
  std::string plain;
  Bytes history;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.text("name", field.name, any_size); break;
      case 2:
        in.number("kind", kind);
        field.kind = static_cast<model::Kind>(kind);
        break;
      case 3: {
        const bool all_ops = field.kind == model::Kind::state || field.kind == model::Kind::frozen;
        add_head(in, "heads", field.heads, {.shown = all_ops, .place = field.kind == model::Kind::frozen});
        break;
      }
      case 4:
        if (!model::has_elements(field.kind)) in.fail("elements", "stand where there is no set or list");
        if (!in.failed()) add_element(in, field.elements);
        break;
      case 5: in.text("text", plain, any_size); break;
      case 6: in.bytes("events", history, any_size); break;
      case 7: add_head(in, "submits", field.submits, {.place = true}); break;
      default: in.fail("", "holds a field that it cannot have");
    }
  }
  if (part && field.kind != model::Kind::register_) in.fail("kind", "of a part is not register");
  const bool of_elements = model::has_elements(field.kind);
  if (of_elements ? !field.heads.empty() : field.heads.empty()) in.fail("heads", "do not fit the kind");
  if (of_elements && field.elements.empty()) in.fail("elements", "are missing");
  const bool is_text = field.kind == model::Kind::text;
  if (is_text == history.empty() || (!is_text && !plain.empty())) in.fail("events", "do not fit the kind");
  for (const auto* heads : {&field.heads, &field.submits}) {
    const bool value = std::any_of(heads->begin(), heads->end(), [](const Head& head) { return !head.value.empty(); });
    if (is_text && value) in.fail("heads", "have a value, but are a text's");
  }
  check_submits(in, field);
  if (is_text) field.text = TextState(std::move(plain), std::move(history));
  from.adopt(in.finish());
  if (!fields.empty() && std::tie(fields.back().name, fields.back().kind) >= std::tie(field.name, field.kind)) {
    from.fail(name, "are not ascending");
  }
  fields.push_back(std::move(field));
}

// Whoever sent the text in is one of its events.
bool knows_submits(const FieldState& field) {
  return std::all_of(field.submits.begin(), field.submits.end(), [&](const Head& head) {
    return field.text.look()->graph().includes(head.replica, head.counter);
  });
}

}  // namespace

Bytes encode(const RecordState& state) {
  Writer out(256);
  write_touches(out, 1, state.presence);
  write_heads(out, 2, state.creates);
  write_heads(out, 3, state.voids);
  for (const FieldState& field : state.fields) {
    out.message(4, [&] { write_field(out, field); });
  }
  write_heads(out, 5, state.restores);
  return out.take();
}

Result<RecordState> decode(BytesView bytes) {
  Reader in(bytes, "RecordState", Form::canonical);
  RecordState state;
  while (in.next()) {
    switch (in.field()) {
      case 1: state.presence = read_touches(in, "presence"); break;
      case 2: add_head(in, "creates", state.creates); break;
      case 3: add_head(in, "voids", state.voids); break;
      case 4: add_field(in, "fields", state.fields, false); break;
      case 5: add_head(in, "restores", state.restores); break;
      default: in.fail("", "holds a field that it cannot have");
    }
  }
  SATCHEL_TRY(in.finish());
  return state;
}

Result<RecordState> decode_whole(BytesView bytes) {
  SATCHEL_ASSIGN(RecordState state, decode(bytes));
  for (const FieldState& field : state.fields) {
    if (field.text.open().ok() && knows_submits(field)) continue;
    return make_error(Code::protocol, "The history of the text \"" + field.name + "\" cannot be read.", field.name);
  }
  return state;
}

}  // namespace satchel::merge
