// The plain text of a note while it is edited: UTF-8 in small blocks, addressed by scalar value. An edit moves at most
// a block; finding a place is a walk over block lengths from where the last edit was, so typing costs the same in a
// long text as in a short one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace satchel::merge::text {

// Positions and counts are scalar values. Out of range is cut to what is there.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::string_view utf8) { insert(0, utf8); }

  uint32_t length() const { return length_; }
  size_t bytes() const { return bytes_; }
  char32_t at(uint32_t position) const;  // 0 beyond the end
  std::string text() const;
  std::string text(uint32_t from, uint32_t count) const;

  void insert(uint32_t at, std::string_view utf8);
  void erase(uint32_t at, uint32_t count);

 private:
  static constexpr size_t capacity = 508;
  struct Block {
    uint32_t used = 0;  // bytes
    char data[capacity];
    std::string_view view() const { return {data, used}; }
  };
  struct Place {
    size_t block;
    uint32_t offset;  // scalars before it in the block
  };

  // The block that holds the scalar before `position` (`before`), or the one at it.
  Place find(uint32_t position, bool before) const;
  size_t byte_at(const Place& place) const;
  bool hand_on(size_t block, size_t bytes);
  void rebuild(size_t block, size_t at_byte, std::string_view utf8);
  void insert_block(size_t at, std::string_view utf8);
  void drop_empty(size_t first, size_t last);
  void join_small(size_t index);

  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<uint32_t> lengths_;  // scalars of each block
  uint32_t length_ = 0;
  size_t bytes_ = 0;
  mutable size_t near_block_ = 0;     // where the last search ended, and how many scalars stand before that block
  mutable uint32_t near_start_ = 0;
};

}  // namespace satchel::merge::text
