// What the commands need of a configured centre: its schema, its admin handle, the lock that says who serves it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/files.hpp"
#include "core/base/logger.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "server/admin.hpp"
#include "server/main/commands.hpp"
#include "server/main/config.hpp"

namespace satchel::server::cli {

// Code::invalid; the message names the file and the JSON pointer in it.
Result<model::Schema> load_schema(const Config& config);

// Configuration and admin handle of one command. Borrow nothing beyond it.
class Operator {
 public:
  static Result<std::unique_ptr<Operator>> open(const Common& common);
  Admin& admin() { return *admin_; }
  const Config& config() const { return config_; }
  const Clock& clock() const { return clock_; }
  // --org or the configuration's; Code::invalid when neither names one.
  Result<std::string> organisation() const;

 private:
  Operator() = default;
  Common common_;
  Config config_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<Admin> admin_;
};

// Held by the one process that serves a data directory. Gone with its process, however that ends.
class ServingLock {
 public:
  // Code::busy when another process holds it.
  static Result<ServingLock> take(const std::string& data_dir);

 private:
  explicit ServingLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace satchel::server::cli
