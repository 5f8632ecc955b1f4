// Columns of numbers in few bytes: LEB128 varints, and stretches of equal numbers.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"

namespace satchel::merge::text {

inline uint64_t zigzag(int64_t value) { return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63); }
inline int64_t unzigzag(uint64_t value) { return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1); }

class ColumnWriter {
 public:
  void number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  void signed_number(int64_t value) { number(zigzag(value)); }
  void raw(BytesView bytes) { out_ += bytes; }
  void sized(BytesView bytes) { number(bytes.size()), raw(bytes); }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

// Never reads outside its bytes; after the first thing that is wrong everything reads as 0 and failed() is true.
class ColumnReader {
 public:
  explicit ColumnReader(BytesView bytes) : rest_(bytes) {}
  uint64_t number() {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  int64_t signed_number() { return unzigzag(number()); }
  // A count of things that take a byte each at least.
  size_t count() {
    const uint64_t value = number();
    if (value > rest_.size()) fail();
    return failed_ ? 0 : static_cast<size_t>(value);
  }
  BytesView raw(size_t size) {
    if (size > rest_.size()) fail();
    const BytesView out = rest_.substr(0, failed_ ? 0 : size);
    rest_.remove_prefix(out.size());
    return out;
  }
  BytesView sized() { return raw(count()); }
  void fail() {
    failed_ = true;
    rest_ = {};
  }
  bool failed() const { return failed_; }
  bool empty() const { return rest_.empty(); }
  size_t left() const { return rest_.size(); }

 private:
  BytesView rest_;
  bool failed_ = false;
};

// Numbers as stretches of equal ones.
class Stretches {
 public:
  struct Stretch {
    uint64_t value, times;
  };
  void add(uint64_t value, uint64_t times) {
    if (times == 0) return;
    if (!items_.empty() && items_.back().value == value) {
      items_.back().times += times;
    } else {
      items_.push_back({value, times});
    }
  }
  void write(ColumnWriter& out) const {
    for (const Stretch& each : items_) out.number(each.value), out.number(each.times);
  }
  // Until `total` numbers are covered.
  void read(ColumnReader& in, uint64_t total) {
    while (total > 0 && !in.failed()) {
      const uint64_t value = in.number(), times = in.number();
      if (times == 0 || times > total) return in.fail();
      items_.push_back({value, times});
      total -= times;
    }
  }
  // The next number, one after the other.
  uint64_t next() {
    if (done_ == items_[at_].times) ++at_, done_ = 0;
    ++done_;
    return items_[at_].value;
  }
  const std::vector<Stretch>& items() const { return items_; }

 private:
  std::vector<Stretch> items_;
  size_t at_ = 0;
  uint64_t done_ = 0;
};

}  // namespace satchel::merge::text
