// Runs a fuzz target without libFuzzer: on the files and the folders of files that are named, and on made-up inputs.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "core/base/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

// How many files it was run on.
int run_all(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return 0;
    run({std::istreambuf_iterator<char>(in), {}});
    return 1;
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path)) files += run_all(entry.path());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (run_all(argv[i]) > 0) continue;
    std::cerr << argv[i] << ": nothing to run on\n";
    return 1;
  }
  satchel::SeededRandom random(1);
  for (int i = 0; i < 100; ++i) {
    std::string input(random.below(300), '\0');
    random.fill(input.data(), input.size());
    run(input);
  }
  std::cout << "no difference\n";
  return 0;
}
