// docs/PROTOCOL.md is what somebody else would build a client from: its numbers and names are the code's.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cctype>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>


namespace {

std::string file(const std::string& path) {
  std::ifstream stream(std::string(SATCHEL_SOURCE_DIR) + "/" + path);
  REQUIRE(stream.good());
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string without_space(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c) != 0; }), text.end());
  return text;
}

}  // namespace

TEST_CASE("the document explains every field of requests, answers, entries and headers") {
  const std::string proto = file("proto/sync.proto"), document = file("docs/PROTOCOL.md");
  size_t fields = 0;
  for (const char* message : {"Op", "TransactionHeader", "SealedOp", "Transaction", "Envelope", "Entry", "SessionRequest",
                              "SessionResponse", "Cursor", "Push", "SyncRequest", "Verdict", "Page", "Failure"}) {
    const size_t start = proto.find("\nmessage " + std::string(message) + " {");
    REQUIRE(start != std::string::npos);
    const std::string body = proto.substr(start, proto.find("\n}", start) - start);
    const std::regex field(R"(\n  (?:repeated )?[A-Za-z0-9]+ ([a-z_0-9]+) = \d+;)");
    for (std::sregex_iterator at(body.begin(), body.end(), field), end; at != end; ++at, ++fields) {
      INFO(message << "." << (*at)[1]);
      CHECK(document.find((*at)[1].str()) != std::string::npos);
    }
  }
  CHECK(fields > 80);
}

TEST_CASE("the document names every word that a failure can carry") {
  const std::string document = file("docs/PROTOCOL.md");
  std::set<std::string> words;
  const std::regex in_service(R"re(return \{\d{3}, "([a-z_]+)"\})re");
  const std::regex in_http(R"re((?:failure_answer|failure_reply)\([^"]*\d{3}, "([a-z_]+)")re");
  for (const char* path : {"server/service.cpp", "server/http/answer.cpp", "server/http/connection.cpp",
                           "server/http/service_queue.cpp"}) {
    const std::string source = file(path);
    for (const std::regex& form : {in_service, in_http}) {
      for (std::sregex_iterator at(source.begin(), source.end(), form), end; at != end; ++at) words.insert((*at)[1]);
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
  std::string test = file("tests/proto/transaction_test.cpp");
  const size_t start = test.find("\"0a36\"");
  REQUIRE(start != std::string::npos);
  std::string golden;
  const std::regex literal("\"([0-9a-f]+)\"");
  test = test.substr(start, test.find(");", start) - start);
  for (std::sregex_iterator at(test.begin(), test.end(), literal), end; at != end; ++at) golden += (*at)[1].str();
  CHECK(golden.size() > 300);
  CHECK(document.find(golden) != std::string::npos);
  CHECK(document.find("contenthash586baf9632332dc6d3bf526edd6d41b09003f24223416431fff1fb48b09a1821") != std::string::npos);
}
