// Files beside a database: whole reads, and changes that a power cut leaves whole. One code for tablet and centre, on
// Linux, Android and Apple's systems.
//
// Paths are the operating system's, sizes and offsets bytes. Every function works from any thread; of those that change
// the same path, one at a time. What fails says what it was about ("Cannot read the file: Permission denied.") with
// the path as its place: Code::not_found where there is no such file, disk_full where there is no room, else io.
//
// Durable means: there after a power cut once the call has returned. Two rules make it so.
//   A file's content is on the disk after fsync(2); on Apple's systems only after fcntl(F_FULLFSYNC), because fsync
//   there leaves it in the drive's cache (Apple, fsync(2)). A file's name is on the disk after fsync of its folder
//   (Linux, fsync(2): "For that an explicit fsync() on a file descriptor for the directory is also needed"). rename(2)
//   is atomic for other processes, and keeps order only with what was synced before it: so content, rename, folder.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace satchel {

// Owns an open file of the operating system.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  int number() const { return number_; }
  bool open() const { return number_ >= 0; }

 private:
  int number_;
};

Result<Bytes> read_file(const std::string& path);

// The file becomes `content`, whole and durable, or stays as it was. Written as `path`.new, which is renamed over it;
// what a crash left of an earlier attempt is thrown away. `secret`: only the owner may read it.
Result<> replace_file(const std::string& path, BytesView content, bool secret);

// Takes the place of `to`, whole and durable. Both on one file system.
Result<> rename_file(const std::string& from, const std::string& to);

Result<> sync_file(const std::string& path);    // its content
Result<> sync_folder(const std::string& path);  // the names in it; "" is where the program runs
std::string folder_of(const std::string& path);

// The parts of the above, for whoever writes differently. `path` names the file in errors.
Result<> write_at(const Descriptor& file, uint64_t offset, BytesView content, const std::string& path);
Result<> sync_file(const Descriptor& file, const std::string& path);
Error file_error(const char* what, const std::string& path);  // of errno: "Cannot " what ": " ...

}  // namespace satchel
