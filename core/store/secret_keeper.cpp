#include "core/store/secret_keeper.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/base/hash.hpp"

namespace satchel::store {
namespace {

constexpr const char* heading =
    "# The secret of this device. Do not copy it, move it or put it into a backup: a store belongs to one device.\n";
constexpr size_t lines_most = 4;  // the one in use, and what a crash left behind

Error file_error(const char* what, const std::string& path) {
  const int number = errno;
  return make_error(number == ENOSPC ? Code::disk_full : Code::io,
                    std::string("The secret of this device could not be ") + what + ": " + std::strerror(number) + ".",
                    path);
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Result<Bytes> read_all(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0 && errno == ENOENT) return Bytes();
  if (file.number() < 0) return file_error("read", path);
  Bytes content;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(file.number(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("read", path);
    if (count == 0) return content;
    content.append(buffer, static_cast<size_t>(count));
  }
}

Result<> write_all(const std::string& path, BytesView content) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.number() < 0) return file_error("written", path);
  while (!content.empty()) {
    const ssize_t count = ::write(file.number(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("written", path);
    content.remove_prefix(static_cast<size_t>(count));
  }
  if (::fsync(file.number()) != 0) return file_error("written", path);
  return {};
}

Result<> sync_folder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const Descriptor opened(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.number() < 0 || ::fsync(opened.number()) != 0) return file_error("written", path);
  return {};
}

// Lines of "name secret", both in hexadecimal digits; the newest last. What is not one of them is passed over: then the
// secret is missing, which is safe.
class FileSecrets final : public SecretKeeper {
 public:
  explicit FileSecrets(std::string path) : path_(std::move(path)) {}

  Result<std::optional<Bytes>> get(std::string_view name) override {
    SATCHEL_ASSIGN(const Lines lines, read());
    for (const auto& [known, secret] : lines) {
      if (known == name) return std::optional(secret);
    }
    return std::optional<Bytes>();
  }

  Result<> put(std::string_view name, BytesView secret) override {
    SATCHEL_ASSIGN(Lines lines, read());
    std::erase_if(lines, [&](const auto& line) { return line.first == name; });
    lines.emplace_back(name, secret);
    if (lines.size() > lines_most) lines.erase(lines.begin(), lines.end() - lines_most);
    return write(lines);
  }

  Result<> remove(std::string_view name) override {
    SATCHEL_ASSIGN(Lines lines, read());
    if (std::erase_if(lines, [&](const auto& line) { return line.first == name; }) == 0) return {};
    return write(lines);
  }

 private:
  using Lines = std::vector<std::pair<std::string, Bytes>>;

  Result<Lines> read() const {
    SATCHEL_ASSIGN(const Bytes text, read_all(path_));
    Lines lines;
    for (size_t from = 0; from < text.size();) {
      const size_t end = std::min(text.find('\n', from), text.size());
      const std::string_view line = std::string_view(text).substr(from, end - from);
      from = end + 1;
      const size_t space = line.find(' ');
      Bytes secret;
      if (line.empty() || line.front() == '#' || space == std::string_view::npos) continue;
      if (from_hex(line.substr(space + 1), secret)) lines.emplace_back(line.substr(0, space), std::move(secret));
    }
    return lines;
  }

  // Never half: a new file takes the place of the old one.
  Result<> write(const Lines& lines) const {
    Bytes text = heading;
    for (const auto& [name, secret] : lines) text += name + " " + to_hex(secret) + "\n";
    const std::string beside = path_ + ".new";
    SATCHEL_TRY(write_all(beside, text));
    if (::rename(beside.c_str(), path_.c_str()) != 0) return file_error("written", path_);
    return sync_folder(path_);
  }

  const std::string path_;
};

}  // namespace

std::string secret_name(const ReplicaId& replica) { return to_hex(replica.view()); }

Bytes secret_check(const ReplicaId& replica, BytesView secret) {
  return Bytes(Hasher("satchel.replica.secret.check", secret).part(replica.view()).finish().view());
}

std::string secret_file(const std::string& store_path) { return store_path + ".not-for-backup"; }

std::unique_ptr<SecretKeeper> make_file_secrets(const std::string& store_path) {
  return std::make_unique<FileSecrets>(secret_file(store_path));
}

}  // namespace satchel::store
