// platform/c: the C interface (include/satchel.h) over core/query and sync. Owned invariants: no exception crosses the
// interface; a failed check ends the handle, not the app; what a callback struct took is destroyed exactly once.
// Holds no rule of merging, storing or syncing: it turns JSON into drafts and queries, and results into JSON.
//
// support: slices, buffers and error objects.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "platform/c/include/satchel.h"

struct satchel_error {
  satchel::Error error;
};

namespace satchel::abi {

inline std::string_view view(satchel_slice slice) {
  return slice.data == nullptr ? std::string_view() : std::string_view(slice.data, slice.size);
}
inline std::string text(satchel_slice slice) { return std::string(view(slice)); }
inline satchel_slice slice(std::string_view view) { return {view.data(), view.size()}; }

satchel_error* give(const Error& error);
satchel_buffer give(std::string_view bytes);

Error internal_error(std::string_view place);
// Not a failed check of ours but an exception of a library or the lack of memory.
Error current_exception_error();

// Runs `work`, a function that returns Result<>, without a handle.
template <class Work>
satchel_error* guarded(Work&& work) noexcept {
  try {
    try {
      const Result<> result = work();
      return result.ok() ? nullptr : give(result.error());
    } catch (...) {
      return give(current_exception_error());
    }
  } catch (...) {
    return give(Error{});  // no memory for words
  }
}

}  // namespace satchel::abi
