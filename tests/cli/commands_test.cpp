#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>

#include "tests/cli/tablet.hpp"
#include "tests/support/text.hpp"

using nlohmann::json;
using satchel::test::Environment;
using satchel::test::has;
using satchel::test::TemporaryDirectory;
using satchel::test::Outcome;
using satchel::cli_test::make_tablet;
using satchel::cli_test::Tablet;

namespace {

std::string create(const Tablet& tablet, std::vector<std::string> fields) {
  std::vector<std::string> command = {"create", "note", "--open", "self"};
  command.insert(command.end(), fields.begin(), fields.end());
  return tablet.json(command)["records"][0];
}

json fields_of(const Tablet& tablet, const std::string& id) {
  return tablet.json({"show", "note", id})["record"]["fields"];
}

}  // namespace

TEST_CASE("a person sends a text in, and the record and its history say so") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const std::string id = create(tablet, {"title=Visit", "report=Rang at ten."});
  CHECK(has(tablet.run({"submit", "note", id, "report"}).out, "sent in note " + id));
  CHECK(has(tablet.run({"show", "note", id}).out, "report was sent in by anna"));
  CHECK(has(tablet.run({"history", "note", id, "report"}).out, "(sent in)"));
  const Outcome again = tablet.run({"set", "note", id, "report=More."});
  CHECK(again.code != 0);
  CHECK(has(again.err, "This was sent in by anna"));
  CHECK(tablet.run({"create", "note", "--open", "self", "amends=note/" + id, "report=He called back."}).code == 0);
}

TEST_CASE("a person writes, changes and finds a note") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const std::string id =
      create(tablet, {"title=Visit", "tags=money", "tags=housing", "phones:=[{\"number\": \"0131\"}]", "due=2026-12-01"});
  CHECK(fields_of(tablet, id)["tags"] == json({"housing", "money"}));
  CHECK(tablet.run({"set", "note", id, "title=Second", "due:=null"}).code == 0);
  CHECK(tablet.run({"add", "note", id, "tags", "food"}).code == 0);
  CHECK(tablet.run({"add", "note", id, "phones", "number=0132", "use=work"}).code == 0);
  CHECK(tablet.run({"remove", "note", id, "tags", "--value", "money"}).code == 0);
  const std::string phone = fields_of(tablet, id)["phones"][0]["id"];
  CHECK(tablet.run({"remove", "note", id, "phones", phone}).code == 0);
  const json fields = fields_of(tablet, id);
  CHECK(fields["title"] == "Second");
  CHECK(fields["due"].is_null());
  CHECK(fields["tags"] == json({"food", "housing"}));
  CHECK(fields["phones"].size() == 1);

  const Outcome shown = tablet.run({"show", "note", id});
  CHECK(has(shown.out, "Second"));
  CHECK(has(shown.out, "not yet at base"));
  CHECK(has(tablet.run({"list", "note"}).out, id));
  CHECK(tablet.run({"list", "note", "--where", "title^=sec", "--count"}).out == "1\n");
  CHECK(tablet.run({"void", "note", id}).code == 0);
  CHECK(tablet.run({"list", "note"}).out.empty());
  CHECK(has(tablet.run({"list", "note", "--voided"}).out, "put away"));
  CHECK(tablet.run({"restore", "note", id}).code == 0);
  CHECK(has(tablet.run({"list", "note"}).out, id));
  CHECK(has(tablet.run({"verify"}).out, "All is well"));
  CHECK(has(tablet.run({"conflicts"}).out, "Nothing"));
  CHECK(has(tablet.run({"refused"}).out, "Nothing"));
  CHECK(has(tablet.run({"scopes"}).out, "self"));
}

