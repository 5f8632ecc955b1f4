// The shape of the interface: header, exported symbols, numbers.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "core/base/result.hpp"
#include "tests/c/opened.hpp"

extern "C" int satchel_life_in_c(const char* path, const char* schema);

namespace {

std::string content(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> all_matches(const std::string& text, const char* pattern) {
  std::set<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) found.insert((*it)[1]);
  return found;
}

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> part;
  while (const size_t size = std::fread(part.data(), 1, part.size(), pipe)) output.append(part.data(), size);
  REQUIRE(::pclose(pipe) == 0);
  return output;
}

const std::string folder = std::string(SATCHEL_SOURCE_DIR) + "/platform/c/";

}  // namespace

TEST_CASE("a store lives a whole life in C") {
  const test::TemporaryDirectory place;
  CHECK(satchel_life_in_c(place.path("a.db").c_str(), test::schema) == 0);
}

TEST_CASE("the library exports what the header declares and the list says, and nothing else") {
  const auto listed = all_matches(content(folder + "exports.txt"), "(?:^|\\n)(satchel_[a-z_]+)");
  const auto declared =
      all_matches(content(folder + "include/satchel.h"), "SATCHEL_API[^;{}]*?\\b(satchel_[a-z_]+)\\(");
  const auto exported = all_matches(output_of(std::string("nm -D --defined-only '") + SATCHEL_LIBRARY + "'"),
                                    "[0-9a-f]+ [A-Za-z] ([^\\s@]+)");
  CHECK(declared == listed);
  CHECK(exported == listed);
}

TEST_CASE("the error numbers of the header are those of the core") {
  const std::string header = content(folder + "include/satchel.h");
  const std::regex line("SATCHEL_([A-Z_]+) = ([0-9]+)");
  const size_t begin = header.find("typedef enum satchel_code");
  const std::string codes = header.substr(begin, header.find("} satchel_code;") - begin);
  int count = 0;
  for (std::sregex_iterator it(codes.begin(), codes.end(), line), end; it != end; ++it) {
    std::string name = (*it)[1];
    for (char& c : name) c = static_cast<char>(tolower(c));
    const auto code = static_cast<satchel_code>(std::stoi((*it)[2]));
    CHECK(name == satchel_code_name(code));
    ++count;
  }
  CHECK(count == static_cast<int>(satchel::Code::internal));
  CHECK(std::string(satchel_code_name(static_cast<satchel_code>(count + 1))) == "unknown");
}

TEST_CASE("options say their size; what a newer app asks for is refused, not ignored") {
  const test::TemporaryDirectory place;
  const std::string path = place.path("a.db");
  satchel_store* store = nullptr;
  satchel_options options = test::Opened::basic(path);
  options.size = 8;
  CHECK(test::take(satchel_open(&options, &store)).place == "size");
  CHECK(test::take(satchel_open(nullptr, &store)).code == SATCHEL_INVALID);

  const std::string nowhere;
  options = test::Opened::basic(nowhere);
  CHECK(test::take(satchel_open(&options, &store)).place == "path");

  struct Newer {
    satchel_options known;
    uint64_t more;
  } newer = {test::Opened::basic(path), 1};
  newer.known.size = sizeof newer;
  CHECK(test::take(satchel_open(&newer.known, &store)).code == SATCHEL_INVALID);
  CHECK_FALSE(std::filesystem::exists(path));
  newer.more = 0;
  test::done(satchel_open(&newer.known, &store));
  test::done(satchel_close(store));
}
