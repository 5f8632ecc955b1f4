// A store as an app has it: through satchel.h. Beside another handle on the same file, as another process would be.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "platform/c/include/satchel.h"
#include "tests/bench/must.hpp"

namespace satchel::bench {

class App {
 public:
  // Of a file that is there.
  explicit App(const std::filesystem::path& file);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  satchel_store* store() const { return store_; }
  void transact(const std::string& changes);
  static void check(satchel_error* error);  // throws what it says

 private:
  satchel_store* store_ = nullptr;
};

inline satchel_slice slice(const std::string& text) { return {text.data(), text.size()}; }

}  // namespace satchel::bench
