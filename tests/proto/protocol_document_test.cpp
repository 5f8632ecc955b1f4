// docs/PROTOCOL.md is what somebody else would build a client from: its numbers and names are the code's.
#include <catch2/catch_test_macros.hpp>
#include <cctype>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

namespace {

std::string file(const std::string& path) {
  std::ifstream stream(std::string(SATCHEL_SOURCE_DIR) + "/" + path);
  REQUIRE(stream.good());
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string without_space(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; });
  return text;
}

// What stands between `before` and the next `after`, each time.
std::vector<std::string> all_between(const std::string& text, const std::string& before, const std::string& after) {
  std::vector<std::string> found;
  for (size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
    at += before.size();
    found.push_back(text.substr(at, text.find(after, at) - at));
  }
  return found;
}

bool is_word(const std::string& text) {
  for (const char c : text) {
    if (c != '_' && (c < 'a' || c > 'z')) return false;
  }
  return !text.empty();
}

// Names of the fields that a message's own lines declare: "  bytes scope = 1;".
std::vector<std::string> fields_of(const std::string& body) {
  std::vector<std::string> names;
  std::istringstream lines(body);
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find(" = ");
    if (line.compare(0, 2, "  ") != 0 || equals == std::string::npos || line.find('{') != std::string::npos) continue;
    const std::string name = line.substr(line.rfind(' ', equals - 1) + 1, equals - line.rfind(' ', equals - 1) - 1);
    if (is_word(name)) names.push_back(name);
  }
  return names;
}

}  // namespace

TEST_CASE("the document explains every field of requests, answers, entries and headers") {
  const std::string proto = file("proto/sync.proto"), document = file("docs/PROTOCOL.md");
  size_t fields = 0;
  for (const char* message :
       {"Op", "TransactionHeader", "SealedOp", "Transaction", "Envelope", "Entry", "SessionRequest", "SessionResponse",
        "Cursor", "Push", "SyncRequest", "Verdict", "Page", "SealedEntry", "SealedStretch", "SealedState",
        "SealedVerdict", "Failure"}) {
    const size_t start = proto.find("\nmessage " + std::string(message) + " {\n");
    REQUIRE(start != std::string::npos);
    for (const std::string& name : fields_of(proto.substr(start, proto.find("\n}", start) - start))) {
      INFO(message << "." << name);
      CHECK(document.find(name) != std::string::npos);
      ++fields;
    }
  }
  CHECK(fields > 80);
}

TEST_CASE("the document names every word that a failure can carry") {
  const std::string document = file("docs/PROTOCOL.md");
  std::set<std::string> words;
  for (const char* path : {"server/service.cpp", "server/http/answer.cpp", "server/http/connection.cpp",
                           "server/http/message.cpp", "server/http/service_queue.cpp"}) {
    const std::string source = file(path);
    for (const char* call : {"return {", "failure_answer(", "failure_reply("}) {
      for (const std::string& arguments : all_between(source, call, ");")) {
        const size_t quote = arguments.find(", \"");
        if (quote == std::string::npos || quote < 3 || std::isdigit(arguments[quote - 1]) == 0) continue;
        const size_t end = arguments.find('"', quote + 3);
        if (end != std::string::npos) words.insert(arguments.substr(quote + 3, end - quote - 3));
      }
    }
  }
  CHECK(words.size() > 10);
  for (const std::string& word : words) {
    INFO(word);
    CHECK(document.find("`" + word + "`") != std::string::npos);
  }
}

TEST_CASE("the document's example is the golden transaction") {
  const std::string document = without_space(file("docs/PROTOCOL.md"));
  const std::string test = file("tests/proto/transaction_test.cpp");
  const size_t start = test.find("\"0a36\"");
  REQUIRE(start != std::string::npos);
  std::string golden;
  std::istringstream lines(test.substr(start, test.find(");", start) - start));
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find("//"));
    for (const char c : line) {
      if (std::isxdigit(static_cast<unsigned char>(c)) != 0) golden += c;
    }
  }
  CHECK(golden.size() > 300);
  CHECK(document.find(golden) != std::string::npos);
  const std::string hash = "contenthash586baf9632332dc6d3bf526edd6d41b09003f24223416431fff1fb48b09a1821";
  CHECK(document.find(hash) != std::string::npos);
}
