#include "core/store/secret_keeper.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/files.hpp"
#include "core/base/hash.hpp"

namespace satchel::store {
namespace {

constexpr const char* heading =
    "# The secret of this device. Do not copy it, move it or put it into a backup: a store belongs to one device.\n";
constexpr size_t lines_most = 4;  // the one in use, and what a crash left behind

Error of_the_secret(const Error& error, const char* what) {
  return make_error(error.code, std::string("The secret of this device could not be ") + what + ". " + error.message,
                    error.place);
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
    const auto text = read_file(path_);
    if (!text.ok() && text.error().code == Code::not_found) return Lines();
    if (!text.ok()) return of_the_secret(text.error(), "read");
    Lines lines;
    for (size_t from = 0; from < text->size();) {
      const size_t end = std::min(text->find('\n', from), text->size());
      const std::string_view line = std::string_view(*text).substr(from, end - from);
      from = end + 1;
      const size_t space = line.find(' ');
      Bytes secret;
      if (line.empty() || line.front() == '#' || space == std::string_view::npos) continue;
      if (from_hex(line.substr(space + 1), secret)) lines.emplace_back(line.substr(0, space), std::move(secret));
    }
    return lines;
  }

  Result<> write(const Lines& lines) const {
    Bytes text = heading;
    for (const auto& [name, secret] : lines) text += name + " " + to_hex(secret) + "\n";
    const Result<> replaced = replace_file(path_, text, true);
    if (!replaced.ok()) return of_the_secret(replaced.error(), "written");
    return {};
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
