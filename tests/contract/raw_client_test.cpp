// A client that is not ours: built from docs/PROTOCOL.md's messages alone, over real TLS. It may overtake itself, and
// it may lie.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "proto/codec.hpp"
#include "sync/exchange.hpp"
#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"

using namespace satchel;
using namespace satchel::contract;

namespace {

class RawClient {
 public:
  RawClient(const Centre& centre, const std::string& worker) : centre_(centre), worker_(worker) {
    replica = ReplicaId{random_128(random_)};
    proof_ = Bytes(32, 'p');
    proto::SessionRequest request;
    request.replica = replica;
    request.token = centre.token(worker);
    request.secret_proof = proof_;
    const Bytes answer = exchange(sync::session_path, proto::encode(request));
    credential_ = take(proto::decode_session_response(answer)).credential;
  }

  // The transaction with this counter: a note of its own.
  Bytes transaction(const ScopeId& scope, uint64_t counter, const std::string& body) {
    model::Transaction made;
    made.header.id = {scope, replica, counter};
    made.header.worker = worker_;
    made.header.wall_ms = centre_.clock.wall_ms();
    made.header.schema_version = 1;
    if (counter > 1) made.header.base.set(replica, counter - 1);
    made.header.shown = made.header.base;
    model::Version before;
    if (counter > 2) before.set(replica, counter - 2);
    for (auto& change : note(scope, body).changes) made.ops.push_back(change.op);
    made.ops.back().action = model::Action::edit;  // as a store writes a whole new text
    made.ops.back().value = proto::encode_value(model::TextEdits{{{0, 0, body}}});
    return take(proto::encode_transaction(organisation, made, before, random_)).bytes;
  }

  proto::SyncResponse sync(std::vector<proto::Push> push) {
    proto::SyncRequest request;
    request.sent_at_ms = centre_.clock.wall_ms();
    request.push = std::move(push);
    request.schema_version = 1;
    return take(proto::decode_sync_response(exchange(sync::sync_path, proto::encode(request))));
  }

  ReplicaId replica;

 private:
  // Each request on a connection of its own.
  Bytes exchange(std::string_view path, Bytes body) {
    sync::CurlOptions options;
    options.base_url = "https://127.0.0.1:" + std::to_string(centre_.port());
    options.ca_file = centre_.ca_file();
    auto transport = take(sync::make_curl_transport(options));
    std::promise<Result<sync::HttpResponse>> done;
    transport->send(sync::make_request(path, std::move(body), credential_),
                    [&](Result<sync::HttpResponse> response) { done.set_value(std::move(response)); });
    auto read = sync::read_answer(path, done.get_future().get(), 0);
    if (const auto* failure = std::get_if<sync::Failure>(&read)) FAIL(failure->error.message);
    return std::get<Bytes>(read);
  }

  const Centre& centre_;
  std::string worker_, credential_;
  Bytes proof_;
  SystemRandom random_;
};

std::vector<proto::Push> pushes(std::initializer_list<Bytes> transactions) {
  std::vector<proto::Push> all;
  for (const Bytes& bytes : transactions) all.push_back({bytes, std::nullopt});
  return all;
}

}  // namespace

TEST_CASE("requests of one device that overtake each other: each transaction stands once, none in quarantine") {
  Centre centre;
  centre.start();
  std::vector<int> order = {0, 1, 2};
  do {
    const ScopeId scope = centre.grant("amira", "case");
    centre.grant("beth", "case", scope);
    RawClient device(centre, "amira");
    const Bytes a1 = device.transaction(scope, 1, "one"), a2 = device.transaction(scope, 2, "two"),
                a3 = device.transaction(scope, 3, "three");
    const std::vector<std::vector<proto::Push>> requests = {pushes({a1, a2}), pushes({a1, a2, a3}), pushes({a3})};
    for (const int which : order) {
      for (const auto& verdict : device.sync(requests[static_cast<size_t>(which)]).verdicts) {
        if (verdict.kind == proto::VerdictKind::not_yet) {
          CHECK(verdict.missing_replica == device.replica);  // names the first hole
          CHECK(verdict.missing_counter == 1);
        } else {
          CHECK(verdict.kind == proto::VerdictKind::accepted);
        }
      }
    }
    const auto last = device.sync(requests[1]);
    REQUIRE(last.verdicts.size() == 3);
    for (const auto& verdict : last.verdicts) CHECK(verdict.kind == proto::VerdictKind::accepted);
    Tablet beth(centre, {.worker = "beth"});
    take(beth.sync());
    CHECK(beth.position(scope) == 3);
    CHECK(take(centre.admin()->quarantine(organisation)).empty());
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("after a restore a true offer comes back, and one that the centre never wrote is refused") {
  Centre centre{true};
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.stop();
  test::TemporaryDirectory yesterday;
  const auto database = centre.data_dir() / "centre.db";
  std::filesystem::copy_file(database, yesterday.path("centre.db"));
  centre.start();
  RawClient device(centre, "amira");
  const Bytes real = device.transaction(scope, 1, "mine");
  const auto accepted = device.sync(pushes({real}));
  REQUIRE(accepted.verdicts.size() == 1);
  centre.stop();
  for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(database.string() + suffix);
  std::filesystem::copy_file(yesterday.path("centre.db"), database, std::filesystem::copy_options::overwrite_existing);
  centre.start();

  const auto offer_of = [&](const Bytes& bytes, const ReplicaId& replica) {
    proto::Offer offer;
    offer.scope = scope;
    offer.entry.id = {scope, replica, 1};
    offer.entry.hash = take(proto::decode_transaction(organisation, bytes)).hash;
    offer.entry.envelope = accepted.verdicts.front().envelope;
    offer.entry.bytes = bytes;
    return offer;
  };
  RawClient liar(centre, "amira");
  const Bytes invented = liar.transaction(scope, 1, "she is fine, close the case");
  // A real envelope, around another transaction.
  const auto refused = liar.sync({{{}, offer_of(invented, liar.replica)}});
  REQUIRE(refused.verdicts.size() == 1);
  CHECK(refused.verdicts.front().kind == proto::VerdictKind::refused_offer);
  CHECK_FALSE(refused.verdicts.front().reason.empty());
  // The true one, from a device that never wrote it.
  const auto back = liar.sync({{{}, offer_of(real, device.replica)}});
  REQUIRE(back.verdicts.size() == 1);
  CHECK(back.verdicts.front().kind == proto::VerdictKind::accepted);
  CHECK(back.verdicts.front().envelope.ord == accepted.verdicts.front().envelope.ord);
  Tablet reader(centre, {.worker = "amira"});
  take(reader.sync());
  CHECK(reader.position(scope) == 1);
}
