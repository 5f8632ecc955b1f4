// Files fit in the head, functions on a screen. Reports the largest; fails above the limits unless exceptions.txt says
// why one may be longer.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cctype>
#include <iostream>
#include <map>
#include <regex>

#include "tests/layers/sources.hpp"

namespace {

using satchel::layers::Source;

constexpr size_t most_file_lines = 500;
constexpr size_t most_function_lines = 80;

struct Span {
  std::string name;  // path, or path:first line
  size_t lines;
};

// An outermost block whose head has a parameter list is a function; namespaces and types are looked into.
std::vector<Span> functions(const Source& source) {
  static const std::regex container(R"(^\s*(template\s*<[^{]*>\s*)?(inline\s+)?(namespace|class|struct|enum|union|extern)\b)");
  std::vector<Span> found;
  std::string head;
  size_t line = 1, start = 0, depth_in_function = 0;
  for (const char c : satchel::layers::bare(source, false)) {
    if (c == '\n') ++line;
    if (depth_in_function > 0) {
      if (c == '{') ++depth_in_function;
      if (c == '}' && --depth_in_function == 0) {
        found.push_back({source.path + ":" + std::to_string(start), line - start + 1});
        head.clear();
      }
      continue;
    }
    if (c == '{' && head.find('(') != std::string::npos && !std::regex_search(head, container)) {
      depth_in_function = 1;
    } else if (c == '{' || c == '}' || c == ';') {
      head.clear();
    } else {
      if (head.find_first_not_of(" \n") == std::string::npos && !std::isspace(static_cast<unsigned char>(c))) start = line;
      head += c;
    }
  }
  return found;
}

std::vector<std::string> excepted() {
  std::vector<std::string> names;
  for (const auto& line : satchel::layers::read_lines(std::string(SATCHEL_SOURCE_DIR) + "/tests/layers/exceptions.txt")) {
    if (line.empty() || line[0] == '#') continue;
    const auto space = line.find(' ');
    REQUIRE(space != std::string::npos);  // an exception gives its reason
    names.push_back(line.substr(0, space));
  }
  return names;
}

void report_and_check(const char* what, std::vector<Span> spans, size_t most) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.lines > b.lines; });
  const auto allowed = excepted();
  std::cout << "largest " << what << ":\n";
  for (size_t i = 0; i < std::min<size_t>(5, spans.size()); ++i)
    std::cout << "  " << spans[i].lines << " " << spans[i].name << "\n";
  for (const auto& span : spans) {
    if (span.lines <= most) break;
    const std::string file = span.name.substr(0, span.name.find(':'));
    const bool is_excepted = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& name) {
      return name == span.name || name == file;
    });
    INFO(span.name << " has " << span.lines << " lines; at most " << most);
    CHECK(is_excepted);
  }
}

}  // namespace

TEST_CASE("files stay below 500 lines") {
  std::vector<Span> files;
  for (const auto& source : satchel::layers::sources()) files.push_back({source.path, source.lines.size()});
  REQUIRE(files.size() > 50);
  report_and_check("files", files, most_file_lines);
}

TEST_CASE("functions stay below 80 lines") {
  std::vector<Span> all;
  for (const auto& source : satchel::layers::sources()) {
    const auto here = functions(source);
    all.insert(all.end(), here.begin(), here.end());
  }
  REQUIRE(all.size() > 100);
  report_and_check("functions", all, most_function_lines);
}

TEST_CASE("the function counter sees where a function begins and ends") {
  const Source sample{"sample.cpp",
                      {"namespace a {", "// f() {", "struct S {", "  int g() {", "    return 1;", "  }", "};", "void h(int x)",
                       "{", "  if (x) { }", "  const char* s = \"}\";", "}", "}"}};
  const auto found = functions(sample);
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "sample.cpp:4");
  CHECK(found[0].lines == 3);
  CHECK(found[1].name == "sample.cpp:8");
  CHECK(found[1].lines == 5);
}
