// The source tree as these tests see it: every C++ and C file that git would track, with its lines.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace satchel::layers {

struct Source {
  std::string path;  // from the root, with '/'
  std::vector<std::string> lines;
};

inline std::vector<std::string> read_lines(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline std::vector<Source> sources() {
  const std::filesystem::path root = SATCHEL_SOURCE_DIR;
  std::vector<Source> found;
  for (const char* top : {"core", "proto", "sync", "server", "platform", "demo", "tests"}) {
    if (!std::filesystem::exists(root / top)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / top)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp" && extension != ".h" && extension != ".c") continue;
      found.push_back({std::filesystem::relative(entry.path(), root).generic_string(), read_lines(entry.path())});
    }
  }
  std::sort(found.begin(), found.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
  return found;
}

}  // namespace satchel::layers
