// satchel-compat-set DIRECTORY: what this version of Satchel leaves behind, for all later ones to read. The name of the
// directory is the format's number.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

#include "tests/compat_support/story.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: satchel-compat-set DIRECTORY, e.g. tests/compat/sets/0\n");
    return 2;
  }
  try {
    const std::filesystem::path directory(argv[1]);
    write_set(directory, satchel::compat::live_through(std::stoi(directory.filename().string())));
    std::printf("%s is made.\n", argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "satchel-compat-set: %s\n", error.what());
    return 1;
  }
  return 0;
}
