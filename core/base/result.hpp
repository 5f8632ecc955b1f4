// What can fail from outside returns Result<T>. Our own mistakes go through check.hpp instead.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

// An error on its way up: one pointer, so that a Result is hardly larger than its value and passing an error on is a move
// (anyhow::Error of Rust is built so). Reads as the Error that it holds; nothing once it was moved from.
class BoxedError {
 public:
  BoxedError(Error error);  // NOLINT: implicit by design
  BoxedError(const BoxedError& other) : error_(other.error_ == nullptr ? nullptr : copy(*other.error_)) {}
  BoxedError(BoxedError&& other) noexcept : error_(std::exchange(other.error_, nullptr)) {}
  BoxedError& operator=(BoxedError other) noexcept {
    std::swap(error_, other.error_);
    return *this;
  }
  ~BoxedError() {
    if (error_ != nullptr) free(error_);
  }
  const Error& error() const { SATCHEL_CHECK(error_ != nullptr); return *error_; }
  operator const Error&() const { return error(); }  // NOLINT: implicit by design

 private:
  template <class>
  friend class Result;
  BoxedError() = default;  // inside a Result: there is none
  static Error* copy(const Error& error);
  static void free(Error* error) noexcept;

  Error* error_ = nullptr;
};

BoxedError make_error(Code code, std::string_view message, std::string_view place = {});

template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::in_place, std::move(value)) {}  // NOLINT: implicit by design
  Result(BoxedError error) : error_(std::move(error)) {}            // NOLINT: implicit by design
  Result(Error error) : error_(std::move(error)) {}             // NOLINT: implicit by design
  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  T& value() & { SATCHEL_CHECK(ok()); return *value_; }
  const T& value() const& { SATCHEL_CHECK(ok()); return *value_; }
  T&& value() && { SATCHEL_CHECK(ok()); return *std::move(value_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return error_.error(); }
  BoxedError boxed_error() && { return std::move(error_); }

 private:
  std::optional<T> value_;
  BoxedError error_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(BoxedError error) : error_(std::move(error)) {}  // NOLINT: implicit by design
  Result(Error error) : error_(std::move(error)) {}   // NOLINT: implicit by design
  bool ok() const { return error_.error_ == nullptr; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return error_.error(); }
  BoxedError boxed_error() && { return std::move(error_); }

 private:
  BoxedError error_;
};

// TRY(expr): return the error of a Result<...> from the enclosing function.
#define SATCHEL_TRY(expr)                                  \
  do {                                                     \
    auto satchel_try_result = (expr);                      \
    if (!satchel_try_result.ok()) return std::move(satchel_try_result).boxed_error(); \
  } while (false)

#define SATCHEL_CONCAT_(a, b) a##b
#define SATCHEL_CONCAT(a, b) SATCHEL_CONCAT_(a, b)
// ASSIGN(auto x, expr): x = the value, or return the error.
#define SATCHEL_ASSIGN(declaration, expr) \
  SATCHEL_ASSIGN_(SATCHEL_CONCAT(satchel_result_, __LINE__), declaration, expr)
#define SATCHEL_ASSIGN_(temp, declaration, expr) \
  auto temp = (expr);                            \
  if (!temp.ok()) return std::move(temp).boxed_error(); \
  declaration = std::move(temp).value()

}  // namespace satchel
