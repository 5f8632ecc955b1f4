// Tells that a file was written to, by whichever process, without looking at it again and again: a timer that finds
// nothing would wake a device thousands of times an hour. By inotify, which Linux and Android have.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace satchel {

class FileWatch {
 public:
  // When to look after a write: most transactions are done by the first, those that a slow disk holds up by the second.
  static constexpr int64_t first_look_ms = 50, second_look_ms = 1'000;

  virtual ~FileWatch() = default;  // no call afterwards

  // `on_write` is called on a thread of its own, soon after a write; several writes may be one call, and a write that was
  // under way when it is called may not be readable yet. Null: this system does not tell, or there is no such file.
  static std::unique_ptr<FileWatch> start(const std::string& path, std::function<void()> on_write);
};

}  // namespace satchel
