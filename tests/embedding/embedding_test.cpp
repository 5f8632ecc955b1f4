// docs/EMBEDDING.md: what it shows is what is there, and its first note in C arrives.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/temporary_directory.hpp"
#include "tests/support_programs/server_process.hpp"

using satchel::test::Outcome;
using satchel::test::TemporaryDirectory;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(SATCHEL_SOURCE_DIR "/" + path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// The blocks of the page in that language.
std::vector<std::string> blocks(const std::string& page, const std::string& language) {
  std::vector<std::string> found;
  const std::string fence = "\n```" + language + "\n";
  for (size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at + 1)) {
    const size_t from = at + fence.size();
    found.push_back(page.substr(from, page.find("\n```", from) - from));
  }
  return found;
}

// As it stands there, at any depth of indentation.
std::string flat(const std::string& code) { return std::regex_replace(code, std::regex("\n *"), "\n"); }

}  // namespace

TEST_CASE("every piece of code in docs/EMBEDDING.md stands in a program that tests run") {
  const std::string page = text_of("docs/EMBEDDING.md");
  const std::string tests = "platform/android/src/test/kotlin/org/satchel/";
  std::string kotlin, swift;
  for (const std::string file : {"examples/kotlin/FirstNote.kt", "examples/kotlin/Morning.kt"}) kotlin += flat(text_of(file));
  kotlin += flat(text_of(tests + "EmbeddingTest.kt"));
  for (const std::string file : {"FirstNote/FirstNote.swift", "Morning/Morning.swift"}) {
    swift += flat(text_of("examples/swift/Sources/" + file));
  }
  swift += flat(text_of("platform/apple/Tests/SatchelTests/EmbeddingTests.swift"));
  const auto all_stand = [&](const char* language, const std::string& programs, size_t least) {
    const auto pieces = blocks(page, language);
    CHECK(pieces.size() >= least);
    for (const std::string& piece : pieces) {
      INFO(piece);
      CHECK(programs.find(flat(piece)) != std::string::npos);
    }
  };
  all_stand("kotlin", kotlin, 6);
  all_stand("swift", swift, 4);
  all_stand("c", flat(text_of("examples/c/first_note.c")), 1);
}

TEST_CASE("docs/EMBEDDING.md explains every error code of the header") {
  const std::string header = text_of("platform/c/include/satchel.h"), page = text_of("docs/EMBEDDING.md");
  const std::regex code("SATCHEL_([A-Z_]+) = [1-9][0-9]*,? +/\\*|SATCHEL_([A-Z_]+) = [1-9][0-9]*,?\n");
  const std::string list = header.substr(header.find("typedef enum satchel_code"), 2000);
  const std::string codes = list.substr(0, list.find("} satchel_code;"));
  size_t seen = 0;
  for (std::sregex_iterator at(codes.begin(), codes.end(), code), end; at != end; ++at, ++seen) {
    std::string name = (*at)[1].matched ? (*at)[1].str() : (*at)[2].str();
    for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    INFO(name);
    CHECK(page.find("| `" + name + "` |") != std::string::npos);
  }
  CHECK(seen == 19);
}

TEST_CASE("the first note in C arrives at the centre, by the steps of docs/EMBEDDING.md") {
  const TemporaryDirectory folder;
  const std::string data = folder.path("centre");
  const auto operate = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--data", data});
    const Outcome outcome = satchel::test::run_server(arguments);
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.code == 0);
    return outcome.out;
  };
  operate({"init", "--org", "north"});
  satchel::test::ServerProcess serving({"--data", data});
  operate({"grant", "--worker", "amira", "--role", "writer", "--kind", "case", "--label", "Mrs Hughes"});
  std::ofstream(folder.path("amira.token")) << operate({"token", "--worker", "amira"});
  const Outcome note = satchel::test::run(
      SATCHEL_FIRST_NOTE, {"https://localhost:" + std::to_string(serving.port()), data + "/tls/authority.pem",
                           folder.path("amira.token"), SATCHEL_SOURCE_DIR "/schema/satchel-domain.json", folder.path("first.db")});
  INFO(note.err);
  CHECK(note.code == 0);
  CHECK(note.out.find("\"unsent\":0") != std::string::npos);
}
