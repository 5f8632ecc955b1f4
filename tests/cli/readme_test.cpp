// README.md is what a newcomer types: its own commands, taken out of the page, in three terminals.
#ifdef SATCHEL_SERVER_BINARY

#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/temporary_directory.hpp"
#include "tests/support_programs/process.hpp"

using Catch::Matchers::ContainsSubstring;
using satchel::test::Process;
using satchel::test::TemporaryDirectory;

namespace {

namespace fs = std::filesystem;
using Commands = std::vector<std::string>;

std::string content(const std::string& name) {
  std::stringstream text;
  text << std::ifstream(SATCHEL_SOURCE_DIR "/" + name).rdbuf();
  return text.str();
}

// The fenced blocks under a heading, each as its commands; a backslash at a line's end goes on with the next one.
std::vector<Commands> blocks_under(const std::string& heading) {
  std::istringstream page(content("README.md"));
  std::vector<Commands> blocks;
  bool here = false, inside = false, goes_on = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) here = line == "## " + heading;
    if (!here) continue;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.emplace_back();
      continue;
    }
    if (!inside || line.empty()) continue;
    if (goes_on) {
      blocks.back().back() += "\n" + line;
    } else {
      blocks.back().push_back(line);
    }
    goes_on = line.ends_with('\\');
  }
  return blocks;
}

class Terminal {
 public:
  explicit Terminal(const std::string& directory)
      : shell_("/bin/bash", {"-e"}, {.environment = {}, .directory = directory}) {}

  // What the command says; it must succeed.
  std::string type(const std::string& command) {
    begin(command);
    return end();
  }
  void begin(const std::string& command) {
    command_ = command;
    done_ = "[command " + std::to_string(++count_) + " is over]";
    from_ = shell_.out().size();
    shell_.write(command + "\necho '" + done_ + "'\n");
  }
  std::string end() {
    const bool over = shell_.wait_for(done_);
    INFO(command_ << "\n" << shell_.out().substr(from_) << shell_.err());
    REQUIRE(over);
    return shell_.out().substr(from_, shell_.out().find(done_) - from_);
  }
  bool wait_for(const std::string& text) { return shell_.wait_for(text); }
  void ctrl_c() { shell_.signal(SIGINT); }

 private:
  Process shell_;
  std::string command_, done_;
  size_t from_ = 0;
  int count_ = 0;
};

// A clone in which everything is built, and the centre of `./run server` beside it, on a port that is free.
class Clone {
 public:
  Clone() {
    fs::create_directories(root_.path("build/dev"));
    fs::create_directory_symlink(fs::path(SATCHEL_BINARY).parent_path(), root_.path("build/dev/bin"));
    for (const char* name : {"schema", "tools"})
      fs::create_directory_symlink(SATCHEL_SOURCE_DIR "/" + std::string(name), root_.path(name));
    // What `./run server` becomes once it has built.
    REQUIRE_THAT(content("run"), ContainsSubstring("exec tools/serve.sh build/dev/bin \"$@\""));
    server_ = std::make_unique<Process>("tools/serve.sh", Commands{"build/dev/bin", "--port", "0"},
                                        satchel::test::Surroundings{{}, root_.path()});
    for (std::string line = server_->next_error_line(); !line.empty(); line = server_->next_error_line()) {
      if (line.find("\"event\":\"listening\"") == std::string::npos) continue;
      port_ = std::to_string(nlohmann::json::parse(line)["port"].get<int>());
      return;
    }
    FAIL("the centre did not start: " << server_->out() << server_->err());
  }
  const std::string& root() const { return root_.path(); }
  Commands here(Commands commands) const {
    for (std::string& command : commands) {
      const size_t at = command.find(":8443");
      if (at != std::string::npos) command.replace(at, 5, ":" + port_);
    }
    return commands;
  }

 private:
  TemporaryDirectory root_;
  std::unique_ptr<Process> server_;
  std::string port_;
};

}  // namespace

TEST_CASE("README: two tablets and a centre by hand, every command as it stands there") {
  const auto blocks = blocks_under("Two tablets and a centre by hand");
  REQUIRE(blocks.size() == 4);
  REQUIRE(blocks[0] == Commands{"./run server"});
  const Clone clone;
  const Commands second = clone.here(blocks[1]), third = clone.here(blocks[2]), both = clone.here(blocks[3]);

  Terminal amira(clone.root());
  for (size_t i = 0; i + 1 < second.size(); ++i) amira.type(second[i]);
  REQUIRE(second.back() == "satchel sync --watch");
  amira.begin(second.back());
  REQUIRE(amira.wait_for("up to date"));

  Terminal beth(clone.root());
  for (size_t i = 0; i + 1 < third.size(); ++i) {
    const std::string said = beth.type(third[i]);
    if (third[i] == "satchel list person") CHECK_THAT(said, ContainsSubstring("Gwen Hughes"));
    if (third[i] == "satchel list visit_note") CHECK_THAT(said, ContainsSubstring("Wants to sing again."));
  }
  REQUIRE_THAT(third.back(), ContainsSubstring("amira.db list visit_note"));
  std::string on_amiras;
  do {
    REQUIRE(amira.wait_for("Something was written"));  // her watch fetched it
    on_amiras = beth.type(third.back());
  } while (on_amiras.find("Rang from the bus") == std::string::npos);
  amira.ctrl_c();
  amira.end();

  std::vector<std::string> conflicts;
  for (const std::string& command : both) {
    const std::string said = beth.type(command);
    if (command.ends_with("conflicts")) conflicts.push_back(said);
  }
  REQUIRE(conflicts.size() == 2);
  CHECK_THAT(conflicts[0], ContainsSubstring("Gwen Hughes-Parry") && ContainsSubstring("Gwendolen Hughes"));
  CHECK_THAT(conflicts[1], !ContainsSubstring("Hughes-Parry"));  // settled by Beth, gone on Amira's tablet
  CHECK_THAT(beth.type("satchel --store .run/amira.db list person"), ContainsSubstring("Gwendolen Hughes"));
}

#endif
