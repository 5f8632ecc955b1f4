// in_view: reads of one moment. For the files of this folder.
#pragma once

#include "core/store/store.hpp"

namespace satchel::query {

// In the view that the caller pinned, or in one of its own: index and records must be of one moment.
template <class Read>
auto in_view(store::Reader& reader, Read read) -> decltype(read()) {
  if (reader.pinned()) return read();
  if (auto token = reader.begin(); !token.ok()) return token.error();
  auto result = read();
  reader.end();
  return result;
}

}  // namespace satchel::query
