#include "tests/bench/group.hpp"

namespace satchel::bench {

const std::vector<Group>& groups() {
  static const std::vector<Group> all = {
      {"commit", "Notes committed one by one, with each durability, and many in one transaction", 7, prepare_commit},
      {"push", "Unsent notes to the central store over TLS, until nothing is unsent; bytes on the way", 7, prepare_push},
      {"first-sync", "The same notes into an empty store over TLS", 7, prepare_first_sync},
      {"edit", "One field edited on a connected tablet: bytes, and until another one shows it", 7, prepare_edit},
      {"fleet", "Many devices of one scope, each with notes of its own, at once", 1, prepare_fleet},
      {"caseload", "A whole caseload: size of its file, reading it, opening it", 7, prepare_caseload},
      {"live", "How soon a followed list of a caseload tells what was committed", 5, prepare_live},
      {"search", "Searches for two words in a caseload", 5, prepare_search},
      {"encrypted", "What it costs that a store is encrypted", 3, prepare_encrypted},
      {"busy-reads", "Reading lists while very many records arrive by sync", 1, prepare_busy_reads},
      {"memory", "Memory of a client that pulls very many records", 1, prepare_memory},
      {"slow-link", "A first sync over a slow link: when is there something to work with", 1, prepare_slow_link},
      {"storm", "Very many devices come back within a minute", 1, prepare_storm},
      {"inbox", "The inbox of a caseload", 7, prepare_inbox},
      {"sent-in", "What the history of texts that were typed and sent in costs", 1, prepare_sent_in},
      {"idle", "Processor and wake-ups of a tablet that is connected and has nothing to do", 1, prepare_idle},
  };
  return all;
}

Scale small_scale() {
  Scale scale;
  scale.small = true;
  scale.notes = 60;
  scale.commits = 30;
  scale.bulk = 20;
  scale.cases = 3;
  scale.records = 600;
  scale.conflicts = 12;
  scale.searches = 10;
  scale.live_commits = 10;
  scale.live_unrelated = 20;
  scale.typed_notes = 3;
  scale.edits = 3;
  scale.fleet = 4;
  scale.fleet_notes = 5;
  scale.storm = 8;
  scale.storm_changes = 3;
  scale.storm_ms = 500;
  scale.memory_least = 300;
  scale.memory_most = 600;
  scale.idle_ms = 1'500;
  scale.bits_per_second = 50'000'000;
  return scale;
}

}  // namespace satchel::bench
