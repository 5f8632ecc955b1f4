// What can fail from outside returns Result<T>. Our own mistakes go through check.hpp instead.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/base/check.hpp"

namespace satchel {

// Stable numbers: they cross the C ABI (satchel.h repeats them, and a test compares the two lists).
enum class Code : int {
  invalid = 1,        // the caller's input is wrong; message says what and where
  not_found = 2,
  limit = 3,          // larger than the protocol allows (model/limits.hpp)
  permission = 4,     // the worker has no right to this
  sign_in = 5,        // the token is missing, expired or not accepted
  network = 6,        // could not reach the central store; retry later
  timeout = 7,
  server = 8,         // the central store answered with an error
  protocol = 9,       // bytes that do not follow docs/PROTOCOL.md
  corrupt = 10,       // a file that does not hold what it must
  newer_format = 11,  // written by a newer version; left untouched
  wrong_owner = 12,   // the store belongs to another organisation or worker
  busy = 13,          // another process holds the file longer than the busy timeout
  disk_full = 14,
  io = 15,
  closed = 16,
  cancelled = 17,
  certificate = 18,   // TLS: untrusted, expired, wrong host or pin
  internal = 19,      // a failed check: our mistake
};

std::string_view code_name(Code code);

struct Error {
  Code code = Code::internal;
  std::string message;     // plain words for a person: what happened and what to do
  std::string place;       // where in the input or in the program: JSON pointer, "collection.field", "file.cpp:12"
  bool retryable = false;  // the same call may succeed later without any change
};

inline Error make_error(Code code, std::string message, std::string place = {}) {
  const bool retryable = code == Code::network || code == Code::timeout || code == Code::busy;
  return Error{code, std::move(message), std::move(place), retryable};
}

template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}          // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}      // NOLINT: implicit by design
  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { SATCHEL_CHECK(ok()); return std::get<0>(state_); }
  const T& value() const& { SATCHEL_CHECK(ok()); return std::get<0>(state_); }
  T&& value() && { SATCHEL_CHECK(ok()); return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { SATCHEL_CHECK(!ok()); return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design
  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const { SATCHEL_CHECK(!ok()); return *error_; }

 private:
  std::optional<Error> error_;
};

// TRY(expr): return the error of a Result<...> from the enclosing function.
#define SATCHEL_TRY(expr)                                  \
  do {                                                     \
    auto satchel_try_result = (expr);                      \
    if (!satchel_try_result.ok()) return satchel_try_result.error(); \
  } while (false)

#define SATCHEL_CONCAT_(a, b) a##b
#define SATCHEL_CONCAT(a, b) SATCHEL_CONCAT_(a, b)
// ASSIGN(auto x, expr): x = the value, or return the error.
#define SATCHEL_ASSIGN(declaration, expr) \
  SATCHEL_ASSIGN_(SATCHEL_CONCAT(satchel_result_, __LINE__), declaration, expr)
#define SATCHEL_ASSIGN_(temp, declaration, expr) \
  auto temp = (expr);                            \
  if (!temp.ok()) return temp.error();           \
  declaration = std::move(temp).value()

}  // namespace satchel
