// The source tree as these tests see it: every C++ and C file that git would track, with its lines.
#pragma once

#include <algorithm>
#include <cctype>
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

// The text without comments and strings, and if not wanted without lines of the preprocessor; line breaks stay.
inline std::string bare(const Source& source, bool preprocessor_lines) {
  std::string out;
  bool block = false;
  for (const auto& line : source.lines) {
    const bool left_out = !preprocessor_lines && !line.empty() && line.find_first_not_of(' ') != std::string::npos &&
                          line[line.find_first_not_of(' ')] == '#';
    for (size_t i = 0; i < line.size() && !left_out; ++i) {
      if (block) {
        if (line.compare(i, 2, "*/") == 0) block = false, ++i;
      } else if (line.compare(i, 2, "/*") == 0) {
        block = true, ++i;
      } else if (line.compare(i, 2, "//") == 0) {
        break;
      } else if (line[i] == '"' || (line[i] == '\'' && (i == 0 || !std::isalnum(static_cast<unsigned char>(line[i - 1]))))) {
        const char quote = line[i];
        for (++i; i < line.size() && line[i] != quote; ++i) i += line[i] == '\\';
      } else {
        out += line[i];
      }
    }
    out += '\n';
  }
  return out;
}

}  // namespace satchel::layers
