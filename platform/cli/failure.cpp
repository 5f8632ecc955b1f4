#include "platform/cli/failure.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

namespace satchel_cli {

Exit exit_of(satchel_code code) {
  switch (code) {
    case SATCHEL_INVALID:
    case SATCHEL_LIMIT: return exit_usage;
    case SATCHEL_NOT_FOUND: return exit_not_found;
    case SATCHEL_PERMISSION:
    case SATCHEL_SIGN_IN:
    case SATCHEL_WRONG_OWNER: return exit_no_right;
    case SATCHEL_NETWORK:
    case SATCHEL_TIMEOUT:
    case SATCHEL_SERVER:
    case SATCHEL_PROTOCOL: return exit_network;
    case SATCHEL_CERTIFICATE: return exit_certificate;
    case SATCHEL_CORRUPT:
    case SATCHEL_NEWER_FORMAT: return exit_damaged;
    case SATCHEL_BUSY:
    case SATCHEL_DISK_FULL:
    case SATCHEL_IO: return exit_file;
    case SATCHEL_INTERNAL: return exit_internal;
    case SATCHEL_CLOSED:
    case SATCHEL_CANCELLED: return exit_other;
  }
  return exit_other;
}

satchel_code code_of(const std::string& name) {
  for (int code = SATCHEL_INVALID; code < SATCHEL_INTERNAL; ++code) {
    if (name == satchel_code_name(static_cast<satchel_code>(code))) return static_cast<satchel_code>(code);
  }
  return SATCHEL_INTERNAL;
}

void report(const Failure& failure, bool json) {
  if (json) {
    const nlohmann::json error = {{"code", static_cast<int>(failure.code)},
                                  {"name", satchel_code_name(failure.code)},
                                  {"message", failure.what()},
                                  {"place", failure.place},
                                  {"retryable", failure.retryable}};
    std::cerr << nlohmann::json{{"error", error}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return;
  }
  std::cerr << "satchel: " << failure.what();
  if (!failure.place.empty()) std::cerr << " [" << failure.place << "]";
  std::cerr << '\n';
}

}  // namespace satchel_cli
