// Values and versions of codec.hpp.
#include <cstdint>
#include <utility>

#include "core/model/calendar.hpp"
#include "core/model/limits.hpp"
#include "proto/codec.hpp"
#include "proto/wire.hpp"

namespace satchel::proto {
namespace {

namespace limits = model::limits;
using model::Value;
using wire::Form;
using wire::Reader;
using wire::Writer;

struct ValueWriter {
  Writer& out;

  void operator()(const model::Null&) { out.always_number(1, 1); }
  void operator()(const std::string& text) { out.always_bytes(2, text); }
  void operator()(int64_t integer) { out.always_number(3, Writer::zigzag(integer)); }
  void operator()(const model::Decimal& decimal) {
    out.message(4, [&] {
      out.signed_number(1, decimal.units);
      out.number(2, decimal.scale);
    });
  }
  void operator()(bool boolean) { out.always_number(5, boolean ? 1 : 0); }
  void operator()(const model::Date& date) {
    out.message(6, [&] {
      out.signed_number(1, date.year);
      out.number(2, date.month);
      out.number(3, date.day);
    });
  }
  void operator()(const model::Instant& instant) {
    out.message(7, [&] {
      out.signed_number(1, instant.utc_ms);
      out.signed_number(2, instant.offset_minutes);
      out.bytes(3, instant.zone);
    });
  }
  void operator()(const model::CodedValue& code) {
    out.message(8, [&] {
      out.bytes(1, code.system);
      out.bytes(2, code.code);
      out.bytes(3, code.display);
    });
  }
  void operator()(const model::Reference& reference) {
    out.message(9, [&] {
      out.bytes(1, reference.collection);
      out.id(2, reference.record);
    });
  }
  void operator()(const model::BlobReference& blob) {
    out.message(10, [&] {
      out.bytes(1, blob.hash);
      out.number(2, blob.size);
      out.bytes(3, blob.media_type);
    });
  }
  void operator()(const model::TextEdits& edits) {
    out.message(11, [&] {
      for (const model::TextEdit& edit : edits.edits) {
        out.message(1, [&] {
          out.number(1, edit.at);
          out.number(2, edit.removed);
          out.bytes(3, edit.inserted);
        });
      }
    });
  }
  void operator()(const model::UnknownValue&) {}  // encode_value() hands its bytes through
};

// Each reads one member's message; `unknown` becomes true when a newer app put a field into it.
Value read_decimal(Reader& in) {
  model::Decimal decimal;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.signed_number("units", decimal.units); break;
      case 2: in.number("scale", decimal.scale, limits::decimal_scale); break;
      default: in.skip();
    }
  }
  return decimal;
}

Value read_date(Reader& in) {
  model::Date date{0, 0, 0};
  int64_t year = 0;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.signed_number("year", year, 1, 9999); break;
      case 2: in.number("month", date.month); break;
      case 3: in.number("day", date.day); break;
      default: in.skip();
    }
  }
  date.year = static_cast<int32_t>(year);
  if (!model::is_day(date)) in.fail("", "is not a day of the calendar");
  return date;
}

Value read_instant(Reader& in) {
  model::Instant instant;
  int64_t offset = 0;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.signed_number("utc_ms", instant.utc_ms, model::instant_least_ms, model::instant_most_ms); break;
      case 2:
        in.signed_number("offset_minutes", offset, -model::offset_minutes_most, model::offset_minutes_most);
        break;
      case 3: in.identifier("zone", instant.zone, limits::name_bytes); break;
      default: in.skip();
    }
  }
  instant.offset_minutes = static_cast<int32_t>(offset);
  if (!model::is_moment(instant)) in.fail("", "is not a moment of the calendar");
  return instant;
}

Value read_code(Reader& in) {
  model::CodedValue code;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.identifier("system", code.system, limits::id_bytes); break;
      case 2: in.identifier("code", code.code, limits::id_bytes); break;
      case 3: in.text("display", code.display, limits::field_bytes); break;
      default: in.skip();
    }
  }
  if (code.code.empty() && code.display.empty()) in.fail("", "has neither a code nor a text");
  return code;
}

