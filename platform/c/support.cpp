#include "platform/c/support.hpp"

#include <cstring>
#include <exception>
#include <new>

namespace satchel::abi {
namespace {

// Given when there is no memory for a real one; satchel_error_free leaves it alone.
satchel_error* out_of_memory() {
  static satchel_error error{{Code::internal, "No memory left.", {}, false}};  // fits in place: no allocation
  return &error;
}

}  // namespace

satchel_error* give(const Error& error) {
  try {
    return new satchel_error{error};
  } catch (...) {
    return out_of_memory();
  }
}

satchel_buffer give(std::string_view bytes) {
  char* data = new char[bytes.size() + 1];
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
  data[bytes.size()] = '\0';
  return {data, bytes.size()};
}

Error internal_error(std::string_view place) {
  return make_error(Code::internal,
                    "Satchel found a mistake of its own and stopped. What was saved is safe. Please close and open "
                    "the store again, and report the place.",
                    std::string(place));
}

Error current_exception_error() {
  try {
    throw;
  } catch (const CheckFailure& failure) {
    return internal_error(failure.what());
  } catch (const std::bad_alloc&) {
    return make_error(Code::internal, "There is not enough memory.");
  } catch (...) {
    // Its text may quote what a worker wrote.
    return internal_error("unexpected exception");
  }
}

}  // namespace satchel::abi

using satchel::abi::out_of_memory;

extern "C" {

satchel_slice satchel_text(const char* zero_terminated) {
  return {zero_terminated, zero_terminated == nullptr ? 0 : std::strlen(zero_terminated)};
}

void satchel_buffer_free(satchel_buffer* buffer) {
  if (buffer == nullptr) return;
  delete[] buffer->data;
  *buffer = {nullptr, 0};
}

const char* satchel_version(void) { return SATCHEL_VERSION; }

const char* satchel_code_name(satchel_code code) {
  return satchel::code_name(static_cast<satchel::Code>(code)).data();  // of a literal: a zero byte follows
}

satchel_code satchel_error_code(const satchel_error* error) { return static_cast<satchel_code>(error->error.code); }
const char* satchel_error_message(const satchel_error* error) { return error->error.message.c_str(); }
const char* satchel_error_place(const satchel_error* error) { return error->error.place.c_str(); }
bool satchel_error_retryable(const satchel_error* error) { return error->error.retryable; }
void satchel_error_free(satchel_error* error) {
  if (error != out_of_memory()) delete error;
}

}  // extern "C"
