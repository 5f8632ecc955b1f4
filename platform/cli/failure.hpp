// platform/cli: the command line `satchel`, over satchel.h alone. Holds no rule of Satchel: it reads arguments, asks
// the library, prints the answer for a person or as JSON.
//
// failure: what ends a command, and the exit code that says so. Thrown inside this folder, caught in main.
#pragma once

#include <stdexcept>
#include <string>

#include "platform/c/include/satchel.h"

namespace satchel_cli {

// Documented in `satchel --help`; scripts rely on them.
enum Exit : int {
  exit_done = 0,
  exit_other = 1,        // anything without a code of its own
  exit_usage = 2,        // the command or what it was given is wrong; nothing was changed
  exit_not_found = 3,
  exit_no_right = 4,     // not allowed, or sign in again
  exit_network = 5,      // the central store was not reached or did not answer properly: try again later
  exit_certificate = 6,  // the central store's certificate is not to be trusted
  exit_damaged = 7,      // the store's file is damaged, or of a newer version
  exit_file = 8,         // the file is in use, or the disk is full or does not answer
  exit_internal = 70,    // a mistake of Satchel's own
};

class Failure : public std::runtime_error {
 public:
  Failure(satchel_code what, const std::string& message, std::string where = {}, bool again = false)
      : std::runtime_error(message), code(what), place(std::move(where)), retryable(again) {}
  satchel_code code;
  std::string place;
  bool retryable;
};

Exit exit_of(satchel_code code);
satchel_code code_of(const std::string& name);  // as satchel_code_name gives it
// On stderr: in plain words, or {"error": {...}}.
void report(const Failure& failure, bool json);

}  // namespace satchel_cli
