// A tablet's keystore: survives the end of the machine, is no part of the store's file, and is stopped at any of its
// steps as the disk is.
#pragma once

#include "core/store/secret_keeper.hpp"
#include "tests/support/memory_disk.hpp"

namespace satchel::sim {

class Secrets final : public store::SecretKeeper {
 public:
  explicit Secrets(support::MemoryDisk& disk) : disk_(disk) {}
  Result<std::optional<Bytes>> get(std::string_view name) override;
  Result<> put(std::string_view name, BytesView secret) override;
  Result<> remove(std::string_view name) override;

  // Its files among those of the disk: what a copy of the store's file leaves behind.
  static bool is_one(const std::string& file);

 private:
  support::MemoryDisk& disk_;
};

}  // namespace satchel::sim
