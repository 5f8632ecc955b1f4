#include "server/http/json_logger.hpp"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/temporary_directory.hpp"

using namespace satchel;
using satchel::test::TemporaryDirectory;
using satchel::server::http::JsonLogger;

TEST_CASE("a log line is one JSON object with numbers as numbers, whatever is in it") {
  const TemporaryDirectory directory;
  const ManualClock clock(1'790'000'000'000);
  auto logger = JsonLogger::open(directory.path("log"), LogLevel::info, clock).value();
  logger->log(LogLevel::debug, "too_quiet", {});
  logger->log(LogLevel::info, "request", {{"status", "200"}, {"replica", "007"}, {"what", "a \"quote\"\n\xff end"}});
  const std::string text = directory.read("log");
  REQUIRE(std::count(text.begin(), text.end(), '\n') == 1);
  const auto line = nlohmann::json::parse(text);
  CHECK(line["at"] == format_instant(1'790'000'000'000));
  CHECK(line["level"] == "info");
  CHECK(line["event"] == "request");
  CHECK(line["status"] == 200);
  CHECK(line["replica"] == "007");
  CHECK(line["what"].get<std::string>().substr(0, 10) == "a \"quote\"\n");
}

TEST_CASE("after a rotation the log goes on in a new file") {
  const TemporaryDirectory directory;
  const ManualClock clock;
  auto logger = JsonLogger::open(directory.path("log"), LogLevel::info, clock).value();
  logger->log(LogLevel::info, "before", {});
  std::filesystem::rename(directory.path("log"), directory.path("log.1"));
  REQUIRE(logger->reopen().ok());
  logger->log(LogLevel::info, "after", {});
  CHECK(directory.read("log.1").find("before") != std::string::npos);
  CHECK(directory.read("log").find("after") != std::string::npos);
}

TEST_CASE("a log file that cannot be opened is named") {
  const ManualClock clock;
  const auto opened = JsonLogger::open("/nowhere/at/all/log", LogLevel::info, clock);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().place == "/nowhere/at/all/log");
}