TEST_CASE("taking out what was never there says so and writes nothing") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const std::string id = create(tablet, {"title=Visit", "tags=money", "phones:=[{\"number\": \"0131\"}]"});
  const auto unsent = tablet.json({"status"})["unsent"];
  for (const std::vector<std::string>& which :
       {std::vector<std::string>{"tags", "--value", "housing"}, {"phones", "5b1f2c3d"}}) {
    std::vector<std::string> command = {"remove", "note", id};
    command.insert(command.end(), which.begin(), which.end());
    const Outcome outcome = tablet.run(command);
    CHECK(outcome.code == 3);
    CHECK(outcome.out.empty());
    CHECK(has(outcome.err, "\"" + which.front() + "\" never had the element \"" + which.back() + "\"."));
    CHECK(has(outcome.err, "Nothing was changed."));
  }
  CHECK(tablet.json({"status"})["unsent"] == unsent);
  CHECK(tablet.run({"remove", "note", id, "tags", "--value", "money"}).code == 0);
  CHECK(tablet.run({"remove", "note", id, "tags", "--value", "money"}).code == 0);  // it is out, as asked
}

TEST_CASE("an id may be given by its beginning or end, as long as it is clear which one is meant") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const std::string first = create(tablet, {"title=One"});
  const std::string second = create(tablet, {"title=Two"});
  CHECK(fields_of(tablet, first.substr(first.size() - 8))["title"] == "One");
  CHECK(fields_of(tablet, second.substr(0, 30))["title"] == "Two");
  // Both were made in the same hours: their first characters are the same.
  const Outcome unclear = tablet.run({"show", "note", first.substr(0, 5)});
  CHECK(unclear.code == 2);
  CHECK(has(unclear.err, first));
  CHECK(has(unclear.err, second));
  CHECK(tablet.run({"show", "note", "zzzzzz"}).code == 3);
}

TEST_CASE("exit codes say what kind of trouble it is") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const std::string id = create(tablet, {"title=One"});
  CHECK(tablet.run({"set", "note", id, "nothing=1"}).code == 2);
  CHECK(tablet.run({"set", "note", id}).code == 2);
  CHECK(tablet.run({"dance"}).code == 2);
  CHECK(tablet.run({"sync"}).code == 2);
  CHECK(tablet.run({"show", "note", "0192f0c1-7a4e-7cc3-9a51-0c1d2e3f4a5b"}).code == 3);
  CHECK(Tablet(folder.path("none.db")).run({"list", "note"}).code == 3);
  CHECK(tablet.run({"init", "--worker", "bob", "--organisation", "north"}).code == 4);
  std::ofstream(folder.path("broken.db")) << std::string(4096, 'x');
  CHECK(Tablet(folder.path("broken.db")).run({"list", "note"}).code == 7);
  const Outcome help = satchel::test::run(SATCHEL_BINARY, {"--help"});
  CHECK(help.code == 0);
  for (const char* code : {"  0  ", "  1  ", "  2  ", "  3  ", "  4  ", "  5  ", "  6  ", "  7  ", "  8  ", " 70  "}) {
    CHECK(has(help.out, "\n" + std::string(code)));
  }
  CHECK(satchel::test::run(SATCHEL_BINARY, {"list", "note"}).code == 2);  // which store?
}

TEST_CASE("what is wrong with a line is said in words, with where to read more") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const std::string id = create(tablet, {"title=One", "tags=money"});
  const auto complaint = [&](std::vector<std::string> line) {
    const Outcome outcome = tablet.run(std::move(line));
    CHECK(outcome.code != 0);
    return outcome.err;
  };
  CHECK(complaint({"dance"}) == "satchel: There is no command \"dance\". See satchel --help.\n");
  CHECK(complaint({}) == "satchel: Which command? See satchel --help.\n");
  CHECK(complaint({"list"}) == "satchel: collection is required. See satchel list --help.\n");
  CHECK(has(complaint({"list", "note", "--limit", "0"}), "See satchel list --help."));
  CHECK(has(complaint({"remove", "note", id, "tags"}), "--value"));
  CHECK(has(complaint({"history", "note", id, "title", "--bring-back", "7"}), "no version 7, only 1."));
  CHECK(has(complaint({"show", "nothing", id}), "There is no collection \"nothing\"."));
  for (const char* command : {"sync", "history-fetch"}) {
    std::vector<std::string> line = {command};
    if (line[0] == "history-fetch") line.push_back(id);
    CHECK(has(complaint(line), "satchel init --server"));
  }
  const json error = json::parse(complaint({"list", "note", "--json", "--limit", "0"}))["error"];
  CHECK(error["name"] == "invalid");
  CHECK(has(tablet.run({"verify"}).out, "All is well: 1 record in 1 scope, 1 change not yet at base."));
  CHECK_FALSE(has(tablet.run({"scopes"}).out, "not yet all here"));
}

