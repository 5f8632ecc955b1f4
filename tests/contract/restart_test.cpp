// Programs that are killed in mid-sync, as programs: satchel-server and the tablet's own process. The link between them
// says when bytes of an exchange are under way, so that no blow strikes beside it.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <future>

#include "tests/contract/agreement.hpp"
#include "tests/contract/centre_process.hpp"
#include "tests/support/domain_schema.hpp"

using namespace satchel;
using namespace satchel::contract;

namespace {

std::string noise(Random& random, size_t size) {
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>('!' + random.below(90));
  return text;
}

// Where the exchange stands when the blow falls.
enum class Moment { request_under_way, answer_under_way };
enum class Blow { stop, kill };

}  // namespace

TEST_CASE(
    "a server stopped or killed between request and answer: each note stands once, and nobody is asked anything") {
  // A stop would wait for the request that is under way.
  using Case = std::pair<Moment, Blow>;
  const auto [moment, blow] =
      GENERATE(Case{Moment::request_under_way, Blow::kill}, Case{Moment::answer_under_way, Blow::kill},
               Case{Moment::answer_under_way, Blow::stop});
  CentreProcess centre;
  centre.start();
  const ScopeId scope = centre.grant("amira");
  centre.grant("beth", scope);
  BadLink link(centre.port());
  Tablet amira(centre, {.worker = "amira", .port = link.port(), .engine = hasty()});
  take(amira.sync());
  SeededRandom random(5);
  constexpr uint64_t count = 60;
  for (uint64_t i = 0; i < count; ++i) amira.commit(note(scope, noise(random, 2000)));
  Faults half_open;
  if (moment == Moment::request_under_way) {
    link.cut_now();  // bytes count from the start of a connection; the handshake takes about 2,000
    half_open.silent_up_after = 40'000;
  } else {
    half_open.silent_down_after = 0;  // on the connection that is open: the next byte down is the answer's first
  }
  link.set(half_open);
  auto broken = std::async(std::launch::async, [&] { return amira.sync(); });
  REQUIRE(link.wait_for_strikes(1));  // the centre has half of the request, or has answered and nobody heard it
  CHECK(amira.status().unsent == count);
  blow == Blow::kill ? centre.kill() : centre.stop();
  link.cut_now();
  link.heal();
  CHECK_FALSE(broken.get().ok());
  centre.start();
  link.retarget(centre.port());
  sync_in_the_end(amira);
  CHECK(amira.position(scope) == count);
  CHECK(amira.set_aside().empty());
  Tablet beth(centre, {.worker = "beth", .engine = hasty()});
  take(beth.sync());
  require_agreement(scope, {&amira, &beth});
  centre.operate({"verify"});
}

TEST_CASE("a tablet killed at any byte of its sync has every note afterwards, and the centre has each once") {
  CentreProcess centre;
  centre.start();
  const ScopeId scope = centre.grant("amira");
  BadLink link(centre.port());
  const test::TemporaryDirectory folder;
  folder.write("schema.json", test::domain_schema_text());
  const auto satchel = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--store", folder.path("amira.db")});
    return words;
  };
  const auto run = [&](std::vector<std::string> words) {
    const auto outcome = test::run(SATCHEL_BINARY, satchel(std::move(words)),
                                   {.environment = {{"SATCHEL_TOKEN", centre.token("amira")}}, .directory = {}});
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.code == 0);
    return outcome.out;
  };
  run({"init", "--schema", folder.path("schema.json"), "--organisation", organisation, "--worker", "amira", "--server",
       link.url(), "--ca-file", centre.ca_file()});
  run({"sync"});
  uint64_t written = 0;
  const auto write = [&] {
    run({"create", "visit_note", "body=Note " + std::to_string(++written), "--scope", scope.text()});
  };
  write();
  const uint64_t up = link.bytes_up(), down = link.bytes_down();
  run({"sync"});  // how many bytes a whole one takes
  const uint64_t up_most = (link.bytes_up() - up) * 9 / 10, down_most = (link.bytes_down() - down) * 9 / 10;
  SeededRandom random(20261122);
  for (int round = 0; round < 16; ++round) {
    write();
    Faults half_open;
    if (round % 2 == 0) {
      half_open.silent_up_after = random.below(up_most);
    } else {
      half_open.silent_down_after = random.below(down_most);
    }
    link.set(half_open);
    test::Process tablet(SATCHEL_BINARY, satchel({"sync"}),
                         {.environment = {{"SATCHEL_TOKEN", centre.token("amira")}}, .directory = {}});
    REQUIRE(link.wait_for_strikes(1));
    tablet.signal(SIGKILL);
    CHECK(tablet.finish().code == 128 + SIGKILL);
    link.cut_now();
    link.heal();
    if (round % 4 == 3) run({"sync"});  // else the next one is killed as well
  }
  run({"sync"});
  run({"verify"});
  CHECK(run({"list", "visit_note", "--count"}).find(std::to_string(written)) != std::string::npos);
  Tablet fresh(centre, {.worker = "amira"});
  take(fresh.sync());
  CHECK(fresh.position(scope) == written);
  centre.operate({"verify"});
}
