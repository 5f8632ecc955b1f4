// Checks of our own invariants, in every build type. A failed check throws CheckFailure, which is caught in exactly
// one place per handle (the database or server handle's guard): the handle ends with Code::internal and the place,
// the app goes on. It is the only exception that may cross a folder boundary. Never check what comes from outside.
#pragma once

#include <stdexcept>
#include <string>

namespace satchel {

class CheckFailure : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

#define SATCHEL_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::satchel::check_failed(#condition, __FILE__, __LINE__))

}  // namespace satchel