TEST_CASE("nothing is written over the store, nor over another file that a copy would replace") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const std::string id = create(tablet, {"title=One"});
  for (const char* suffix : {"", "-wal", "-shm", ".not-for-backup", ".config.json", ".rekeyed", ".rescued"}) {
    const std::string file = tablet.store() + suffix;  // there or not: the next opening may remove it
    INFO(file);
    CHECK(tablet.run({"export", "--output", file}).code == 2);
    CHECK(tablet.run({"export", "--copy", file}).code == 2);
  }
  folder.write("other.db", "somebody's");
  CHECK(tablet.run({"export", "--copy", folder.path("other.db")}).code == 2);
  CHECK(folder.read("other.db") == "somebody's");
  CHECK(fields_of(tablet, id)["title"] == "One");
  CHECK(tablet.run({"verify"}).code == 0);
}

TEST_CASE("what opening found is told as JSON to a program") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  create(tablet, {"title=One"});
  std::filesystem::remove(tablet.store() + ".not-for-backup");
  const Outcome outcome = tablet.run({"list", "note", "--json"});
  CHECK(outcome.code == 0);
  CHECK_FALSE(json::parse(outcome.err)["notice"].get<std::string>().empty());
}

TEST_CASE("with --json, answers and errors are JSON") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const Outcome failed = tablet.run({"show", "nothing", "0192f0c1-7a4e-7cc3-9a51-0c1d2e3f4a5b", "--json"});
  CHECK(failed.code != 0);
  const json error = json::parse(failed.err)["error"];
  CHECK(error["name"] == "not_found");
  CHECK(error["retryable"] == false);
  for (const char* command : {"scopes", "status", "conflicts", "refused", "verify"}) {
    CHECK(tablet.json({command}).is_object());
  }
  CHECK(tablet.json({"list", "note"})["records"].empty());
}

TEST_CASE("the store may be named by the environment") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const Outcome outcome =
      satchel::test::run(SATCHEL_BINARY, {"list", "note", "--count"}, {.environment = {{"SATCHEL_STORE", tablet.store()}}, .directory = {}});
  CHECK(outcome.code == 0);
  CHECK(outcome.out == "0\n");
}

TEST_CASE("init remembers how to reach the central store, for the owner's eyes only") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  CHECK(tablet.run({"init", "--server", "https://127.0.0.1:1", "--token", "a.b.c"}).code == 0);
  const std::string path = tablet.store() + ".config.json";
  std::ifstream file(path);
  const json config = json::parse(file);
  CHECK(config["server"] == "https://127.0.0.1:1");
  CHECK(config["organisation"] == "north");
  CHECK(config["token"] == "a.b.c");
  using std::filesystem::perms;
  CHECK(std::filesystem::status(path).permissions() == (perms::owner_read | perms::owner_write));
  // Run again, it changes what is given and keeps the rest.
  CHECK(tablet.run({"init", "--token-file", "token"}).code == 0);
  std::ifstream again(path);
  const json later = json::parse(again);
  CHECK(later["server"] == "https://127.0.0.1:1");
  CHECK_FALSE(later.contains("token"));
  CHECK(std::filesystem::path(later["token_file"].get<std::string>()).is_absolute());
  std::ofstream(path) << R"({"sever": "https://127.0.0.1:1"})";
  const Outcome wrong = tablet.run({"status"});
  CHECK(wrong.code == 2);
  CHECK(has(wrong.err, "sever"));
}

TEST_CASE("where the token comes from: the environment, a file, a command; without one the person is told") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const auto sync = [&](const Environment& environment = {}) { return tablet.run({"sync", "--within", "60"}, environment); };
  tablet.json({"init", "--server", "https://127.0.0.1:1"});
  CHECK(sync().code == 4);
  CHECK(has(sync().err, "SATCHEL_TOKEN"));
  CHECK(sync({{"SATCHEL_TOKEN", "a.b.c"}}).code == 5);  // nobody listens on that port
  std::ofstream(folder.path("token")) << "a.b.c\n";
  tablet.json({"init", "--token-file", folder.path("token")});
  CHECK(sync().code == 5);
  tablet.json({"init", "--token-command", "echo a.b.c"});
  CHECK(sync().code == 5);
  tablet.json({"init", "--token-command", "exit 3"});
  const Outcome failed = sync();
  CHECK(failed.code == 4);
  CHECK(has(failed.err, "exit 3"));
}

