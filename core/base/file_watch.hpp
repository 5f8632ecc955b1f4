// Tells that a file was written to, by whichever process, without looking at it again and again: a timer that finds
// nothing would wake a device thousands of times an hour. By inotify, which Linux and Android have.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace satchel {

class FileWatch {
 public:
  virtual ~FileWatch() = default;  // no call afterwards

  // `on_write` is called on a thread of its own, soon after a write; several writes may be one call, and a write that was
  // under way when it is called may not be readable yet. Null: this system does not tell, or there is no such file.
  static std::unique_ptr<FileWatch> start(const std::string& path, std::function<void()> on_write);
};

}  // namespace satchel
