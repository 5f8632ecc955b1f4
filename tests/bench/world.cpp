#include "tests/bench/world.hpp"

#include "tests/support/domain_schema.hpp"

namespace satchel::bench {
namespace {

constexpr const char* organisation = "bench";

RecordId new_id(const Clock& clock, Random& random) { return RecordId{uuid_v7(clock.wall_ms(), random)}; }

}  // namespace

std::string note_text(uint64_t number) {
  static const std::vector<std::string> words = {
      "garden", "group", "Tuesday", "bus",   "neighbour", "calls",  "kitchen", "walked",  "together",  "letter",
      "form",   "again", "signed",  "tea",   "daughter",  "visit",  "quiet",   "better",  "sleeping",  "choir",
      "asked",  "about", "advice",  "next",  "benefits",  "week",   "laughed", "housing", "volunteer", "library"};
  std::string text = "Visit " + std::to_string(number) + ".";
  uint64_t state = number * 2654435761u + 12345;
  while (text.size() < 600) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    text += " " + words[(state >> 33) % words.size()];
  }
  return text;
}

Tablet::Tablet(const std::filesystem::path& path, sqlite::Durability durability, const std::string& worker) {
  store::Options options;
  options.path = path.string();
  options.schema_json = test::domain_schema_text();
  options.organisation = organisation;
  options.worker = worker;
  options.durability = durability;
  store = must(store::Store::open(options, clock, random, logger));
}

void Tablet::write_note(const ScopeId& scope, uint64_t number) {
  model::Op create;
  create.collection = "visit_note";
  create.record = new_id(clock, random);
  create.action = model::Action::create;
  model::Op body = create;
  body.action = model::Action::assign;
  body.field = "body";
  body.kind = model::Kind::text;
  body.value = proto::encode_value(note_text(number));
  store::Draft draft;
  draft.changes = {{scope, create}, {scope, body}};
  must(store->commit(draft));
}

Centre::Centre(const std::filesystem::path& directory)
    : local_(directory.string(), organisation, clock_, random_, logger_) {
  local_.open();
}

ScopeId Centre::grant(const std::string& worker, const std::string& kind, const std::string& role) {
  return must(local_.admin()->grant(organisation, worker, std::nullopt, kind, role, kind, ScopeId{}));
}

void Centre::cover(const std::string& worker, const std::string& like) {
  must(local_.admin()->cover(organisation, worker, like, "writer"));
}

std::vector<ScopeId> Centre::grant_cases(const std::string& worker, uint64_t count) {
  const auto granting = local_.admin();
  std::vector<ScopeId> scopes;
  for (uint64_t i = 0; i < count; ++i) {
    scopes.push_back(must(granting->grant(organisation, worker, std::nullopt, "case", "writer",
                                       "Case " + std::to_string(i), ScopeId{})));
  }
  return scopes;
}

server::Reply Centre::ask(const std::string& path, const std::string& credential, Bytes body) {
  server::Request request;
  request.path = path;
  if (!credential.empty()) request.authorization = "Bearer " + credential;
  request.body = std::move(body);
  std::vector<server::Reply> replies = local_.service()->handle({request});
  if (replies.size() != 1 || replies.front().status != 200) {
    const auto failure = replies.empty() ? proto::Failure{} : must(proto::decode_failure(replies.front().body));
    throw std::runtime_error("the centre refused: " + failure.code + " " + failure.message);
  }
  return std::move(replies.front());
}

std::string Centre::sign_in(Tablet& tablet, const std::string& worker) {
  const store::Identity identity = tablet.store->identity();
  proto::SessionRequest request;
  request.replica = identity.replica;
  request.token = local_.token(worker, 3'600'000);
  request.secret_proof = Hasher("satchel replica secret").part(identity.secret).finish().view();
  const server::Reply reply = ask("/v1/session", {}, proto::encode(request));
  return must(proto::decode_session_response(reply.body)).credential;
}

Exchange sync(Tablet& tablet, Centre& centre, const std::string& credential) {
  Exchange exchange;
  store::SessionMemory sent;
  for (bool more = true; more; ++exchange.rounds) {
    const Stopwatch round;
    const store::RequestLimits limits;
    const auto request =
        timed(exchange.tablet_asks, [&] { return must(tablet.store->build_request(limits, sent)); });
    const Bytes up = timed(exchange.wire, [&] { return proto::compress(proto::encode(request)); });
    Bytes body = timed(exchange.wire, [&] { return must(proto::decompress(up, 64 << 20)); });
    const server::Reply reply =
        timed(exchange.centre, [&] { return centre.ask("/v1/sync", credential, std::move(body)); });
    const Bytes down = timed(exchange.wire, [&] { return proto::compress(reply.body); });
    const auto response = timed(exchange.wire, [&] {
      return must(proto::decode_sync_response(must(proto::decompress(down, 64 << 20))));
    });
    const auto applied =
        timed(exchange.tablet_applies, [&] { return must(tablet.store->apply(response, request)); });
    exchange.up_bytes += up.size();
    exchange.down_bytes += down.size();
    exchange.round_ms.push_back(round.seconds() * 1000);
    more = applied.more || !applied.pushed_all;
    if (exchange.rounds > 100'000) throw std::runtime_error("the sync does not come to an end");
  }
  return exchange;
}

double bare_inserts(const std::filesystem::path& path, sqlite::Durability durability,
                    const std::vector<std::string>& texts, uint64_t per_commit, std::vector<double>* step_ms) {
  sqlite::OpenOptions options;
  options.path = path.string();
  options.durability = durability;
  sqlite::Database db = must(sqlite::Database::open(options));
  must(db.exec("CREATE TABLE note(id BLOB PRIMARY KEY, body TEXT NOT NULL) STRICT"));
  const SystemClock clock;
  SystemRandom random;
  const Stopwatch watch;
  for (size_t i = 0; i < texts.size();) {
    const Stopwatch step;
    auto transaction = must(sqlite::Transaction::begin(db, sqlite::Transaction::Kind::write));
    for (uint64_t n = 0; n < per_commit && i < texts.size(); ++n, ++i) {
      sqlite::StatementScope insert(db.prepare("INSERT INTO note(id, body) VALUES(?1, ?2)"));
      insert->bind_blob(0, new_id(clock, random).view()).bind_text(1, texts[i]);
      must(insert->run());
    }
    must(transaction.commit());
    if (step_ms != nullptr) step_ms->push_back(step.seconds() * 1000);
  }
  return watch.seconds();
}

}  // namespace satchel::bench
