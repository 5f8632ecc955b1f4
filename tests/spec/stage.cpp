#include "tests/spec/stage.hpp"

#include "proto/codec.hpp"

namespace satchel::spec {
namespace {

constexpr const char* organisation = "north";

template <class T>
T take(Result<T> result) {
  if (!result.ok()) throw Failed(result.error().message + " [" + result.error().place + "]");
  return std::move(result).value();
}

satchel_slice slice(const std::string& text) { return {text.data(), text.size()}; }

void done(satchel_error* error) {
  if (error == nullptr) return;
  const std::string words = std::string(satchel_error_message(error)) + " [" + satchel_error_place(error) + "]";
  satchel_error_free(error);
  throw Failed(words);
}

json take(satchel_buffer& buffer) {
  json parsed = json::parse(std::string(buffer.data, buffer.size));
  satchel_buffer_free(&buffer);
  return parsed;
}

}  // namespace

// ---- centre ---------------------------------------------------------------------------------------------------------

Centre::Centre(const std::filesystem::path& directory, const Time& time)
    : local_(directory.string(), organisation, time, random_, quiet_) {
  local_.open();
}

void Centre::restart() {
  std::lock_guard lock(mutex_);
  local_.close();
  local_.open();
}

server::Reply Centre::answer(const std::string& path, const std::string& authorization, const std::string& body) {
  server::Request request;
  request.path = path;
  request.authorization = authorization;
  request.body = body;
  std::lock_guard lock(mutex_);
  return local_.service()->handle({request}).front();
}

std::string Centre::token(const std::string& worker) { return local_.token(worker, 86'400'000); }

// ---- tablet ---------------------------------------------------------------------------------------------------------

Tablet::Tablet(const std::filesystem::path& file, Centre& centre, const Time& time, std::string name,
               const std::string& schema)
    : worker(std::move(name)), centre_(centre), time_(time) {
  const std::string path = file.string(), owner = organisation;
  satchel_options options = {};
  options.size = sizeof options;
  options.path = slice(path);
  options.schema = slice(schema);
  options.organisation = slice(owner);
  options.worker = slice(worker);
  options.durability = SATCHEL_GROUPED;
  options.http.context = this;
  options.http.send = send;
  options.tokens.context = this;
  options.tokens.request = sign_in;
  options.clock.context = this;
  options.clock.wall_ms = wall;
  options.clock.monotonic_ms = monotonic;
  done(satchel_open(&options, &store_));
}

Tablet::~Tablet() { satchel_error_free(satchel_close(store_)); }

int64_t Tablet::wall(void* self) {
  const auto& tablet = *static_cast<Tablet*>(self);
  return tablet.time_.wall_ms() + tablet.ahead_ms;
}

int64_t Tablet::monotonic(void* self) { return static_cast<Tablet*>(self)->time_.monotonic_ms(); }

void Tablet::sign_in(void* self, satchel_token_request* request) {
  auto& tablet = *static_cast<Tablet*>(self);
  const std::string token = tablet.centre_.token(tablet.worker);
  satchel_token_give(request, slice(token));
}

void Tablet::send(void* self, satchel_http_request* request) {
  auto& tablet = *static_cast<Tablet*>(self);
  const auto text = [](satchel_slice from) { return std::string(from.data, from.size); };
  std::string body = text(satchel_http_body(request)), authorization;
  for (size_t i = 0; i < satchel_http_header_count(request); ++i) {
    const satchel_header header = satchel_http_header(request, i);
    if (text(header.name) == "authorization") authorization = text(header.value);
    if (text(header.name) == "content-encoding") body = take(proto::decompress(body, 64 << 20));
  }
  const server::Reply reply = tablet.centre_.answer(text(satchel_http_path(request)), authorization, body);
  if (tablet.answers_to_lose > 0) {
    --tablet.answers_to_lose;
    return satchel_http_fail(request, SATCHEL_NETWORK, satchel_text("The answer was lost."));
  }
  const satchel_header header = {satchel_text("content-type"), satchel_text("application/x-protobuf")};
  satchel_http_respond(request, reply.status, &header, 1, slice(reply.body));
}

json Tablet::ask(satchel_error* (*function)(satchel_store*, satchel_buffer*)) {
  satchel_buffer out = {};
  done(function(store_, &out));
  return take(out);
}

json Tablet::transact(const json& draft) {
  const std::string text = draft.dump();
  satchel_buffer out = {};
  done(satchel_transact(store_, slice(text), &out));
  return take(out);
}

json Tablet::settle(const json& decision) {
  const std::string text = decision.dump();
  satchel_buffer out = {};
  done(satchel_settle(store_, slice(text), &out));
  return take(out);
}

json Tablet::read(const std::string& collection, const std::string& record) {
  satchel_buffer out = {};
  satchel_error* error = satchel_read(store_, slice(collection), slice(record), &out);
  if (error != nullptr && satchel_error_code(error) == SATCHEL_NOT_FOUND) {
    satchel_error_free(error);
    return nullptr;
  }
  done(error);
  return take(out);
}

json Tablet::query(const json& query) {
  const std::string text = query.dump();
  satchel_buffer out = {};
  done(satchel_query(store_, slice(text), &out));
  return take(out);
}

json Tablet::conflicts() { return ask(satchel_conflicts); }
json Tablet::scopes() { return ask(satchel_scopes); }
json Tablet::set_aside() { return ask(satchel_set_aside)["set_aside"]; }
json Tablet::status() { return ask(satchel_status); }
void Tablet::verify() { ask(satchel_verify); }

void Tablet::sync() {
  satchel_buffer out = {};
  done(satchel_sync_wait(store_, 60'000, &out));
  satchel_buffer_free(&out);
}

}  // namespace satchel::spec
