#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "core/base/files.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace satchel;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

Code code_of(const Result<>& result) {
  REQUIRE_FALSE(result.ok());
  return result.error().code;
}

}  // namespace

TEST_CASE("a file that is replaced is the new one whole, and nothing lies beside it") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path("keys");
  const std::string large(300'000, 'x');
  REQUIRE(replace_file(path, large, true).ok());
  CHECK(*read_file(path) == large);
  REQUIRE(replace_file(path, "short", true).ok());
  CHECK(*read_file(path) == "short");
  CHECK(mode_of(path) == 0600);
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_CASE("a secret is nobody else's to read, also where an earlier attempt was cut short") {
  const test::TemporaryDirectory directory;
  directory.write("secret.new", "half of something that all may read, and longer than what comes");
  std::filesystem::permissions(directory.path("secret.new"), std::filesystem::perms::all);
  REQUIRE(replace_file(directory.path("secret"), "hidden", true).ok());
  CHECK(mode_of(directory.path("secret")) == 0600);
  CHECK(directory.read("secret") == "hidden");
}

TEST_CASE("what cannot be replaced stays as it was, and the attempt is cleared away") {
  const test::TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path("taken"));
  directory.write("taken/inside", "still here");
  CHECK(code_of(replace_file(directory.path("taken"), "content", false)) == Code::io);
  CHECK(directory.read("taken/inside") == "still here");
  CHECK_FALSE(std::filesystem::exists(directory.path("taken.new")));
}

TEST_CASE("a file error says what could not be done, to which file") {
  const test::TemporaryDirectory directory;
  const std::string nowhere = directory.path("no folder") + "/file";
  const auto missing = read_file(nowhere);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == Code::not_found);
  CHECK(missing.error().message == "Cannot read the file: No such file or directory.");
  CHECK(missing.error().place == nowhere);
  CHECK(code_of(replace_file(nowhere, "", false)) == Code::not_found);
  CHECK(code_of(rename_file(nowhere, directory.path("a"))) == Code::not_found);
  CHECK(code_of(sync_file(nowhere)) == Code::not_found);
  CHECK(code_of(sync_folder(directory.path("no folder"))) == Code::not_found);
  CHECK_FALSE(read_file(directory.path()).ok());  // a folder is no file
}

TEST_CASE("a full disk is told apart from one that fails") {
  if (!std::filesystem::exists("/dev/full")) SKIP("no /dev/full here");
  const auto opened = Descriptor(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(opened.open());
  CHECK(code_of(write_at(opened, 0, "content", "/dev/full")) == Code::disk_full);
}

TEST_CASE("a file that is renamed takes the place of another, also from another folder") {
  const test::TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path("below"));
  directory.write("below/new", "new");
  directory.write("old", "old");
  REQUIRE(rename_file(directory.path("below/new"), directory.path("old")).ok());
  CHECK(directory.read("old") == "new");
  CHECK_FALSE(std::filesystem::exists(directory.path("below/new")));
}
