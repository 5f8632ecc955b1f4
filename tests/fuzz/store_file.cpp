// A tablet's file that a bad disk gives back. Whatever was damaged: opening, reading, writing and rescuing it ends with
// the right data or with an error that says so, and a rescue tells when it could not bring over all that was not sent.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "core/base/files.hpp"
#include "tests/fuzz/damage.hpp"
#include "tests/store_support/tablet.hpp"

namespace {

using namespace satchel;
using test::take;
namespace fs = std::filesystem;

void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

struct Held {
  std::map<model::RecordKey, Bytes> records;
  std::set<Bytes> outbox;
  size_t set_aside = 0;
};

// A store when it was whole. Where its write-ahead log is damaged, SQLite takes what lies before for all there is, as after
// a power cut: then any state since the last checkpoint is right.
struct Whole {
  std::map<std::string, Bytes> files;  // by what follows the store's name
  std::vector<Held> states;            // the last one is what it holds
};

class Story {
 public:
  Story() {
    tell();
    take_files(with_log_);
    amy_->close();  // the log goes into the file
    take_files(without_log_);
    without_log_.states = {with_log_.states.back()};
  }
  const Whole& whole(uint32_t which) const { return which == 0 ? with_log_ : without_log_; }
  ManualClock& clock() { return world_.clock; }

 private:
  void tell();

  void take_files(Whole& whole) const {
    for (const char* end : {"", "-wal", ".not-for-backup"}) {
      if (fs::exists(amy_->path + end)) whole.files[end] = take(read_file(amy_->path + end));
    }
  }

  void note_state() {
    Held& held = with_log_.states.emplace_back();
    for (const auto& [collection, id] : written_) {
      const auto record = amy_->record(collection, id);
      if (record) held.records[record->key] = merge::encode(record->state);
    }
    for (const auto& push : amy_->request().push) held.outbox.insert(push.transaction);
    held.set_aside = amy_->set_aside().size();
  }

  RecordId person(test::Tablet& tablet, const ScopeId& scope, const std::string& name) {
    const RecordId id = tablet.person(scope, name);
    written_.emplace_back("person", id);
    return id;
  }

  test::World world_;
  test::Tablet* amy_ = nullptr;
  std::vector<std::pair<std::string, RecordId>> written_;
  Whole with_log_, without_log_;
};

store::Change write_text(const RecordId& visit, const std::string& field, const std::string& words) {
  store::Change change = test::assign("visit", visit, field, model::Null{});
  change.op.kind = model::Kind::text;
  change.op.action = model::Action::edit;
  change.op.value = proto::encode_value(model::TextEdits{{{0, 0, words}}});
  return change;
}

store::Change need(const RecordId& person, const std::string& element, bool remove) {
  store::Change change = test::assign("person", person, "needs", element);
  if (remove) change.op.value.clear();
  change.op.action = remove ? model::Action::remove : model::Action::add;
  change.op.element = element;
  return change;
}

// A first sync by a snapshot with entries above it, what two people wrote beside each other, what was refused, what is
// not sent.
void Story::tell() {
  test::Tablet& ben = world_.tablet("ben");
  const ScopeId scope = world_.shared_case({&ben});
  const RecordId edith = person(ben, scope, "Edith"), visit = ben.new_id();
  written_.emplace_back("visit", visit);
  ben.commit({test::assign("person", edith, "risk", std::string("high")), need(edith, "lift", false)});
  ben.commit({test::create(scope, "visit", visit), write_text(visit, "body", "She was at home. ")});
  for (int i = 0; i < 4; ++i) person(ben, scope, "Person " + std::to_string(i) + std::string(200, 'x'));
  ben.sync(world_.centre);
  world_.centre.snapshot_at = 5;
  amy_ = &world_.tablet("amy");
  world_.centre.grant("amy", scope);
  amy_->sync(world_.centre);
  const auto of_edith = [&](const std::string& field, const model::Value& value) {
    return test::assign("person", edith, field, value);
  };
  amy_->commit({write_text(visit, "body", "Amy rang her. "), of_edith("wishes", std::string("dancing"))});
  amy_->commit({of_edith("status", std::string("referred")), of_edith("measure", int64_t{7})});
  ben.commit({write_text(visit, "body", "Ben as well. "), of_edith("wishes", std::string("singing"))});
  ben.commit({need(edith, "lift", true), of_edith("name", std::string("Edie"))});
  world_.settle({&ben, amy_});
  world_.centre.refuse = [](const model::Transaction&) { return "No."; };
  amy_->commit({of_edith("email", std::string("e@example.org"))});
  amy_->sync(world_.centre);
  world_.centre.refuse = {};
  const RecordId fred = person(*amy_, scope, "Fred");
  take(amy_->store->flush());
  note_state();
  amy_->commit({test::assign("person", fred, "email", std::string("f@example.org")), test::remove("person", edith)});
  note_state();
  amy_->commit({write_text(visit, "body", std::string(3000, 'w') + " ")});
  note_state();
  const ScopeId own = amy_->open_scope("case");
  note_state();
  person(*amy_, own, "Grete");
  note_state();
  amy_->verify();
}

Story& story() {
  static Story one;
  return one;
}

// The damaged files in a folder of their own.
class Bench {
 public:
  explicit Bench(const Whole& whole) : whole_(whole) {}

