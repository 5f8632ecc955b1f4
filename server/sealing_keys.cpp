#include "server/sealing_keys.hpp"

#include <algorithm>

#include "core/base/hash.hpp"
#include "core/base/sealed_box.hpp"

namespace satchel::server {
namespace {

constexpr size_t id_bytes = 8;
constexpr const char* heading = "# Opens what tablets sealed. The first key is handed out, the others only open.\n";

Result<SealingKeys::Key> key_of(Bytes private_half) {
  SealingKeys::Key key;
  SATCHEL_ASSIGN(key.public_half, sealed_box::public_half(private_half));
  key.id = Hasher("satchel.sealing.key").part(key.public_half).finish().view().substr(0, id_bytes);
  key.private_half = std::move(private_half);
  return key;
}

Result<SealingKeys::Key> draw(Random& random) {
  Bytes fresh(sealed_box::key_bytes, '\0');
  random.fill(fresh.data(), fresh.size());
  return key_of(std::move(fresh));
}

Result<std::vector<SealingKeys::Key>> read_keys(Files& files, const std::string& path) {
  SATCHEL_ASSIGN(const Bytes text, files.read(path));
  std::vector<SealingKeys::Key> keys;
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    const std::string_view line = std::string_view(text).substr(from, end - from);
    from = end + 1;
    if (line.empty() || line.front() == '#') continue;
    Bytes private_half;
    if (!from_hex(line, private_half) || private_half.size() != sealed_box::key_bytes) {
      return make_error(Code::corrupt, "A line of the sealing keys is not 64 hexadecimal digits.", path);
    }
    SATCHEL_ASSIGN(SealingKeys::Key key, key_of(std::move(private_half)));
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return make_error(Code::corrupt, "The file of the sealing keys holds no key.", path);
  return keys;
}

Result<> write_keys(Files& files, const std::string& path, const std::vector<SealingKeys::Key>& keys) {
  Bytes text = heading;
  for (const auto& key : keys) text += to_hex(key.private_half) + "\n";
  return files.replace(path, text, true);
}

}  // namespace

std::string SealingKeys::path(const std::string& directory) { return directory + "/sealing.key"; }

Result<SealingKeys> SealingKeys::load(Files& files, const std::string& directory, bool may_create, Random& random) {
  const std::string file = path(directory);
  if (!files.exists(file)) {
    if (!may_create) {
      return make_error(
          Code::not_found,
          "The sealing key is missing. Tablets hold work of cases that left them, and only this key opens "
          "it: put the file back, or make a new one with \"satchel-server renew-sealing-key\".",
          file);
    }
    SATCHEL_TRY(files.make_directory(directory));
    SATCHEL_TRY(renew(files, directory, random));
  }
  SATCHEL_ASSIGN(auto keys, read_keys(files, file));
  return SealingKeys(std::move(keys));
}

Result<SealingKeys::Key> SealingKeys::renew(Files& files, const std::string& directory, Random& random) {
  std::vector<Key> keys;
  if (files.exists(path(directory))) {
    SATCHEL_ASSIGN(keys, read_keys(files, path(directory)));
  }
  SATCHEL_ASSIGN(Key fresh, draw(random));
  keys.insert(keys.begin(), fresh);
  SATCHEL_TRY(write_keys(files, path(directory), keys));
  return fresh;
}

const SealingKeys::Key* SealingKeys::find(BytesView id) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == id; });
  return found == keys_.end() ? nullptr : &*found;
}

Result<Bytes> SealingKeys::open(BytesView id, BytesView sealed) const {
  const Key* key = find(id);
  if (key == nullptr) return make_error(Code::not_found, "The key that opens this is not at the central store.");
  return sealed_box::open(key->private_half, sealed);
}

}  // namespace satchel::server
