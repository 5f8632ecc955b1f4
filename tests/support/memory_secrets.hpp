// A device's keystore in memory: for stores that lie on a disk in memory, and to see what a store asks of it.
#pragma once

#include <map>

#include "core/store/secret_keeper.hpp"

namespace satchel::support {

class MemorySecrets final : public store::SecretKeeper {
 public:
  Result<std::optional<Bytes>> get(std::string_view name) override {
    if (locked) return make_error(Code::busy, "The device is locked.", "secrets");
    const auto found = kept.find(std::string(name));
    return found == kept.end() ? std::optional<Bytes>() : std::optional(found->second);
  }
  Result<> put(std::string_view name, BytesView secret) override {
    if (locked) return make_error(Code::busy, "The device is locked.", "secrets");
    kept[std::string(name)] = secret;
    return {};
  }
  Result<> remove(std::string_view name) override {
    kept.erase(std::string(name));
    return {};
  }

  std::map<std::string, Bytes> kept;
  bool locked = false;
};

}  // namespace satchel::support
