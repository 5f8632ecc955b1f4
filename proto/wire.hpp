// Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), as much of it as sync.proto uses: varint,
// fixed64 and length-delimited fields. Written by hand instead of taken from generated classes so that a field is
// checked and counted before anything is allocated for it, nothing is copied that need not be, and a hostile message
// prints nothing. tests/proto compares every byte with what protoc's classes write.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/hash.hpp"
#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/model/version.hpp"

namespace satchel::proto::wire {

// Appends fields in the order of the calls; callers write them ascending by number. A default (0, empty, nil) is left
// out, as proto3 does, unless the name says `always`.
class Writer {
 public:
  explicit Writer(size_t expected = 0) { out_.reserve(expected); }

  void number(uint32_t field, uint64_t value) { if (value != 0) always_number(field, value); }
  void always_number(uint32_t field, uint64_t value);
  void signed_number(uint32_t field, int64_t value) { number(field, zigzag(value)); }
  void fixed(uint32_t field, uint64_t value);
  void boolean(uint32_t field, bool value) { number(field, value ? 1 : 0); }
  void bytes(uint32_t field, BytesView value) { if (!value.empty()) always_bytes(field, value); }
  void always_bytes(uint32_t field, BytesView value);
  template <class Tag>
  void id(uint32_t field, const Id<Tag>& value) { if (!value.is_nil()) always_bytes(field, value.view()); }
  void hash(uint32_t field, const Hash256& value) { if (value != Hash256{}) always_bytes(field, value.view()); }

  // A nested message: what `body` writes, behind its length. Written even when it is empty.
  template <class Body>
  void message(uint32_t field, Body&& body) {
    const size_t start = open(field);
    body();
    close(start);
  }

  size_t size() const { return out_.size(); }
  Bytes take() { return std::move(out_); }
  static uint64_t zigzag(int64_t value) {
    return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  }

 private:
  void varint(uint64_t value);
  size_t open(uint32_t field);
  void close(size_t start);

  Bytes out_;
};

// What is accepted. canonical: exactly what Writer writes for the fields that are known (ascending, shortest varints,
// no defaults, nothing twice), so that equal content has equal bytes. any: every form that proto3 allows, except
// groups and packed fields; the last of several counts.
enum class Form { canonical, any };

// Walks the fields of one message without copying. The first thing that is wrong sticks: next() returns false from
// then on, and finish() says which field it was. Never reads outside `bytes`, never throws.
//   Reader in(bytes, "Op", Form::canonical);
//   while (in.next()) {
//     switch (in.field()) {
//       case 1: in.text("collection", op.collection, 64); break;
//       default: in.skip();
//     }
//   }
//   SATCHEL_TRY(in.finish());
class Reader {
 public:
  Reader(BytesView bytes, std::string_view message, Form form) : rest_(bytes), message_(message), form_(form) {}

  bool next();
  uint32_t field() const { return field_; }
  bool skipped() const { return skipped_; }  // some field was not known
  void skip() { skipped_ = true; }

  void number(std::string_view name, uint64_t& out, uint64_t most = INT64_MAX);
  void number(std::string_view name, uint32_t& out, uint32_t most = UINT32_MAX);
  void signed_number(std::string_view name, int64_t& out, int64_t least = INT64_MIN, int64_t most = INT64_MAX);
  void fixed(std::string_view name, uint64_t& out);
  void boolean(std::string_view name, bool& out);
  void bytes(std::string_view name, BytesView& out, size_t most);
  void bytes(std::string_view name, Bytes& out, size_t most);
  void text(std::string_view name, std::string& out, size_t most);        // valid UTF-8
  void identifier(std::string_view name, std::string& out, size_t most);  // as text, not empty, no control characters
  void hash(std::string_view name, Hash256& out);
  template <class Tag>
  void id(std::string_view name, Id<Tag>& out) { id_bytes(name, out.bytes); }
  template <class Enum>
  void enumeration(std::string_view name, Enum& out, uint32_t most) {
    uint32_t raw = 0;
    number(name, raw, most);
    if (raw == 0) fail(name, "is outside its range");
    out = static_cast<Enum>(raw);
  }
  // A nested message, to be read by a Reader of its own; empty is allowed. `repeated`: may come several times.
  BytesView message(std::string_view name);
  BytesView repeated(std::string_view name);
  template <class Tag>
  void repeated_id(std::string_view name, Id<Tag>& out) { repeating_ = true; id(name, out); }

  // oneof members stand even with their default value.
  void member() { default_allowed_ = true; }
  void fail(std::string_view name, std::string_view why);
  bool failed() const { return !why_.empty(); }
  // The error of a nested Reader becomes this one's.
  void adopt(Result<> nested);
  Result<> finish() const;

 private:
  bool varint(uint64_t& out);
  bool expect(std::string_view name, uint32_t type);
  void id_bytes(std::string_view name, std::array<uint8_t, 16>& out);
  void raw_number(std::string_view name, uint64_t& out);

  BytesView rest_;
  std::string_view message_;
  Form form_;
  uint32_t field_ = 0, type_ = 0;
  bool same_as_before_ = false, repeating_ = false, default_allowed_ = false, skipped_ = false;
  uint64_t number_ = 0;
  BytesView content_;
  std::string why_;
};

// Versions as sync.proto's repeated VersionEntry. least: the smallest counter allowed (0 or 1).
void write_entries(Writer& out, uint32_t field, const std::vector<model::Version::Entry>& entries);
void read_entry(Reader& in, std::string_view name, std::vector<model::Version::Entry>& entries, uint64_t least);
void write_version(Writer& out, uint32_t field, const model::Version& version);  // left out when empty
Result<model::Version> read_version(BytesView bytes, Form form);

}  // namespace satchel::proto::wire
