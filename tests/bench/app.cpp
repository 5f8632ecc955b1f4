#include "tests/bench/app.hpp"

namespace satchel::bench {

App::App(const std::filesystem::path& file) {
  const std::string path = file.string();
  satchel_options options = {};
  options.size = sizeof options;
  options.path = slice(path);
  options.must_exist = true;
  options.durability = SATCHEL_GROUPED;
  check(satchel_open(&options, &store_));
}

App::~App() { satchel_error_free(satchel_close(store_)); }

void App::transact(const std::string& changes) {
  satchel_buffer receipt = {};
  check(satchel_transact(store_, slice(changes), &receipt));
  satchel_buffer_free(&receipt);
}

void App::check(satchel_error* error) {
  if (error == nullptr) return;
  const std::string words = std::string(satchel_error_message(error)) + " (" + satchel_error_place(error) + ")";
  satchel_error_free(error);
  throw std::runtime_error(words);
}

}  // namespace satchel::bench