TEST_CASE("a damaged store is rescued with what init remembered") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  create(tablet, {"title=One"});
  for (const char* name : {"-wal", "-shm"}) std::filesystem::remove(tablet.store() + name);
  std::ofstream(tablet.store(), std::ios::trunc) << std::string(8192, 'x');
  CHECK(tablet.run({"list", "note"}).code == 7);
  const json report = tablet.json({"rescue"});
  CHECK(std::filesystem::exists(report["moved_to"].get<std::string>()));
  CHECK(tablet.json({"list", "note", "--count"})["count"] == 0);
  std::ofstream(tablet.store() + ".config.json", std::ios::trunc) << R"({"organisation": "north", "worker": "anna"})";
  for (const char* name : {"-wal", "-shm"}) std::filesystem::remove(tablet.store() + name);
  std::ofstream(tablet.store(), std::ios::trunc) << std::string(8192, 'x');
  const Outcome without = tablet.run({"rescue"});  // nobody remembers a schema, and the file has none
  CHECK(without.code == 2);
  CHECK(has(without.err, "needs a schema"));
}

TEST_CASE("export writes one record a line, or copies the store") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const std::string id = create(tablet, {"title=One"});
  CHECK(json::parse(tablet.run({"export"}).out)["id"] == id);
  CHECK(tablet.run({"export", "--output", folder.path("all.jsonl")}).code == 0);
  std::ifstream file(folder.path("all.jsonl"));
  CHECK(json::parse(file)["fields"]["title"] == "One");
  CHECK(tablet.run({"export", "--copy", folder.path("copy.db")}).code == 0);
  CHECK(fields_of(Tablet(folder.path("copy.db")), id)["title"] == "One");
  CHECK(tablet.run({"export", "--output", "/no/such/folder/x"}).code == 8);
}

TEST_CASE("a store is encrypted and opens with the key file that rekey was given") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  const std::string id = create(tablet, {"title=One"}), key = folder.path("key"), other = folder.path("other");
  folder.write("key", "00ff" + std::string(60, 'A') + "\n");
  folder.write("other", std::string(64, 'b') + "\n");
  for (const auto& not_a_key : {std::string(62, '0'), std::string(65, '0'), std::string(66, '0'), std::string(64, 'z')}) {
    folder.write("bad", not_a_key);
    CHECK(tablet.run({"rekey", "--new-key-file", folder.path("bad")}).code == 2);
  }
  CHECK(tablet.run({"list", "note", "--key-file", folder.path("nowhere")}).code == 3);
  const Outcome rekeyed = tablet.run({"rekey", "--new-key-file", key});
  if (!SATCHEL_STORES_ENCRYPTED) {
    CHECK(rekeyed.code == 2);
    CHECK(has(rekeyed.err, "cannot encrypt"));
    CHECK(tablet.run({"list", "note", "--key-file", key}).code == 2);
    CHECK(fields_of(tablet, id)["title"] == "One");
    return;
  }
  CHECK(rekeyed.code == 0);
  CHECK(fields_of(tablet, id)["title"] == "One");  // rekey has noted where the key lies
  const Outcome wrong = tablet.run({"show", "note", id, "--key-file", other});
  CHECK(wrong.code == 2);
  CHECK(has(wrong.err, "not the key"));
  CHECK(tablet.run({"rekey", "--new-key-file", other}).code == 0);
  CHECK(tablet.run({"show", "note", id}, {{"SATCHEL_KEY_FILE", key}}).code == 2);
  CHECK(fields_of(tablet, id)["title"] == "One");
}

