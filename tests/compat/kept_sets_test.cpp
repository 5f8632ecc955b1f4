// What earlier versions left behind opens, is brought up to date - killed at every step -, and syncs with today's
// build.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "tests/compat_support/kept_set.hpp"
#include "tests/compat_support/world.hpp"

namespace satchel::compat {
namespace {

using nlohmann::json;
using support::Stop;

constexpr const char* advice =
    "A kept set does not read as it did. If the format of set 0 was changed on purpose, make it anew with\n"
    "  tools/make-compat-set.sh\n"
    "and commit it with the change. Any other set is a promise: mend the code (tests/compat/README.md).";

struct Named {
  std::string name;
  KeptSet set;
};

const std::vector<Named>& kept_sets() {
  static const std::vector<Named> all = [] {
    std::vector<Named> read;
    for (const auto& entry : std::filesystem::directory_iterator(SATCHEL_SOURCE_DIR "/tests/compat/sets")) {
      read.push_back({entry.path().filename().string(), read_set(entry.path())});
    }
    std::sort(read.begin(), read.end(), [](const Named& a, const Named& b) { return a.name < b.name; });
    return read;
  }();
  return all;
}

void for_each_set(const std::function<void(const KeptSet&)>& test) {
  REQUIRE_FALSE(kept_sets().empty());
  for (const Named& each : kept_sets()) {
    INFO("set " << each.name << "\n" << advice);
    test(each.set);
  }
}

std::map<std::string, Bytes> secrets_of(const KeptSet& set) {
  std::map<std::string, Bytes> secrets;
  for (const auto& [name, hex] : set.about.at("secrets").items()) {
    REQUIRE(from_hex(hex.get<std::string>(), secrets[name]));
  }
  return secrets;
}

// The clock at which the set was kept, and a while later.
struct Kept {
  explicit Kept(const KeptSet& set)
      : clock(set.about.at("at_ms").get<int64_t>() + 3'600'000),
        tablet(clock, set.tablet, secrets_of(set), 1),
        centre(clock, test::domain_schema_text(), 2) {
    centre.load(set.centre_after);
  }

  void sync_and_compare() {
    tablet.sync(centre);
    CHECK(differences(tablet, centre).empty());
    CHECK(must(tablet.reader->status()).unsent == 0);
    CHECK(tablet.store->verify().ok());
    must(centre.admin()->verify());
  }