  void lay_out(const std::map<std::string, Bytes>& files) {
    for (const auto& entry : fs::directory_iterator(directory_.path())) fs::remove(entry.path());
    for (const auto& [end, content] : files) directory_.write("store.db" + end, content);
    const auto left = files.find("-wal");
    nothing_left_ = files.at("").size() <= 1 && (left == files.end() || left->second.empty());
    const auto log = whole_.files.find("-wal");
    const bool log_is_whole = log == whole_.files.end() || log->second == files.at("-wal");
    right_ = log_is_whole ? std::vector<Held>{whole_.states.back()} : whole_.states;
  }

  void run() {
    if (use() || nothing_left_) return;
    const auto rescued = store::rescue(options(), story().clock(), random_, logger_);
    if (!rescued.ok()) return check(rescued.error(), "rescue");
    check_rescued(*rescued);
  }

 private:
  store::Options options() const {
    store::Options options;
    options.path = directory_.path("store.db");
    options.schema_json = test::small_schema();
    options.organisation = "north";
    options.worker = "amy";
    options.durability = sqlite::Durability::grouped;
    return options;
  }

  static void check(const Error& error, const std::string& doing) {
    static constexpr Code clear[] = {Code::corrupt, Code::newer_format, Code::wrong_owner};
    const bool is_clear = std::find(std::begin(clear), std::end(clear), error.code) != std::end(clear);
    require(is_clear && !error.message.empty(),
            doing + ": " + std::string(code_name(error.code)) + ": " + error.message + " [" + error.place + "]");
  }

  // Everything that an app does. True: it is whole, and all is right.
  bool use() {
    auto opened = store::Store::open(options(), story().clock(), random_, logger_);
    if (!opened.ok()) return check(opened.error(), "open"), false;
    store::Store& store = **opened;
    Held held;
    bool good = read(store, held);
    store::SessionMemory memory;
    auto request = store.build_request({}, memory);
    if (!request.ok()) check(request.error(), "request"), good = false;
    else for (const auto& push : request->push) held.outbox.insert(push.transaction);
    held.set_aside = set_aside(store);
    const auto whole = store.verify();
    if (!whole.ok()) check(whole.error(), "verify"), good = false;
    if (good && !nothing_left_) {
      const bool right = std::any_of(right_.begin(), right_.end(), [&](const Held& state) {
        return state.records == held.records && same_unsent(state, held);
      });
      require(right, "the store holds something else, and nothing says that the file is damaged");
    }
    return write(store, good) && good;
  }

