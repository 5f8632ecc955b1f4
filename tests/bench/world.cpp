#include "tests/bench/world.hpp"

#include "tests/support/domain_schema.hpp"

namespace satchel::bench {
namespace {

constexpr const char* organisation = "bench";

RecordId new_id(const Clock& clock, Random& random) { return RecordId{uuid_v7(clock.wall_ms(), random)}; }

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
    scopes.push_back(must(
        granting->grant(organisation, worker, std::nullopt, "case", "writer", "Case " + std::to_string(i), ScopeId{})));
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
    const auto request = timed(exchange.tablet_asks, [&] { return must(tablet.store->build_request(limits, sent)); });
    const Bytes up = timed(exchange.wire, [&] { return proto::compress(proto::encode(request)); });
    Bytes body = timed(exchange.wire, [&] { return must(proto::decompress(up, 64 << 20)); });
    const server::Reply reply =
        timed(exchange.centre, [&] { return centre.ask("/v1/sync", credential, std::move(body)); });
    const Bytes down = timed(exchange.wire, [&] { return proto::compress(reply.body); });
    const auto response = timed(
        exchange.wire, [&] { return must(proto::decode_sync_response(must(proto::decompress(down, 64 << 20)))); });
    const auto applied = timed(exchange.tablet_applies, [&] { return must(tablet.store->apply(response, request)); });
    exchange.up_bytes += up.size();
    exchange.down_bytes += down.size();
    exchange.round_ms.push_back(round.seconds() * 1000);
    more = applied.more || !applied.pushed_all;
    if (exchange.rounds > 100'000) throw std::runtime_error("the sync does not come to an end");
  }
  return exchange;
}

}  // namespace satchel::bench
