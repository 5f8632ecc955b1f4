#include "tests/compat_support/world.hpp"


#include "core/merge/words.hpp"
#include "core/query/query.hpp"
#include "platform/c/json_in.hpp"
#include "platform/c/json_out.hpp"
#include "tests/support_centre/disk_files.hpp"

namespace satchel::compat {
namespace {

using nlohmann::json;

constexpr const char* tablet_file = "tablet.db";
constexpr int rounds_most = 200;

// What a conflict is about and who wrote what: neither its words nor when base received it.
json plain_heads(const json& heads) {
  json out = json::array();
  for (const json& head : heads)
    out.push_back({{"by", head.at("by")}, {"at", head.at("at")}, {"value", head.at("value")}});
  return out;
}

json plain_conflict(const json& conflict) {
  json out = {{"rule", conflict.at("rule")},
              {"decide", conflict.at("decide")},
              {"standing", plain_heads(conflict.at("standing"))},
              {"others", plain_heads(conflict.at("others"))}};
  for (const char* name : {"collection", "record", "field", "element", "part"}) {
    if (conflict.contains(name)) out[name] = conflict.at(name);
  }
  return out;
}

// What the C interface hands out.
template <class... Arguments>
json handed_out(const Arguments&... arguments) {
  abi::JsonWriter out;
  abi::write(out, arguments...);
  return json::parse(out.take());
}

json plain_record(const store::Record& record, const model::Schema& schema) {
  const json full = handed_out(record, schema, merge::Language::english);
  return {{"scope", full.at("scope")},
          {"void", full.at("void")},
          {"unsent", full.at("unsent")},
          {"fields", full.at("fields")}};
}

// Without what is only there while somebody has the files open.
FilesByName at_rest(const support::MemoryDisk& disk) {
  FilesByName files = disk.contents();
  std::erase_if(files, [](const auto& file) { return file.first.ends_with(".lock") || file.first.ends_with("-shm"); });
  return files;
}

}  // namespace

Result<server::Claims> PlainIdentity::authenticate(std::string_view token) {
  const size_t slash = token.find('/');
  if (slash == token.npos) return make_error(Code::sign_in, "This token is not good.");
  return server::Claims{std::string(token.substr(0, slash)), std::string(token.substr(slash + 1)), INT64_MAX};
}

Centre::Centre(ManualClock& its_clock, std::string its_schema, uint64_t seed)
    : clock(its_clock), schema(std::move(its_schema)), disk(seed), random(seed) {}

server::ServiceOptions Centre::options() {
  server::ServiceOptions options;
  options.data_dir = "centre";
  options.keys_dir = "centre";
  options.vfs = disk.vfs();
  options.files = files_;
  return options;
}

FilesByName Centre::files() const { return at_rest(disk); }

Result<> Centre::open() {
  files_ = test::make_disk_files(disk, test::StampOf::content);
  SATCHEL_ASSIGN(model::Schema parsed, model::Schema::parse(schema));
  SATCHEL_ASSIGN(service, server::Service::open(options(), std::move(parsed), identity, clock, random, logger));
  return {};
}

std::unique_ptr<server::Admin> Centre::admin() {
  return must(server::Admin::open(options(), must(model::Schema::parse(schema)), clock, random, logger));
}

server::Reply Centre::ask(const std::string& path, const std::string& authorization, const Bytes& body) {
  std::vector<server::Reply> replies = service->handle({server::Request{path, authorization, body, false}});
  return std::move(replies.at(0));
}

Tablet::Tablet(ManualClock& its_clock, std::string its_worker, std::string its_schema, uint64_t seed)
    : clock(its_clock), worker(std::move(its_worker)), schema(std::move(its_schema)), disk(seed), random(seed) {
  must(open());
}

Tablet::Tablet(ManualClock& its_clock, const FilesByName& files, std::map<std::string, Bytes> its_secrets,
               uint64_t seed)
    : clock(its_clock), disk(seed), random(seed) {
  disk.put_back(files);
  secrets->kept = std::move(its_secrets);
}

Result<> Tablet::open() {
  store::Options options;
  options.path = tablet_file;
  options.vfs = disk.vfs();
  options.schema_json = schema;
  options.organisation = organisation;
  options.worker = worker;
  options.secrets = secrets;
  SATCHEL_ASSIGN(store, store::Store::open(options, clock, random, logger));
  SATCHEL_ASSIGN(reader, store->reader());
  worker = store->identity().worker;
  return {};
}

void Tablet::close() {
  reader.reset();
  store.reset();
}

FilesByName Tablet::files() const { return at_rest(disk); }

Result<store::Receipt> Tablet::try_write(const json& commit) {
  SATCHEL_ASSIGN(auto draft, abi::parse_draft(commit.dump(), {*reader, clock, random}));
  return store->commit(draft.draft);
}

server::Reply Tablet::exchange(Centre& centre, std::vector<Exchange>* record, const std::string& path,
                               const std::string& authorization, const Bytes& body) {
  clock.advance(1000);
  server::Reply reply = centre.ask(path, authorization, body);
  if (record != nullptr) record->push_back({clock.wall_ms(), worker, path, body, reply.body, reply.status});
  if (reply.status == 200) return reply;
  const auto failure = must(proto::decode_failure(reply.body));
  throw std::runtime_error(path + ": " + failure.code + " " + failure.message);
}

void Tablet::sync(Centre& centre, std::vector<Exchange>* record) {
  const store::Identity identity = store->identity();
  proto::SessionRequest session;
  session.replica = identity.replica;
  session.token = std::string(organisation) + "/" + worker;
  session.secret_proof = Hasher("satchel replica secret").part(identity.secret).finish().view();
  const auto opened = exchange(centre, record, "/v1/session", {}, proto::encode(session));
  const std::string credential = "Bearer " + must(proto::decode_session_response(opened.body)).credential;
  store::SessionMemory memory;
  for (int round = 0; round < rounds_most; ++round) {
    auto request = must(store->build_request({}, memory));
    request.sent_at_ms = clock.wall_ms() + 1000;  // exchange() lets a second pass
    const auto reply = exchange(centre, record, "/v1/sync", credential, proto::encode(request));
    const auto applied = must(store->apply(must(proto::decode_sync_response(reply.body)), request));
    if (!applied.more && applied.pushed_all) return;
  }
  throw std::runtime_error("the sync of " + worker + " does not come to an end");
}

json Tablet::contents() {
  json records = json::object();
  for (const auto& [name, collection] : store->schema().collections()) {
    query::Query all;
    all.collection = name;
    all.include_voided = true;
    all.limit = 1000;
    do {
      query::Page page = must(query::run(*reader, all));
      for (const auto& record : page.records) {
        records[name + "/" + record.key.record.text()] = plain_record(record, store->schema());
      }
      all.after = page.next;
    } while (!all.after.empty());
  }
  json conflicts = json::array(), set_aside = json::array();
  for (const auto& entry : must(reader->conflicts()))
    conflicts.push_back(plain_conflict(handed_out(entry, merge::Language::english)));
  for (const auto& refused : must(reader->set_aside())) set_aside.push_back(abi::to_json(refused));
  return {{"records", records},
          {"conflicts", conflicts},
          {"set_aside", set_aside},
          {"unsent", must(reader->status()).unsent}};
}

json Tablet::scopes() {
  json all = json::object();
  for (const auto& scope : must(reader->scopes())) {
    all[scope.id.text()] = {{"log", to_hex(scope.log_digest.view())}, {"state", to_hex(scope.state_digest.view())}};
  }
  return all;
}

std::string differences(Tablet& tablet, Centre& centre) {
  const json here = tablet.scopes();
  json there = json::object();
  for (const auto& scope : must(centre.admin()->scopes(organisation))) {
    there[scope.id.text()] = {{"log", to_hex(scope.log_digest.view())}, {"state", to_hex(scope.state_digest.view())}};
  }
  if (here.empty()) return "the tablet of " + tablet.worker + " holds nothing";
  for (const auto& [id, digests] : here.items()) {
    if (!there.contains(id)) return "the centre has no scope " + id;
    if (there[id] != digests)
      return "scope " + id + ": " + digests.dump() + " here, " + there[id].dump() + " at the centre";
  }
  return {};
}

}  // namespace satchel::compat
