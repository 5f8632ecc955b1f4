#pragma once

#include <stdexcept>

#include "core/base/result.hpp"

namespace satchel::test {

// The value, or an exception with the error: a test goes on only with what it needs.
template <class T>
T take(Result<T> result) {
  if (!result.ok()) {
    const Error& error = result.error();
    throw std::runtime_error(std::string(code_name(error.code)) + ": " + error.message + " [" + error.place + "]");
  }
  return std::move(result).value();
}
inline void take(Result<> result) {
  if (!result.ok()) {
    const Error& error = result.error();
    throw std::runtime_error(std::string(code_name(error.code)) + ": " + error.message + " [" + error.place + "]");
  }
}

}  // namespace satchel::test
