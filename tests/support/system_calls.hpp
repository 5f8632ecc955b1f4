// What SQLite asks of the operating system to change files, seen and counted: it lets each call be replaced by name
// (sqlite3_vfs::xSetSystemCall). One at a time in a process, for connections of this thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace satchel::support {

class SystemCalls {
 public:
  // `on_change` comes before each write, truncation and removal, with what is to be written (else nothing).
  using OnChange = std::function<void(std::string_view bytes)>;
  explicit SystemCalls(OnChange on_change);
  ~SystemCalls();
  SystemCalls(const SystemCalls&) = delete;
  SystemCalls& operator=(const SystemCalls&) = delete;
};

}  // namespace satchel::support
