// The command line on one store, as a person would run it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temporary_directory.hpp"
#include "tests/support_programs/process.hpp"

namespace satchel::cli_test {

using test::Environment;
using test::Outcome;
using test::Process;
using test::TemporaryDirectory;

class Tablet {
 public:
  explicit Tablet(std::string store) : store_(std::move(store)) {}
  std::vector<std::string> arguments(std::vector<std::string> more) const;
  Outcome run(std::vector<std::string> more, const Environment& environment = {}) const;
  nlohmann::json json(std::vector<std::string> more) const;  // with --json; must exit with 0
  const std::string& store() const { return store_; }

 private:
  std::string store_;
};

// Papers of one's own, no scope that only the centre opens: for tests without a centre.
std::string write_schema(const TemporaryDirectory& folder);
Tablet make_tablet(const TemporaryDirectory& folder, const std::string& name = "a.db");

}  // namespace satchel::cli_test
