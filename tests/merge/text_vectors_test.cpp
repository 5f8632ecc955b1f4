// Conformance vectors (vectors/*.json, docs/MERGE.md says what is in them) and recorded sessions. Another
// implementation can run both.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/merge/text/history.hpp"
#include "tests/text_support/trace.hpp"

namespace satchel::text_test {
namespace {

using merge::text::Document;
using nlohmann::json;

std::filesystem::path source(const char* path) { return std::filesystem::path(SATCHEL_SOURCE_DIR) / "tests/merge" / path; }

// What a list of [replica, counter] names, with all that those saw.
model::Version version_of(const json& list, const std::deque<Written>& before) {
  model::Version version;
  for (const json& each : list) {
    const auto id = ReplicaId::parse(each.at(0).get<std::string>());
    REQUIRE(id.has_value());
    const auto seen = std::find_if(before.begin(), before.end(), [&](const Written& other) {
      return other.replica == *id && other.counter == each.at(1).get<uint64_t>();
    });
    REQUIRE(seen != before.end());
    version.join(seen->shown);
    version.raise(seen->replica, seen->counter);
  }
  return version;
}

std::deque<Written> transactions(const json& vector) {
  std::deque<Written> written;
  for (const json& each : vector.at("transactions")) {
    Written made;
    made.replica = *ReplicaId::parse(each.at("id").at(0).get<std::string>());
    made.counter = each.at("id").at(1);
    made.worker = each.value("worker", "worker");
    made.shown = version_of(each.at("parents"), written);
    for (const json& edit : each.at("edits")) made.edits.push_back({edit.at(0), edit.at(1), edit.at(2)});
    written.push_back(std::move(made));
  }
  return written;
}

// The causal orders, until there are `most`.
class Orders {
 public:
  Orders(const std::deque<Written>& written, size_t most) : written_(written), most_(most), taken_(written.size()) {
    extend();
  }
  std::vector<std::vector<size_t>> found;

 private:
  bool ready(size_t i) const {
    for (size_t j = 0; j < written_.size(); ++j) {
      const bool first = written_[i].shown.includes(written_[j].replica, written_[j].counter) ||
                         (written_[j].replica == written_[i].replica && written_[j].counter < written_[i].counter);
      if (!taken_[j] && first) return false;
    }
    return true;
  }
  void extend() {
    if (found.size() >= most_) return;
    if (order_.size() == written_.size()) found.push_back(order_);
    for (size_t i = 0; i < written_.size(); ++i) {
      if (taken_[i] || !ready(i)) continue;
      taken_[i] = true;
      order_.push_back(i);
      extend();
      order_.pop_back();
      taken_[i] = false;
    }
  }

  const std::deque<Written>& written_;
  size_t most_;
  std::vector<bool> taken_;
  std::vector<size_t> order_;
};

void run_vector(const json& vector) {
  const std::deque<Written> written = transactions(vector);
  const Orders orders(written, 300);
  REQUIRE(!orders.found.empty());
  Bytes events;
  for (const auto& order : orders.found) {
    Document document;
    for (const size_t i : order) document.apply(written[i].incoming());
    CHECK(document.text() == vector.at("text").get<std::string>());
    if (events.empty()) events = document.encode_events();
    CHECK(document.encode_events() == events);
    merge::text::History history(document);
    for (const json& earlier : vector.value("versions", json::array())) {
      CHECK(history.text_at(version_of(earlier.at("version"), written)) == earlier.at("text").get<std::string>());
    }
  }
  if (vector.contains("events")) CHECK(to_hex(events) == vector.at("events").get<std::string>());
}

void replay(const std::filesystem::path& path) {
  auto trace = read_trace(path.string());
  INFO(path << (trace.ok() ? "" : trace.error().message));
  REQUIRE(trace.ok());
  const auto incoming = trace->incoming();
  Document at_once;
  at_once.apply_all(incoming);
  CHECK((at_once.text() == trace->end));
  Document one_by_one;
  for (const auto& each : incoming) one_by_one.apply(each);
  CHECK((one_by_one.text() == trace->end));
  CHECK((one_by_one.encode_events() == at_once.encode_events()));
  const auto decoded = Document::decode(at_once.text(), at_once.encode_events());
  CHECK(decoded.ok());
}

}  // namespace

TEST_CASE("text: every conformance vector gives its text in every causal order") {
  size_t vectors = 0;
  for (const auto& file : std::filesystem::directory_iterator(source("vectors"))) {
    std::ifstream in(file.path());
    for (const json& vector : json::parse(in)) {
      INFO(file.path() << ": " << vector.at("name"));
      run_vector(vector);
      ++vectors;
    }
  }
  CHECK(vectors >= 15);
}

TEST_CASE("text: two writers' 2,000 edits end as recorded") { replay(source("traces/two_writers.json")); }

TEST_CASE("text: a hundred earlier versions of a recorded session are read as they were") {
  const auto trace = read_trace(source("traces/two_writers.json").string());
  REQUIRE(trace.ok());
  const auto incoming = trace->incoming();
  Document document;
  model::Version version;
  std::vector<std::pair<model::Version, std::string>> versions;
  for (size_t i = 0; i < incoming.size(); ++i) {
    document.apply(incoming[i]);
    version.raise(incoming[i].replica, incoming[i].counter);
    if ((i + 1) % (incoming.size() / 100) == 0) versions.emplace_back(version, document.text());
  }
  REQUIRE(versions.size() >= 100);
  const auto decoded = Document::decode(document.text(), document.encode_events());
  REQUIRE(decoded.ok());
  merge::text::History history(*decoded);
  for (size_t i = 0; i < versions.size(); ++i) {  // back and forth
    const auto& [earlier, text] = versions[(i * 37) % versions.size()];
    CHECK(history.text_at(earlier) == text);
  }
}

TEST_CASE("text: the recorded session of two writers is the one that its seed makes", "[.nightly]") {
  std::ifstream in(source("traces/two_writers.json"));
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == make_trace(2026, 2000));
}

TEST_CASE("text: public editing traces end as recorded") {
  const char* const named = std::getenv("SATCHEL_TRACES");
  const std::filesystem::path shared = named != nullptr ? named : SATCHEL_SOURCE_DIR "/../shared/data/traces";
  if (!std::filesystem::is_directory(shared)) {
    SKIP("no editing traces in " + shared.string() + "; SATCHEL_TRACES may name another directory");
  }
  for (const auto& file : std::filesystem::directory_iterator(shared)) replay(file.path());
}

}  // namespace satchel::text_test
