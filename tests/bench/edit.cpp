// One field, on two tablets that are connected: how many bytes it takes, and how long until the other one shows it.
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "tests/bench/group.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/bench/tablet.hpp"
#include "tests/support_tls/bad_link.hpp"

namespace satchel::bench {
namespace {

constexpr const char* one = "amina";
constexpr const char* other = "beth";

// Sizes of the bodies that pass; long polls aside.
class Counting final : public sync::Transport {
 public:
  Counting(std::unique_ptr<sync::Transport> inner, std::atomic<uint64_t>& bytes)
      : inner_(std::move(inner)), bytes_(bytes) {}
  CallId send(sync::HttpRequest request, Done done, OnProgress progress) override {
    if (request.wait_ms > 0) return inner_->send(std::move(request), std::move(done), std::move(progress));
    bytes_ += request.body.size();
    return inner_->send(
        std::move(request),
        [this, done = std::move(done)](Result<sync::HttpResponse> answer) {
          if (answer.ok()) bytes_ += answer->body.size();
          done(std::move(answer));
        },
        std::move(progress));
  }
  void cancel(CallId call) override { inner_->cancel(call); }

 private:
  std::unique_ptr<sync::Transport> inner_;
  std::atomic<uint64_t>& bytes_;
};

// Until something was seen, or half a minute has passed.
class Seen {
 public:
  void now() {
    const std::lock_guard lock(mutex_);
    seen_ = true;
    changed_.notify_all();
  }
  void wait(const char* what) {
    std::unique_lock lock(mutex_);
    expect(changed_.wait_for(lock, std::chrono::seconds(30), [this] { return seen_; }), what);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool seen_ = false;
};

class Edits final : public Measurement {
 public:
  explicit Edits(const Surroundings& around)
      : scale_(around.scale),
        centre_(around.directory / "centre"),
        writer_(around.directory / "one.db", sqlite::Durability::full, one),
        reader_(around.directory / "other.db", sqlite::Durability::full, other) {
    scope_ = centre_.grant(one);
    centre_.cover(other, one);
    Connected(writer_, link(one)).sync();
    make_person();
    Connected(writer_, link(one)).sync();
    Connected(reader_, link(other)).sync();
    title = "one field edited on a connected tablet, " + std::to_string(scale_.edits) + " times";
    note =
        "bytes: push and answer on a warm connection, the middle one; whole HTTP messages, without the TLS records around "
        "them (22 bytes each)";
  }

  std::vector<Figure> round(const std::filesystem::path&) override {
    const Sizes sizes = bytes();
    const double visible = visible_ms();
    return {{.what = "whole messages, both ways", .unit = "bytes", .value = sizes.whole, .bar = value_under(400)},
            {.what = "- of it bodies", .unit = "bytes", .value = sizes.bodies, .bar = value_under(160)},
            {.what = "edit to visible on the other tablet", .unit = "ms", .value = visible, .bar = value_under(10)}};
  }

 private:
  struct Sizes {
    double whole = 0, bodies = 0;
  };

  Link link(const char* worker) const { return {centre_.url(), centre_.authority(), centre_.token(worker)}; }

  void make_person() {
    model::Op create;
    create.collection = "person";
    create.record = person_ = RecordId{uuid_v7(writer_.clock.wall_ms(), writer_.random)};
    create.action = model::Action::create;
    must(writer_.store->commit({{{scope_, create}}, {}, {}}));
  }

  store::Draft edit(const std::string& name) const {
    model::Op op;
    op.collection = "person";
    op.record = person_;
    op.action = model::Action::assign;
    op.field = "preferred_name";
    op.kind = model::Kind::register_;
    op.value = proto::encode_value(name);
    return {{{scope_, op}}, {}, {}};
  }

  std::string next_name() { return "Gwen " + std::to_string(++edits_); }

  // The connection is warm: an edit before has been there and back.
  Sizes bytes() {
    test::BadLink counting(centre_.port());
    Link by = link(one);
    by.url = "https://localhost:" + std::to_string(counting.port());
    std::atomic<uint64_t> passed{0};
    Connected::Options options;
    options.wrap = [&](std::unique_ptr<sync::Transport> inner) {
      return std::make_unique<Counting>(std::move(inner), passed);
    };
    Connected connected(writer_, by, options);
    std::vector<double> whole, bodies;
    for (uint64_t i = 0; i <= scale_.edits; ++i) {
      const uint64_t before = counting.bytes_up() + counting.bytes_down(), passed_before = passed;
      const uint64_t records = counting.tls_records();
      must(writer_.store->commit(edit(next_name())));
      connected.sync();
      const auto around = static_cast<double>(counting.tls_records() - records) * 22;
      if (i == 0) continue;
      whole.push_back(static_cast<double>(counting.bytes_up() + counting.bytes_down() - before) - around);
      bodies.push_back(static_cast<double>(passed - passed_before));
    }
    return {middle(whole), middle(bodies)};
  }

  double visible_ms() {
    Connected::Options watching;
    watching.engine.watch = true;
    Connected from(writer_, link(one), watching), to(reader_, link(other), watching);
    wait_until_connected(from);
    wait_until_connected(to);
    std::vector<double> took;
    for (uint64_t i = 0; i <= scale_.edits; ++i) {
      const std::string name = next_name();
      Seen seen;
      const auto shown = must(reader_.store->reader());
      to.observe([&](const sync::EngineStatus&) {
        if (name_on(*shown) == name) seen.now();
      });
      const Stopwatch watch;
      from.commit(edit(name));
      seen.wait("an edit did not arrive at the other tablet");
      if (i > 0) took.push_back(watch.ms());
      forget_observer(to);
    }
    return middle(took);
  }

  static void wait_until_connected(Connected& connected) {
    Seen seen;
    connected.observe([&](const sync::EngineStatus& status) {
      if (status.phase == sync::Phase::connected) seen.now();
    });
    connected.watch();
    seen.wait("a tablet does not come to waiting for news");
    forget_observer(connected);
  }

  // When it returns nothing that the observer refers to is used any more.
  static void forget_observer(Connected& connected) {
    connected.observe(nullptr);
    connected.run([] {});
  }

  std::string name_on(store::Reader& reader) const {
    const auto record = must(reader.record("person", person_));
    const auto* field = record ? record->state.field("preferred_name") : nullptr;
    if (field == nullptr || field->heads.empty()) return {};
    const auto value = must(proto::decode_value(field->heads.front().value));
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? *text : std::string();
  }

  const Scale scale_;
  Centre centre_;
  Tablet writer_, reader_;
  ScopeId scope_;
  RecordId person_;
  uint64_t edits_ = 0;
};

}  // namespace

std::unique_ptr<Measurement> prepare_edit(const Surroundings& around) { return std::make_unique<Edits>(around); }

}  // namespace satchel::bench