  // A transaction that is damaged is set aside when it is to be sent, so that the others go, and is listed from then on.
  static bool same_unsent(const Held& whole, const Held& now) {
    return std::includes(whole.outbox.begin(), whole.outbox.end(), now.outbox.begin(), now.outbox.end()) &&
           whole.outbox.size() - now.outbox.size() == now.set_aside - whole.set_aside;
  }

  static size_t set_aside(store::Store& store) {
    auto reader = store.reader();
    const auto listed = reader.ok() ? (*reader)->set_aside() : reader.error();
    return listed.ok() ? listed->size() : 0;
  }

  bool read(store::Store& store, Held& held) {
    auto opened = store.reader();
    if (!opened.ok()) return check(opened.error(), "reader"), false;
    store::Reader& reader = **opened;
    bool good = true;
    for (const auto& [key, state] : whole_.states.back().records) {
      const auto record = reader.record(key.collection, key.record);
      if (!record.ok()) check(record.error(), "record"), good = false;
      else if (*record) held.records[key] = merge::encode((*record)->state);
      for (const char* field : {"wishes", "body"}) {
        const auto history = reader.field_history(key.collection, key.record, field);
        if (!history.ok() && history.error().code != Code::not_found && history.error().code != Code::invalid) {
          check(history.error(), "field history"), good = false;
        }
      }
    }
    const auto note = [&](const auto& result, const char* doing) {
      if (!result.ok()) check(result.error(), doing), good = false;
    };
    note(reader.token(), "token");
    note(reader.conflicts(), "conflicts");
    note(reader.status(), "status");
    note(reader.scopes(), "scopes");
    const auto aside = reader.set_aside();
    note(aside, "set aside");
    if (aside.ok()) held.set_aside = aside->size();
    return good;
  }

  // `good`: it has to succeed.
  bool write(store::Store& store, bool good) {
    for (const auto& [key, state] : whole_.states.back().records) {
      store::Draft draft;
      if (key.collection == "visit") draft.changes = {write_text(key.record, "body", "More. ")};
      else draft.changes = {test::assign("person", key.record, "email", std::string("new"))};
      const auto done = store.commit(draft);
      if (done.ok()) continue;
      const bool refused = done.error().code == Code::not_found || done.error().code == Code::invalid;
      if (refused) continue;  // it is not there any more
      check(done.error(), "commit");
      require(!good, "a store that is whole cannot be written to: " + done.error().message);
      return false;
    }
    return true;
  }

  void check_rescued(const store::Rescue& rescued) {
    auto opened = store::Store::open(options(), story().clock(), random_, logger_);
    require(opened.ok(), "what was rescued does not open: " + (opened.ok() ? "" : opened.error().message));
    store::Store& store = **opened;
    const auto whole = store.verify();
    require(whole.ok(), "what was rescued is not whole: " + (whole.ok() ? "" : whole.error().message));
    Held held;
    require(read(store, held), "what was rescued cannot be read");
    store::SessionMemory memory;
    store::RequestLimits limits;
    limits.push_bytes = 64 << 20;
    const auto request = store.build_request(limits, memory);
    require(request.ok(), "what was rescued cannot be sent");
    if (rescued.unreadable == 0 && rescued.notes.size() == 2) {
      const Held& least = right_.front();
      require(request->push.size() + held.set_aside >= least.outbox.size() + least.set_aside,
              "a rescue left something out and does not say so");
    }
    require(write(store, true), "what was rescued cannot be written to");
  }

  static inline const test::TemporaryDirectory directory_{std::filesystem::temp_directory_path().string()};
  const Whole& whole_;
  SeededRandom random_{5};
  NullLogger logger_;
  std::vector<Held> right_;  // any of these
  bool nothing_left_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  text_test::ByteChoices choices({reinterpret_cast<const char*>(data), size});
  const Whole& whole = story().whole(choices.below(2));
  auto files = whole.files;
  fuzz::damage(files, choices);
  Bench bench(whole);
  bench.lay_out(files);
  bench.run();
  return 0;
}
