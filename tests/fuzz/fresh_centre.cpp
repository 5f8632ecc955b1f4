#include "tests/fuzz/fresh_centre.hpp"

#include <stdexcept>

#include "proto/codec.hpp"
#include "proto/messages.hpp"
#include "tests/support/domain_schema.hpp"
#include "tests/support_centre/disk_files.hpp"

namespace satchel::fuzz {
namespace {

constexpr const char* issuer = "https://id.test";
constexpr const char* audience = "satchel";

template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " [" + result.error().place + "]");
  return std::move(result).value();
}
void must(Result<> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " [" + result.error().place + "]");
}

model::Op create(const std::string& collection, const RecordId& record) {
  model::Op op;
  op.collection = collection;
  op.record = record;
  op.action = model::Action::create;
  return op;
}

model::Op set(model::Op op, const std::string& field, model::Kind kind, model::Action action,
              const model::Value& value) {
  op.field = field;
  op.kind = kind;
  op.action = action;
  op.value = proto::encode_value(value);
  return op;
}

RecordId record(uint8_t number) {
  RecordId id;
  id.bytes = {1, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80};
  id.bytes[15] = number;
  return id;
}

std::vector<model::Op> first_words(const RecordId& person, const RecordId& note) {
  using model::Action;
  using model::Kind;
  const model::Op of_person = create("person", person), of_note = create("visit_note", note);
  return {of_person,
          set(of_person, "preferred_name", Kind::register_, Action::assign, std::string("Edith")),
          set(of_person, "lone_worker_risk", Kind::severity, Action::assign, std::string("high")),
          of_note,
          set(of_note, "body", Kind::text, Action::edit, model::TextEdits{{{0, 0, "She was at home."}}})};
}

}  // namespace

void LastError::log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (event == "foreign_write_ahead_log_set_aside") log_set_aside = true;
  if (level != LogLevel::error) return;
  line = event;
  for (const LogField& field : fields) line += " " + std::string(field.key) + "=" + field.value;
}

FreshCentre::FreshCentre() {
  for (uint8_t i = 1; i <= 6; ++i) known_.records.push_back(record(i));
  known_.replica = ReplicaId{random_128(random_)};
  known_.other = ReplicaId{random_128(random_)};
  must(server::make_development_keys(directory_.path()));
  server::JwtOptions jwt;
  jwt.keys_file = server::development_key_set(directory_.path());
  jwt.issuer = issuer;
  jwt.audience = audience;
  authenticator_ = must(server::make_jwt_authenticator(jwt, clock_));
  options_.data_dir = "centre";
  options_.keys_dir = "keys";
  options_.vfs = disk_.vfs();
  must(open());
  fill();
  for (const auto& state : must(admin_->scopes(organisation))) known_.states[state.id] = state;
  killed_files_ = disk_.contents();
  close();
  files_ = disk_.contents();
  renew();
}

Result<> FreshCentre::open() {
  random_ = SeededRandom(7);
  logger_ = LastError();
  // What is put back is the very file that was closed.
  options_.files = test::make_disk_files(disk_, test::StampOf::content);
  const model::Schema schema = test::domain_schema();
  SATCHEL_ASSIGN(service_, server::Service::open(options_, schema, *authenticator_, clock_, random_, logger_));
  SATCHEL_ASSIGN(admin_, server::Admin::open(options_, schema, clock_, random_, logger_));
  return {};
}

void FreshCentre::close() {
  admin_.reset();
  service_.reset();
}

Result<> FreshCentre::restart() {
  close();
  return open();
}

Result<> FreshCentre::open_with(const Files& files) {
  close();
  disk_.put_back(files);
  auto opened = open();
  if (!opened.ok()) close();
  return opened;
}

void FreshCentre::renew() {
  must(open_with(files_));
  operations_ = disk_.operations();
}

std::string FreshCentre::token_of(const std::string& worker) const {
  return must(server::mint_token(directory_.path(), issuer, audience, organisation, worker, 3'600'000, clock_));
}

Bytes FreshCentre::note(const ScopeId& scope, const RecordId& record) {
  model::Header header;
  header.worker = "amy";
  header.schema_version = 1;
  header.wall_ms = clock_.wall_ms();
  header.id.replica = known_.replica;
  header.id.scope = scope;
  Hand hand = known_.hands[scope];
  return must(write(hand, header, first_words(record, record), random_));
}

std::string FreshCentre::sign_in(const std::string& worker, const ReplicaId& replica) {
  proto::SessionRequest request;
  request.replica = replica;
  request.token = token_of(worker);
  request.secret_proof = Bytes(32, 'p');
  const auto replies = service().handle({{"/v1/session", "", proto::encode(request)}});
  return must(proto::decode_session_response(replies.at(0).body)).credential;
}

void FreshCentre::push(const std::string& credential, const Bytes& transaction) {
  proto::SyncRequest request;
  request.sent_at_ms = clock_.wall_ms();
  request.push = {{transaction, std::nullopt}};
  const auto replies = service().handle({{"/v1/sync", "Bearer " + credential, proto::encode(request)}});
  if (must(proto::decode_sync_response(replies.at(0).body)).verdicts.size() != 1) throw std::runtime_error("no verdict");
}

void FreshCentre::fill() {
  const auto grant = [&](const std::string& worker, const std::string& kind, const std::string& role) {
    return must(admin_->grant(organisation, worker, std::nullopt, kind, role, "", ScopeId{}));
  };
  for (const auto& [worker, kind, role] : std::vector<std::array<std::string, 3>>{
           {"amy", "case", "writer"}, {"amy", "case", "writer"}, {"amy", "team", "reader"}, {"ben", "case", "writer"}}) {
    known_.scopes.push_back(grant(worker, kind, role));
  }
  must(admin_->grant(organisation, "ben", known_.scopes[0], "", "writer", "", ScopeId{}));
  known_.token = token_of("amy");
  known_.credential = sign_in("amy", known_.replica);
  const std::string ben = sign_in("ben", known_.other);
  model::Header header;
  header.worker = "amy";
  header.schema_version = 1;
  header.wall_ms = clock_.wall_ms();
  header.id.replica = known_.replica;
  // The last is in a scope of ben's: it is refused.
  for (const size_t at : {0, 0, 1, 3}) {
    header.id.scope = known_.scopes[at];
    Hand& hand = known_.hands[header.id.scope];
    push(known_.credential, must(write(hand, header, first_words(known_.records[at], known_.records[4]), random_)));
  }
  Hand of_ben;
  header.worker = "ben";
  header.id.replica = known_.other;
  header.id.scope = known_.scopes[0];
  push(ben, must(write(of_ben, header, first_words(known_.records[2], known_.records[5]), random_)));
  known_.scopes.push_back(ScopeId{random_128(random_)});
}

Result<Bytes> write(Hand& hand, const model::Header& header, std::vector<model::Op> ops, Random& random) {
  model::Transaction made{header, std::move(ops)};
  made.header.id.counter = hand.counter + 1;
  hand.base.set(header.id.replica, hand.counter);  // others whose hand it was may name this one's words higher
  made.header.base.join(hand.base);
  made.header.base.set(header.id.replica, hand.counter);
  if (made.header.shown.empty()) made.header.shown = made.header.base;
  made.header.shown.meet(made.header.base);
  SATCHEL_ASSIGN(auto encoded, proto::encode_transaction(organisation, made, hand.base, random));
  hand.counter += 1;
  hand.base = made.header.base;
  hand.last = encoded.bytes;
  return std::move(encoded.bytes);
}

}  // namespace satchel::fuzz
