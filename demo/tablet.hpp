// A tablet of the demo: satchel.h and nothing else, as an app would use it.
#pragma once

#include <satchel.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace satchel::demo {

struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct TabletSettings {
  std::string worker, token, schema;
  uint16_t port = 0;
  std::filesystem::path file, ca_file;
};

class Tablet {
 public:
  explicit Tablet(TabletSettings settings);
  ~Tablet();
  Tablet(const Tablet&) = delete;

  nlohmann::json transact(const nlohmann::json& changes);      // throws Failed with the plain message
  nlohmann::json read(const std::string& collection, const std::string& record) const;
  nlohmann::json query(const nlohmann::json& query) const;
  nlohmann::json conflicts() const;
  nlohmann::json settle(const nlohmann::json& decision);  // throws Failed with the plain message
  nlohmann::json history(const std::string& collection, const std::string& record, const std::string& field) const;
  nlohmann::json scopes() const;
  nlohmann::json status() const;
  void keep_history(const std::string& scope);  // from now on; the next sync fetches what is older
  void verify() const;
  // "" when all was sent and fetched, else the message that an app would show.
  std::string sync();
  const std::string& worker() const { return settings_.worker; }

 private:
  TabletSettings settings_;
  satchel_store* store_ = nullptr;
};

}  // namespace satchel::demo
