// A folder that goes with the test.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/ids.hpp"
#include "core/base/random.hpp"
#include "core/sqlite/database.hpp"

class Scratch {
 public:
  Scratch() {
    satchel::SystemRandom random;
    folder_ = std::filesystem::temp_directory_path() / ("satchel-" + satchel::uuid_text(satchel::random_128(random)));
    std::filesystem::create_directories(folder_);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string file(const char* name = "a.db") const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

inline satchel::sqlite::Database open(const std::string& path, int64_t busy_ms = 10'000) {
  satchel::sqlite::OpenOptions options;
  options.path = path;
  options.busy_timeout_ms = busy_ms;
  return satchel::sqlite::Database::open(options).value();
}
