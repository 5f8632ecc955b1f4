// How these tests open a database.
#pragma once

#include <string>

#include "core/sqlite/database.hpp"
#include "tests/support/store_key.hpp"
#include "tests/support/temporary_directory.hpp"

using satchel::test::TemporaryDirectory;

inline satchel::sqlite::Database open(const std::string& path, int64_t busy_ms = 10'000) {
  satchel::sqlite::OpenOptions options = satchel::test::raw_file(path);
  options.busy_timeout_ms = busy_ms;
  return satchel::sqlite::Database::open(options).value();
}
