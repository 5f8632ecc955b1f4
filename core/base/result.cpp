#include "core/base/result.hpp"

namespace satchel {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::invalid: return "invalid";
    case Code::not_found: return "not_found";
    case Code::limit: return "limit";
    case Code::permission: return "permission";
    case Code::sign_in: return "sign_in";
    case Code::network: return "network";
    case Code::timeout: return "timeout";
    case Code::server: return "server";
    case Code::protocol: return "protocol";
    case Code::corrupt: return "corrupt";
    case Code::newer_format: return "newer_format";
    case Code::wrong_owner: return "wrong_owner";
    case Code::busy: return "busy";
    case Code::disk_full: return "disk_full";
    case Code::io: return "io";
    case Code::closed: return "closed";
    case Code::cancelled: return "cancelled";
    case Code::certificate: return "certificate";
    case Code::internal: return "internal";
  }
  return "unknown";
}

BoxedError::BoxedError(Error error) : error_(new Error(std::move(error))) {}

Error* BoxedError::copy(const Error& error) { return new Error(error); }

void BoxedError::free(Error* error) noexcept { delete error; }

BoxedError make_error(Code code, std::string_view message, std::string_view place) {
  const bool retryable = code == Code::network || code == Code::timeout || code == Code::busy;
  return Error{code, std::string(message), std::string(place), retryable};
}

}  // namespace satchel
