// A bench that fails says so and ends; nothing is caught on the way.
#pragma once

#include <stdexcept>
#include <utility>

#include "core/base/result.hpp"

namespace satchel::bench {

template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " (" + result.error().place + ")");
  return std::move(result).value();
}
inline void must(Result<> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " (" + result.error().place + ")");
}
// What did not happen would look quick.
inline void expect(bool happened, const char* what) {
  if (!happened) throw std::runtime_error(what);
}

}  // namespace satchel::bench
