// satchel codegen, as a build runs it.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_directory.hpp"
#include "tests/support/text.hpp"
#include "tests/support_programs/process.hpp"

using satchel::test::has;
using satchel::test::Outcome;
using satchel::test::Process;
using satchel::test::TemporaryDirectory;

namespace {

const std::string domain = SATCHEL_SOURCE_DIR "/schema/satchel-domain.json";

Outcome codegen(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "codegen");
  return Process(SATCHEL_BINARY, arguments).finish();
}

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a file that would be written as it stands is left alone, so that nothing is built anew") {
  const TemporaryDirectory place;
  const std::string out = place.path("Care.kt");
  const std::vector<std::string> command = {"kotlin", "--schema", domain, "--package", "org.example.care", "--output", out};
  REQUIRE(codegen(command).code == 0);
  CHECK(has(content(out), "package org.example.care\n"));
  CHECK(has(content(out), "public data class VisitNote("));
  const auto before = std::filesystem::last_write_time(out) - std::chrono::hours(1);
  std::filesystem::last_write_time(out, before);
  REQUIRE(codegen(command).code == 0);
  CHECK(std::filesystem::last_write_time(out) == before);
}

TEST_CASE("a schema with a mistake is refused where it stands, and nothing is written") {
  const TemporaryDirectory place;
  std::ofstream(place.path("wrong.json")) << R"({"version": 1, "scopes": {"self": {}}, "collections": {"note":
    {"scopes": ["self"], "fields": {"title": {"kind": "registr", "type": "text"}}}}})";
  const Outcome outcome = codegen({"cpp", "--schema", place.path("wrong.json"), "--output", place.path("out.hpp")});
  CHECK(outcome.code == 2);
  CHECK(has(outcome.err, "\"registr\" is not a kind"));
  CHECK(has(outcome.err, "/collections/note/fields/title/kind"));
  CHECK_FALSE(std::filesystem::exists(place.path("out.hpp")));
}

TEST_CASE("a language, package or file that cannot be is refused in plain words") {
  const TemporaryDirectory place;
  CHECK(has(codegen({"cobol", "--schema", domain}).err, "cobol"));
  CHECK(has(codegen({"kotlin", "--schema", domain, "--package", "2nd;"}).err, "\"2nd;\" cannot be a package of kotlin."));
  CHECK(has(codegen({"cpp", "--schema", place.path("none.json")}).err, "none.json"));
  const Outcome nowhere = codegen({"cpp", "--schema", domain, "--output", place.path("no/folder/out.hpp")});
  CHECK(nowhere.code == 8);
  CHECK(has(nowhere.err, "Cannot write"));
}
