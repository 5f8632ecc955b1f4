// Runs a fuzz target without libFuzzer: on each file that is named, or on made-up inputs.
#include <cstdint>
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

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    run({std::istreambuf_iterator<char>(in), {}});
  }
  satchel::SeededRandom random(1);
  for (int i = 0; argc == 1 && i < 100; ++i) {
    std::string input(random.below(300), '\0');
    random.fill(input.data(), input.size());
    run(input);
  }
  std::cout << "no difference\n";
  return 0;
}
