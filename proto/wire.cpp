#include "proto/wire.hpp"

#include <cstring>

#include "core/model/limits.hpp"
#include "core/model/text.hpp"

namespace satchel::proto::wire {
namespace {

constexpr uint32_t type_varint = 0, type_fixed64 = 1, type_bytes = 2, type_fixed32 = 5;
constexpr uint32_t field_most = (1u << 29) - 1;

size_t varint_size(uint64_t value) {
  size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

}  // namespace

// ---- Writer

void Writer::varint(uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<char>(value));
}

void Writer::always_number(uint32_t field, uint64_t value) {
  varint(field << 3 | type_varint);
  varint(value);
}

void Writer::fixed(uint32_t field, uint64_t value) {
  if (value == 0) return;
  varint(field << 3 | type_fixed64);
  for (int shift = 0; shift < 64; shift += 8) out_.push_back(static_cast<char>(value >> shift));
}

void Writer::always_bytes(uint32_t field, BytesView value) {
  varint(field << 3 | type_bytes);
  varint(value.size());
  out_.append(value);
}

size_t Writer::open(uint32_t field) {
  varint(field << 3 | type_bytes);
  out_.push_back('\0');  // room for the length of most messages; close() widens it
  return out_.size();
}

void Writer::close(size_t start) {
  uint64_t length = out_.size() - start;
  const size_t width = varint_size(length);
  if (width > 1) out_.insert(start, width - 1, '\0');
  char* at = out_.data() + start - 1;
  for (size_t i = 0; i + 1 < width; ++i) {
    *at++ = static_cast<char>(length | 0x80);
    length >>= 7;
  }
  *at = static_cast<char>(length);
}

// ---- Reader

void Reader::fail(std::string_view name, std::string_view why) {
  if (failed()) return;
  why_.append(message_).append(name.empty() ? "" : ".").append(name).append(" ").append(why);
}

void Reader::adopt(Result<> nested) {
  if (!nested.ok() && !failed()) why_ = nested.error().message;
}

Result<> Reader::finish() const {
  if (failed()) return make_error(Code::protocol, why_);
  return {};
}

bool Reader::varint(uint64_t& out) {
  out = 0;
  for (size_t i = 0; i < 10 && i < rest_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(rest_[i]);
    if (i == 9 && byte > 1) break;
    out |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    if (form_ == Form::canonical && i > 0 && byte == 0) break;
    rest_.remove_prefix(i + 1);
    return true;
  }
  fail("", "holds a number that is cut off or too long");
  return false;
}

bool Reader::next() {
  if (failed() || rest_.empty()) return false;
  uint64_t tag = 0;
  if (!varint(tag)) return false;
  const uint64_t field = tag >> 3;
  if (field == 0 || field > field_most) return fail("", "holds an impossible field number"), false;
  if (form_ == Form::canonical && field < field_) return fail("", "has its fields out of order"), false;
  same_as_before_ = field == field_;
  field_ = static_cast<uint32_t>(field);
  type_ = static_cast<uint32_t>(tag & 7);
  repeating_ = default_allowed_ = false;
  if (type_ == type_varint) return varint(number_);
  uint64_t length = type_ == type_fixed64 ? 8 : 4;
  if (type_ == type_bytes && !varint(length)) return false;
  if (type_ != type_bytes && type_ != type_fixed64 && type_ != type_fixed32) {
    return fail("", "holds a field of an unknown wire type"), false;
  }
  if (length > rest_.size()) return fail("", "is cut off"), false;
  content_ = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return true;
}

bool Reader::expect(std::string_view name, uint32_t type) {
  if (failed()) return false;
  if (type_ != type) return fail(name, "has the wrong wire type"), false;
  if (form_ == Form::canonical && same_as_before_ && !repeating_) return fail(name, "is there twice"), false;
  const bool is_default = type == type_varint ? number_ == 0 : type == type_bytes && content_.empty();
  if (form_ == Form::canonical && is_default && !repeating_ && !default_allowed_) {
    return fail(name, "is written out although it is empty"), false;
  }
  return true;
}

void Reader::raw_number(std::string_view name, uint64_t& out) {
  if (expect(name, type_varint)) out = number_;
}

void Reader::number(std::string_view name, uint64_t& out, uint64_t most) {
  raw_number(name, out);
  if (out > most) fail(name, "is too large");
}

void Reader::number(std::string_view name, uint32_t& out, uint32_t most) {
  uint64_t raw = 0;
  number(name, raw, most);
  out = static_cast<uint32_t>(raw);
}

void Reader::signed_number(std::string_view name, int64_t& out, int64_t least, int64_t most) {
  uint64_t raw = 0;
  raw_number(name, raw);
  out = static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  if (out < least || out > most) fail(name, "is outside its range");
}

void Reader::fixed(std::string_view name, uint64_t& out) {
  if (!expect(name, type_fixed64)) return;
  out = 0;
  for (size_t i = 0; i < 8; ++i) out |= static_cast<uint64_t>(static_cast<unsigned char>(content_[i])) << (8 * i);
  if (form_ == Form::canonical && out == 0) fail(name, "is written out although it is empty");
}

void Reader::boolean(std::string_view name, bool& out) {
  uint64_t raw = 0;
  number(name, raw, form_ == Form::canonical ? 1 : UINT64_MAX);
  out = raw != 0;
}

void Reader::bytes(std::string_view name, BytesView& out, size_t most) {
  if (!expect(name, type_bytes)) return;
  if (content_.size() > most) return fail(name, "is larger than " + std::to_string(most) + " bytes");
  out = content_;
}

void Reader::bytes(std::string_view name, Bytes& out, size_t most) {
  BytesView view;
  bytes(name, view, most);
  if (!failed()) out = view;
}

void Reader::text(std::string_view name, std::string& out, size_t most) {
  BytesView view;
  bytes(name, view, most);
  if (failed()) return;
  if (!model::valid_utf8(view)) return fail(name, "is not valid UTF-8 text");
  out = view;
}

void Reader::identifier(std::string_view name, std::string& out, size_t most) {
  BytesView view;
  bytes(name, view, most);
  if (failed()) return;
  if (!model::valid_identifier(view, most)) return fail(name, "is empty or holds characters that a name cannot have");
  out = view;
}

void Reader::hash(std::string_view name, Hash256& out) {
  if (!expect(name, type_bytes)) return;
  if (!Hash256::from_bytes(content_, out)) fail(name, "is not 32 bytes");
}

void Reader::id_bytes(std::string_view name, std::array<uint8_t, 16>& out) {
  if (!expect(name, type_bytes)) return;
  if (content_.size() != out.size()) return fail(name, "is not 16 bytes");
  std::memcpy(out.data(), content_.data(), out.size());
  if (out == std::array<uint8_t, 16>{}) fail(name, "is the nil id");
}

BytesView Reader::message(std::string_view name) {
  default_allowed_ = true;
  return expect(name, type_bytes) ? content_ : BytesView{};
}

BytesView Reader::repeated(std::string_view name) {
  repeating_ = true;
  return expect(name, type_bytes) ? content_ : BytesView{};
}

// ---- versions

void write_entries(Writer& out, uint32_t field, const std::vector<model::Version::Entry>& entries) {
  for (const auto& [replica, counter] : entries) {
    out.message(field, [&, replica = &replica, counter = counter] {
      out.id(1, *replica);
      out.number(2, counter);
    });
  }
}

void read_entry(Reader& in, std::string_view name, std::vector<model::Version::Entry>& entries, uint64_t least) {
  const BytesView content = in.repeated(name);
  if (in.failed()) return;
  if (entries.size() >= model::limits::version_entries) return in.fail(name, "names too many replicas");
  Reader entry(content, name, Form::canonical);
  model::Version::Entry read{};
  while (entry.next()) {
    switch (entry.field()) {
      case 1: entry.id("replica", read.first); break;
      case 2: entry.number("counter", read.second); break;
      default: entry.fail("", "holds a field that it cannot have");
    }
  }
  in.adopt(entry.finish());
  if (read.first.is_nil()) return in.fail(name, "names no replica");
  if (read.second < least) return in.fail(name, "holds a counter of zero");
  if (!entries.empty() && !(entries.back().first < read.first)) return in.fail(name, "is not ascending by replica");
  entries.push_back(read);
}

void write_version(Writer& out, uint32_t field, const model::Version& version) {
  if (version.empty()) return;
  out.message(field, [&] { write_entries(out, 1, version.entries()); });
}

Result<model::Version> read_version(BytesView bytes, Form form) {
  Reader in(bytes, "Version", form);
  std::vector<model::Version::Entry> entries;
  while (in.next()) {
    if (in.field() == 1) {
      read_entry(in, "entries", entries, 1);
    } else if (form == Form::canonical) {
      in.fail("", "holds a field that it cannot have");
    } else {
      in.skip();
    }
  }
  SATCHEL_TRY(in.finish());
  model::Version version;
  for (const auto& [replica, counter] : entries) version.set(replica, counter);  // ascending: appends
  return version;
}

}  // namespace satchel::proto::wire