TEST_CASE("on a terminal, long work shows a bar; elsewhere it is silent") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  create(tablet, {"title=One"});
  const std::string file = folder.path("all.jsonl");
  CHECK(tablet.run({"export", "--output", file}).err.empty());
  const std::string command = "'" SATCHEL_BINARY "' export --output '" + file + "' --store '" + tablet.store() + "'";
  const Outcome drawn = satchel::test::run("/usr/bin/script", {"-qec", command, "/dev/null"});
  CHECK(drawn.code == 0);
  CHECK(has(drawn.out, "[##############################] 100 %"));
}

TEST_CASE("help shows examples, and the shell completes commands and options") {
  const std::string try_it = "source <('" SATCHEL_BINARY "' completion bash); COMP_WORDS=(satchel \"$@\"); "
                             "COMP_CWORD=$#; _satchel; echo \"${COMPREPLY[*]}\"";
  const auto completed = [&](std::vector<std::string> words) {
    std::vector<std::string> arguments = {"-c", try_it, "bash"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return satchel::test::run("/bin/bash", arguments).out;
  };
  CHECK(completed({"re"}) == "rescue rekey restore remove refused\n");
  CHECK(has(completed({"sync", "--w"}), "--watch"));
  std::istringstream words(completed({""}));
  int commands = 0;
  for (std::string command; words >> command;) {
    if (command[0] == '-') continue;
    INFO(command);
    ++commands;
    const Outcome help = satchel::test::run(SATCHEL_BINARY, {command, "--help"});
    CHECK(help.code == 0);
    const size_t examples = help.out.find("\nExamples:\n");
    REQUIRE(examples != std::string::npos);
    CHECK(help.out.find("satchel " + command, examples) != std::string::npos);
    CHECK(has(help.out, "--store"));
  }
  CHECK(commands > 20);
  CHECK(has(completed({"init", "--token-"}), "--token-file --token-command"));
}

TEST_CASE("a watch notices what another program writes to the same store, and ends on Ctrl-C") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  tablet.json({"init", "--server", "https://127.0.0.1:1", "--token", "a.b.c"});
  satchel::test::Process watch(SATCHEL_BINARY, tablet.arguments({"sync", "--watch"}));
  REQUIRE(watch.wait_for("in touch with base"));  // it has begun
  create(tablet, {"title=One"});
  CHECK(watch.wait_for("Something was written"));
  watch.signal(2);
  CHECK(watch.finish().code == 0);
}

TEST_CASE("a list that is watched tells what another program writes, and ends on Ctrl-C") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  create(tablet, {"title=One"});
  satchel::test::Process watch(SATCHEL_BINARY, tablet.arguments({"list", "note", "--watch"}));
  REQUIRE(watch.wait_for("One"));
  const std::string id = create(tablet, {"title=Two"});
  CHECK(watch.wait_for("+ "));
  CHECK(watch.wait_for("Two"));
  tablet.json({"void", "note", id});
  CHECK(watch.wait_for("- " + id));
  watch.signal(2);
  CHECK(watch.finish().code == 0);
}

TEST_CASE("a person asks in SQL, with a heading, and is told where it is wrong") {
  const TemporaryDirectory folder;
  const Tablet tablet = make_tablet(folder);
  create(tablet, {"title=Visit", "due=2026-12-01"});
  create(tablet, {"title=Two\nlines", "due=2026-12-02"});
  create(tablet, {"title=Later"});
  const Outcome found = tablet.run({"sql", "SELECT title, due FROM note WHERE due <= ? ORDER BY due", "2026-12-02"});
  CHECK(found.out == "title\tdue\nVisit\t2026-12-01\nTwo lines\t2026-12-02\n");
  CHECK(found.err.empty());
  CHECK(tablet.json({"sql", "SELECT count(*) AS notes, count(due) FROM note"})["rows"] == json::array({{3, 2}}));
  CHECK(has(tablet.run({"sql", "SELECT title FROM note", "--limit", "1"}).err, "There are more."));
  const Outcome wrong = tablet.run({"sql", "SELECT titel FROM note"});
  CHECK(wrong.code == 2);
  CHECK(has(wrong.err, "no such column: titel"));
  CHECK(has(wrong.err, "/sql:1:8"));
  CHECK(tablet.run({"sql", "DELETE FROM note"}).code == 2);
  CHECK(tablet.run({"sql", "SELECT ?"}).code == 2);
}
