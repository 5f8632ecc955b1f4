#include "core/log/packing.hpp"

#include "core/log/rows.hpp"
#include "proto/messages.hpp"

namespace satchel::log {
namespace {

constexpr size_t worth_packing = 4096;
constexpr size_t most_bytes = size_t{1} << 30;  // SQLite's own limit for a value
constexpr char packed_mark = '\0';              // no state begins so: a field's number is never 0

}  // namespace

Bytes pack_state(BytesView state) {
  if (state.size() < worth_packing) return Bytes(state);
  Bytes packed(1, packed_mark);
  packed += proto::compress(state);
  return packed.size() < state.size() ? packed : Bytes(state);
}

Result<Bytes> unpack_state(BytesView column, const char* table) {
  if (column.empty() || column[0] != packed_mark) return Bytes(column);
  auto state = proto::decompress(column.substr(1), most_bytes);
  if (!state.ok()) return rows::damaged(table, "a packed state");
  return state;
}

}  // namespace satchel::log
