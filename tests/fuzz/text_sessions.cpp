// The bytes choose who writes what and who has seen it; the merged text must be the oracle's, in every order tried.
#include <cstdio>
#include <cstdlib>

#include "tests/text_support/session.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace satchel::text_test;
  ByteChoices choices({reinterpret_cast<const char*>(data), size});
  const uint32_t writers = 2 + choices.below(7);
  if (const auto difference = run_session(choices, {writers, 400})) {
    std::fprintf(stderr, "%s\n", difference->c_str());
    std::abort();
  }
  return 0;
}