  ManualClock clock;
  Tablet tablet;
  Centre centre;
};

// The tablet's schema with a collection and a field more: what a newer app brings.
std::string newer_schema(const std::string& source) {
  json schema = json::parse(source);
  schema["version"] = schema.at("version").get<int>() + 1;
  schema["collections"]["from_a_newer_app"] = {
      {"scopes", {"case"}}, {"fields", {{"words", {{"kind", "register"}, {"type", "text"}, {"indexed", true}}}}}};
  for (auto& [name, field] : schema["collections"]["person"]["fields"].items()) {
    if (name == "pronoun") field["indexed"] = true;
  }
  return schema.dump();
}

// `open` on a disk that stops after n operations, for every n until it no longer stops; after each, once more, and then
// `check`. Returns how many steps there were.
uint64_t stopped_at_every_step(Stop how, const std::function<support::MemoryDisk&()>& start,
                               const std::function<bool()>& open, const std::function<void()>& close,
                               const std::function<void()>& check) {
  for (uint64_t step = 0;; ++step) {
    INFO((how == Stop::kill ? "killed" : "power cut") << " after operation " << step);
    support::MemoryDisk& disk = start();
    disk.stop_after(how, step, step);
    const bool opened = open();
    const bool stopped = disk.dead();
    close();
    if (!disk.dead()) disk.stop(how, step);
    disk.revive();
    REQUIRE((opened || stopped));
    REQUIRE(open());
    check();
    if (!stopped) return step;
    REQUIRE(step < 5000);
  }
}

}  // namespace

TEST_CASE("a kept store opens, proves itself, and shows what it showed") {
  for_each_set([](const KeptSet& set) {
    Kept kept(set);
    must(kept.tablet.open());
    CHECK(kept.tablet.worker == set.about.at("worker"));
    CHECK(kept.tablet.store->opening_notes().empty());
    must(kept.tablet.store->verify());
    CHECK(kept.tablet.contents() == set.contents);
  });
}

TEST_CASE("a kept store that is stopped at any step of opening opens again and shows what it showed") {
  for_each_set([](const KeptSet& set) {
    for (const Stop how : {Stop::kill, Stop::power_cut}) {
      for (const bool newer : {false, true}) {
        INFO((newer ? "with a newer app's schema" : "with its own schema"));
        std::unique_ptr<Kept> kept;
        std::string schema;
        if (newer) {
          Kept first(set);
          must(first.tablet.open());
          schema = newer_schema(first.tablet.store->schema().source());
        }
        const auto start = [&]() -> support::MemoryDisk& {
          kept = std::make_unique<Kept>(set);
          kept->tablet.schema = schema;
          return kept->tablet.disk;
        };
        const auto steps = stopped_at_every_step(
            how, start, [&] { return kept->tablet.open().ok(); }, [&] { kept->tablet.close(); },
            [&] {
              CHECK(kept->tablet.store->verify().ok());
              CHECK(kept->tablet.contents() == set.contents);
            });
        if (newer) CHECK(steps > 0);  // it had something to write
      }
    }
  });
}

TEST_CASE("a kept centre opens, proves itself, and knows that it was shut down cleanly") {
  for_each_set([](const KeptSet& set) {
    Kept kept(set);
    must(kept.centre.open());
    must(kept.centre.admin()->verify());
    const auto epochs = [&] {
      std::map<std::string, std::string> all;
      for (const auto& scope : must(kept.centre.admin()->scopes(organisation)))
        all[scope.id.text()] = scope.epoch.text();
      return all;
    };
    const auto before = epochs();
    CHECK_FALSE(before.empty());
    kept.centre.close();
    must(kept.centre.open());
    CHECK(epochs() == before);
  });
}

TEST_CASE("a kept store and a kept centre sync to the same digests") {
  for_each_set([](const KeptSet& set) {
    Kept kept(set);
    must(kept.tablet.open());
    must(kept.centre.open());
    REQUIRE(set.contents.at("unsent").get<int>() > 0);
    kept.sync_and_compare();
    const json after = kept.tablet.contents();
    CHECK(after.at("set_aside") == set.contents.at("set_aside"));
    CHECK(after.at("records") != set.contents.at("records"));  // what others had written meanwhile
    // A colleague's new tablet fetches it all and shows the same.
    Tablet other(kept.clock, "beth", test::domain_schema_text(), 3);
    other.sync(kept.centre);
    CHECK(differences(other, kept.centre).empty());
    const json theirs = other.contents();
    size_t same = 0;
    for (const auto& [id, record] : theirs.at("records").items()) {
      INFO(id);
      CHECK(after.at("records").at(id).at("fields") == record.at("fields"));
      ++same;
    }
    CHECK(same > 20);
  });
}

TEST_CASE("a kept centre that is stopped at any step of opening opens again and syncs with the kept store") {
  for_each_set([](const KeptSet& set) {
    for (const Stop how : {Stop::kill, Stop::power_cut}) {
      std::unique_ptr<Kept> kept;
      const auto start = [&]() -> support::MemoryDisk& {
        kept = std::make_unique<Kept>(set);
        return kept->centre.disk;
      };
      const auto steps = stopped_at_every_step(
          how, start, [&] { return kept->centre.open().ok(); }, [&] { kept->centre.close(); },
          [&] {
            must(kept->tablet.open());
            kept->sync_and_compare();
          });
      CHECK(steps > 0);
    }
  });
}

}  // namespace satchel::compat
