#include "core/merge/head_encoding.hpp"

#include <utility>

namespace satchel::merge {

using proto::wire::Form;
using proto::wire::Reader;
using proto::wire::Writer;

namespace {

void write_head(Writer& out, const Head& head) {
  out.id(1, head.replica);
  out.number(2, head.counter);
  out.number(3, head.index);
  out.fixed(4, head.ord);
  out.bytes(5, head.worker);
  out.signed_number(6, head.wall_ms);
  out.signed_number(7, head.received_ms);
  out.bytes(8, head.value);
  out.bytes(9, head.reason);
  proto::wire::write_version(out, 10, head.shown);
  out.id(11, head.epoch);
  out.number(12, head.position);
  out.number(13, static_cast<uint32_t>(head.author));
  out.boolean(14, head.settles);
}

}  // namespace

void write_heads(Writer& out, uint32_t field, const std::vector<Head>& heads) {
  for (const Head& head : heads) {
    out.message(field, [&] { write_head(out, head); });
  }
}

model::Version read_version(Reader& in, std::string_view name) {
  const BytesView bytes = in.message(name);
  if (in.failed()) return {};
  auto version = proto::wire::read_version(bytes, Form::canonical);
  if (!version.ok()) {
    in.adopt(version.error());
    return {};
  }
  if (version->empty()) in.fail(name, "is written out although it is empty");
  return std::move(*version);
}

Head read_head(Reader& from, BytesView bytes, Keeps keeps) {
  Reader in(bytes, "Head", Form::canonical);
  Head head;
  uint32_t author = 0;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("replica", head.replica); break;
      case 2: in.number("counter", head.counter); break;
      case 3: in.number("index", head.index); break;
      case 4: in.fixed("ord", head.ord); break;
      case 5: in.text("worker", head.worker, any_size); break;
      case 6: in.signed_number("wall_ms", head.wall_ms); break;
      case 7: in.signed_number("received_ms", head.received_ms); break;
      case 8: in.bytes("value", head.value, any_size); break;
      case 9: in.text("reason", head.reason, any_size); break;
      case 10: head.shown = read_version(in, "shown"); break;
      case 11: in.id("epoch", head.epoch); break;
      case 12: in.number("position", head.position); break;
      case 13: in.number("author", author); break;
      case 14: in.boolean("settles", head.settles); break;
      default: in.fail("", "holds a field that it cannot have");
    }
  }
  head.author = static_cast<model::Author>(author);
  if (head.replica.is_nil() || head.counter == 0) in.fail("", "names no transaction");
  if (!head.shown.empty() && !keeps.shown) in.fail("shown", "is kept where the kind does not keep it");
  if (head.shown[head.replica] >= head.counter) in.fail("shown", "includes itself");
  if ((!head.epoch.is_nil() || head.position != 0) && !keeps.place) {
    in.fail("position", "is kept where the kind does not keep it");
  }
  if (head.epoch.is_nil() && head.position != 0) in.fail("position", "has no epoch");
  from.adopt(in.finish());
  return head;
}

}  // namespace satchel::merge
