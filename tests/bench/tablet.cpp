#include "tests/bench/tablet.hpp"

#include <algorithm>
#include <future>

#include "tests/support/domain_schema.hpp"

namespace satchel::bench {
namespace {

// 20,000 different words of two to four syllables.
std::vector<std::string> vocabulary() {
  static constexpr const char* syllables[] = {"ba", "den", "fi", "gor", "hu", "jal", "ke", "lim", "mo",  "nur",
                                              "pa", "res", "si", "tol", "vu", "wan", "ye", "zil", "cho", "thra"};
  std::vector<std::string> words;
  for (unsigned i = 0; words.size() < 20'000; ++i) {
    std::string word;
    for (unsigned rest = i; rest != 0 || word.size() < 4; rest /= 20) word += syllables[rest % 20];
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace

std::string note_text(uint64_t number) {
  static const std::vector<std::string> words = vocabulary();
  SeededRandom random(number + 1);
  std::string text;
  while (text.size() < 1024) {
    const double at = static_cast<double>(random.below(1 << 30)) / (1 << 30);
    text += words[static_cast<size_t>(at * at * at * static_cast<double>(words.size()))] + " ";
  }
  text.resize(1024);
  return text;
}

std::vector<store::Change> note_changes(const ScopeId& scope, std::string text, const Clock& clock, Random& random) {
  model::Op create;
  create.collection = "visit_note";
  create.record = RecordId{uuid_v7(clock.wall_ms(), random)};
  create.action = model::Action::create;
  model::Op body = create;
  body.action = model::Action::assign;
  body.field = "body";
  body.kind = model::Kind::text;
  body.value = proto::encode_value(std::move(text));
  return {{scope, create}, {scope, body}};
}

Tablet::Tablet(const std::filesystem::path& path, sqlite::Durability durability, const std::string& worker,
               std::string_view key) {
  store::Options options;
  options.path = path.string();
  options.schema_json = test::domain_schema_text();
  options.organisation = Centre::organisation;
  options.worker = worker;
  options.durability = durability;
  options.key = SecretBytes(key);
  store = must(store::Store::open(options, clock, random, logger));
}

void Tablet::write_note(const ScopeId& scope, uint64_t number) { write_notes(scope, number, 1); }

void Tablet::write_notes(const ScopeId& scope, uint64_t from, uint64_t count) {
  store::Draft draft;
  for (uint64_t i = 0; i < count; ++i) {
    auto changes = note_changes(scope, note_text(from + i), clock, random);
    std::move(changes.begin(), changes.end(), std::back_inserter(draft.changes));
  }
  must(store->commit(draft));
}

Connected::Connected(Tablet& tablet, const Link& link, Options options) : tablet_(tablet), token_(link.token) {
  if (options.executor == nullptr) own_ = make_thread_executor();
  executor_ = own_ ? own_.get() : options.executor;
  sync::CurlOptions curl;
  curl.base_url = link.url;
  curl.ca_file = link.authority;
  transport_ = must(sync::make_curl_transport(curl));
  if (options.wrap) transport_ = options.wrap(std::move(transport_));
  engine_ = sync::make_engine(*tablet.store, *transport_, token_, *executor_, tablet.clock, tablet.random,
                              tablet.logger, options.engine);
}

Connected::~Connected() {
  run([this] {
    engine_->stop();
    engine_.reset();
  });
  transport_.reset();
}

void Connected::run(const std::function<void()>& task) {
  std::promise<void> done;
  executor_->post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void Connected::sync() {
  std::promise<Result<sync::EngineStatus>> done;
  engine_->sync_once([&](Result<sync::EngineStatus> status) { done.set_value(std::move(status)); });
  const sync::EngineStatus status = must(done.get_future().get());
  expect(status.store.unsent == 0 && status.store.set_aside == 0, "not everything was accepted");
  expect(status.store.scopes_incomplete == 0, "not everything arrived");
}

void Connected::commit(store::Draft draft) {
  executor_->post([this, draft = std::move(draft)] {
    must(tablet_.store->commit(draft));
    engine_->local_commit();
  });
}

bool agree(Tablet& tablet, const std::vector<log::ScopeState>& at_centre) {
  const auto reader = must(tablet.store->reader());
  if (must(reader->status()).unsent != 0) return false;
  for (const store::ScopeInfo& here : must(reader->scopes())) {
    const auto there = std::find_if(at_centre.begin(), at_centre.end(),
                                    [&](const log::ScopeState& each) { return each.id == here.id; });
    if (there == at_centre.end() || there->head != here.position || there->log_digest != here.log_digest ||
        there->state_digest != here.state_digest) {
      return false;
    }
  }
  return true;
}

}  // namespace satchel::bench
