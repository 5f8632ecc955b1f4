#include "core/merge/text/buffer.hpp"

#include <algorithm>
#include <cstring>

#include "core/merge/text/utf.hpp"

namespace satchel::merge::text {

Buffer::Place Buffer::find(uint32_t position, bool before) const {
  size_t block = near_block_;
  uint32_t start = near_start_;
  while (block > 0 && (before ? position <= start : position < start)) start -= lengths_[--block];
  while (block + 1 < lengths_.size() &&
         (before ? position > start + lengths_[block] : position >= start + lengths_[block])) {
    start += lengths_[block++];
  }
  near_block_ = block;
  near_start_ = start;
  return {block, position - start};
}

size_t Buffer::byte_at(const Place& place) const {
  const Block& block = *blocks_[place.block];
  if (block.used == lengths_[place.block]) return place.offset;  // one byte each
  return byte_of_scalar(block.view(), place.offset);
}

char32_t Buffer::at(uint32_t position) const {
  if (position >= length_) return 0;
  const Place place = find(position, false);
  return first_scalar(blocks_[place.block]->view().substr(byte_at(place)));
}

std::string Buffer::text() const {
  std::string out;
  out.reserve(bytes_);
  for (const auto& block : blocks_) out += block->view();
  return out;
}

std::string Buffer::text(uint32_t from, uint32_t count) const {
  std::string out;
  if (from >= length_) return out;
  count = std::min(count, length_ - from);
  while (count > 0) {
    const Place place = find(from, false);
    const uint32_t here = std::min(count, lengths_[place.block] - place.offset);
    const size_t begin = byte_at(place), end = byte_at({place.block, place.offset + here});
    out += blocks_[place.block]->view().substr(begin, end - begin);
    from += here;
    count -= here;
  }
  return out;
}

void Buffer::insert_block(size_t at, std::string_view utf8) {
  auto block = std::make_unique<Block>();
  block->used = static_cast<uint32_t>(utf8.size());
  std::copy(utf8.begin(), utf8.end(), block->data);
  blocks_.insert(blocks_.begin() + static_cast<ptrdiff_t>(at), std::move(block));
  lengths_.insert(lengths_.begin() + static_cast<ptrdiff_t>(at), static_cast<uint32_t>(count_scalars(utf8)));
}

// A full block hands its end to the next one where that has room, so that blocks stay well filled: room for `bytes`
// more is in both of them afterwards. False: nothing was done.
bool Buffer::hand_on(size_t index, size_t bytes) {
  if (index + 1 >= blocks_.size()) return false;
  Block &block = *blocks_[index], &next = *blocks_[index + 1];
  const size_t half = (capacity - next.used) / 2;
  if (half < bytes + 32 || half > block.used) return false;
  size_t from = block.used - half;
  while (from < block.used && !starts_scalar(block.data[from])) ++from;
  const size_t moved = block.used - from;
  const auto scalars = static_cast<uint32_t>(count_scalars(block.view().substr(from)));
  std::memmove(next.data + moved, next.data, next.used);
  std::memcpy(next.data, block.data + from, moved);
  next.used += static_cast<uint32_t>(moved);
  block.used -= static_cast<uint32_t>(moved);
  lengths_[index] -= scalars;
  lengths_[index + 1] += scalars;
  return true;
}

// The block's bytes with `utf8` put in, spread over as many blocks as they need.
void Buffer::rebuild(size_t index, size_t at_byte, std::string_view utf8) {
  const std::string_view whole = blocks_[index]->view();
  std::string bytes(whole.substr(0, at_byte));
  bytes += utf8;
  // Typing at a block's end fills blocks; in the middle of one it halves them.
  const bool at_end = at_byte == whole.size();
  bytes += whole.substr(at_byte);
  const size_t parts = (bytes.size() + capacity - 4) / (capacity - 3);
  const size_t most = at_end ? capacity : std::max<size_t>(bytes.size() / parts + 1, 4);
  size_t next = index, from = 0;
  std::vector<std::unique_ptr<Block>> made;
  std::vector<uint32_t> lengths;
  while (from < bytes.size()) {
    size_t to = std::min(bytes.size(), from + most);
    while (to < bytes.size() && !starts_scalar(bytes[to])) --to;
    auto block = std::make_unique<Block>();
    block->used = static_cast<uint32_t>(to - from);
    std::memcpy(block->data, bytes.data() + from, to - from);
    lengths.push_back(static_cast<uint32_t>(count_scalars(block->view())));
    made.push_back(std::move(block));
    from = to;
  }
  blocks_[next] = std::move(made.front());
  lengths_[next++] = lengths.front();
  blocks_.insert(blocks_.begin() + static_cast<ptrdiff_t>(next), std::make_move_iterator(made.begin() + 1),
                 std::make_move_iterator(made.end()));
  lengths_.insert(lengths_.begin() + static_cast<ptrdiff_t>(next), lengths.begin() + 1, lengths.end());
}

void Buffer::insert(uint32_t at, std::string_view utf8) {
  if (utf8.empty()) return;
  at = std::min(at, length_);
  if (blocks_.empty()) insert_block(0, {});
  const Place place = find(at, true);
  Block& block = *blocks_[place.block];
  const size_t byte = byte_at(place);
  const auto scalars = static_cast<uint32_t>(utf8.size() == 1 ? 1 : count_scalars(utf8));
  if (block.used + utf8.size() <= capacity) {
    std::memmove(block.data + byte + utf8.size(), block.data + byte, block.used - byte);
    std::memcpy(block.data + byte, utf8.data(), utf8.size());
    block.used += static_cast<uint32_t>(utf8.size());
    lengths_[place.block] += scalars;
  } else if (hand_on(place.block, utf8.size())) {
    return insert(at, utf8);
  } else {
    rebuild(place.block, byte, utf8);
  }
  length_ += scalars;
  bytes_ += utf8.size();
}

void Buffer::drop_empty(size_t first, size_t last) {
  size_t kept = first;
  for (size_t block = first; block <= last; ++block) {
    if (lengths_[block] == 0) continue;
    std::swap(blocks_[kept], blocks_[block]);
    std::swap(lengths_[kept], lengths_[block]);
    ++kept;
  }
  blocks_.erase(blocks_.begin() + static_cast<ptrdiff_t>(kept), blocks_.begin() + static_cast<ptrdiff_t>(last) + 1);
  lengths_.erase(lengths_.begin() + static_cast<ptrdiff_t>(kept), lengths_.begin() + static_cast<ptrdiff_t>(last) + 1);
  if (near_block_ < blocks_.size()) return;  // the search that led here ended at `first`: what follows it begins there
  near_block_ = 0;
  near_start_ = 0;
}

// A block that became small takes in the next one, so that deleting leaves no crumbs.
void Buffer::join_small(size_t index) {
  if (index + 1 >= blocks_.size()) return;
  Block& block = *blocks_[index];
  const Block& next = *blocks_[index + 1];
  if (std::min(block.used, next.used) > capacity / 4 || block.used + next.used > capacity * 3 / 4) return;
  std::memcpy(block.data + block.used, next.data, next.used);
  block.used += next.used;
  lengths_[index] += lengths_[index + 1];
  blocks_.erase(blocks_.begin() + static_cast<ptrdiff_t>(index) + 1);
  lengths_.erase(lengths_.begin() + static_cast<ptrdiff_t>(index) + 1);
}

void Buffer::erase(uint32_t at, uint32_t count) {
  if (at >= length_ || count == 0) return;
  count = std::min(count, length_ - at);
  const Place place = find(at, false);
  size_t block = place.block;
  uint32_t offset = place.offset, left = count;
  bool emptied = false;
  for (; left > 0; ++block, offset = 0) {
    const uint32_t here = std::min(left, lengths_[block] - offset);
    Block& bytes = *blocks_[block];
    const size_t begin = byte_at({block, offset}), end = byte_at({block, offset + here});
    std::memmove(bytes.data + begin, bytes.data + end, bytes.used - end);
    bytes.used -= static_cast<uint32_t>(end - begin);
    bytes_ -= end - begin;
    lengths_[block] -= here;
    emptied = emptied || lengths_[block] == 0;
    left -= here;
  }
  length_ -= count;
  if (emptied) drop_empty(place.block, block - 1);
  join_small(place.block);
}

}  // namespace satchel::merge::text
