// Where the secret of a replica lies: on this device, outside the store's file, so that no copy and no backup of the file
// carries it (DESIGN §1, "replica"). The centre binds a replica id to its secret; the store's file holds a hash to
// recognise the secret by, never the secret.
//
//   secret there, and the one of the store's replica id -> the store goes on
//   none, or another one  -> this file came from somewhere else or from an earlier day: a new replica id is drawn
//   the keeper cannot tell now (locked, unreadable)     -> the store is not opened; nothing is concluded from it
//
// One keeper serves one store, of which several processes may have one each. put and remove are only called inside a
// write transaction of the store, so never by two of them at once. At most one secret in use and the one before it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/ids.hpp"
#include "core/base/result.hpp"

namespace satchel::store {

inline constexpr size_t secret_bytes = 32;

class SecretKeeper {
 public:
  virtual ~SecretKeeper() = default;
  // Empty: none is kept under this name.
  virtual Result<std::optional<Bytes>> get(std::string_view name) = 0;
  virtual Result<> put(std::string_view name, BytesView secret) = 0;  // survives a power cut when it returns
  virtual Result<> remove(std::string_view name) = 0;                 // also when there is none
};

// The name under which a replica's secret is kept, and how the store's file recognises it. The hash is not what proves
// the secret to the centre.
std::string secret_name(const ReplicaId& replica);
Bytes secret_check(const ReplicaId& replica, BytesView secret);

// The file of its own in which the secret lies when the app brings no keeper: readable by its owner only, and excluded
// from backups by its name.
std::string secret_file(const std::string& store_path);
std::unique_ptr<SecretKeeper> make_file_secrets(const std::string& store_path);

}  // namespace satchel::store