Value read_reference(Reader& in) {
  model::Reference reference;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.identifier("collection", reference.collection, limits::name_bytes); break;
      case 2: in.id("record", reference.record); break;
      default: in.skip();
    }
  }
  if (reference.collection.empty() || reference.record.is_nil()) in.fail("", "does not name a record");
  return reference;
}

Value read_blob(Reader& in) {
  model::BlobReference blob;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.bytes("hash", blob.hash, limits::blob_hash_bytes); break;
      case 2: in.number("size", blob.size); break;
      case 3: in.identifier("media_type", blob.media_type, limits::id_bytes); break;
      default: in.skip();
    }
  }
  if (blob.hash.size() != limits::blob_hash_bytes) in.fail("", "has no hash of 32 bytes");
  return blob;
}

model::TextEdit read_edit(Reader& from) {
  model::TextEdit edit;
  Reader in(from.repeated("edits"), "TextEdit", Form::canonical);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.number("at", edit.at, limits::text_position_most); break;
      case 2: in.number("removed", edit.removed, limits::text_position_most); break;
      case 3: in.text("inserted", edit.inserted, limits::field_bytes); break;
      default: in.fail("", "holds a field that it cannot have");
    }
  }
  if (edit.removed == 0 && edit.inserted.empty()) in.fail("", "changes nothing");
  from.adopt(in.finish());
  return edit;
}

Value read_edits(Reader& in) {
  model::TextEdits edits;
  while (in.next()) {
    if (in.field() == 1) {
      edits.edits.push_back(read_edit(in));
    } else {
      in.skip();
    }
  }
  return edits;
}

// Reads one member; false when it is one that this app does not know.
bool read_member(Reader& in, Value& value) {
  in.member();
  const auto nested = [&](const char* name, Value (*read)(Reader&)) {
    Reader inner(in.message(name), name, Form::canonical);
    value = read(inner);
    if (inner.skipped()) value = model::UnknownValue{};
    // What a newer app put beside may change the meaning of the rest: then only the shape counts.
    if (!inner.skipped()) in.adopt(inner.finish());
    return !inner.skipped();
  };
  switch (in.field()) {
    case 1: {
      bool null = false;
      in.boolean("null", null);
      if (!null) in.fail("null", "is false");
      return true;
    }
    case 2: in.text("text", value.emplace<std::string>(), SIZE_MAX); return true;
    case 3: in.signed_number("integer", value.emplace<int64_t>()); return true;
    case 4: return nested("decimal", read_decimal);
    case 5: in.boolean("boolean", value.emplace<bool>()); return true;
    case 6: return nested("date", read_date);
    case 7: return nested("instant", read_instant);
    case 8: return nested("code", read_code);
    case 9: return nested("reference", read_reference);
    case 10: return nested("blob", read_blob);
    case 11: return nested("edits", read_edits);
    default: return false;
  }
}

}  // namespace

Bytes encode_value(const Value& value) {
  if (const auto* unknown = std::get_if<model::UnknownValue>(&value)) return unknown->encoded;
  const auto* text = std::get_if<std::string>(&value);
  Writer out(text != nullptr ? text->size() + 6 : 48);
  std::visit(ValueWriter{out}, value);
  return out.take();
}

Result<Value> decode_value(BytesView bytes) {
  if (bytes.empty()) return Value{model::Null{}};
  Reader in(bytes, "Value", Form::canonical);
  Value value;
  size_t members = 0;
  bool known = true;
  while (in.next()) {
    known = read_member(in, value) && known;
    ++members;
  }
  if (known && members > 1) in.fail("", "holds more than one value");
  SATCHEL_TRY(in.finish());
  if (!known) return Value{model::UnknownValue{Bytes(bytes)}};
  return value;
}

Bytes encode_version(const model::Version& version) {
  Writer out(version.entries().size() * 24);
  wire::write_entries(out, 1, version.entries());
  return out.take();
}

Result<model::Version> decode_version(BytesView bytes) { return wire::read_version(bytes, Form::canonical); }

}  // namespace satchel::proto
