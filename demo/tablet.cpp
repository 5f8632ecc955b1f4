#include "demo/tablet.hpp"

namespace satchel::demo {
namespace {

using nlohmann::json;

satchel_slice slice(const std::string& text) { return {text.data(), text.size()}; }

void check(satchel_error* error) {
  if (error == nullptr) return;
  std::string message = satchel_error_message(error);
  if (*satchel_error_place(error) != '\0') message += std::string(" (") + satchel_error_place(error) + ")";
  satchel_error_free(error);
  throw Failed(message);
}

json parsed(satchel_buffer& buffer) {
  json out = json::parse(buffer.data, buffer.data + buffer.size);
  satchel_buffer_free(&buffer);
  return out;
}

void give_token(void* context, satchel_token_request* request) {
  satchel_token_give(request, slice(*static_cast<std::string*>(context)));
}

}  // namespace

Tablet::Tablet(TabletSettings settings) : settings_(std::move(settings)) {
  const std::string file = settings_.file.string(), ca_file = settings_.ca_file.string();
  const std::string url = "https://127.0.0.1:" + std::to_string(settings_.port);
  satchel_options options{};
  options.size = sizeof options;
  options.path = slice(file);
  options.schema = slice(settings_.schema);
  options.organisation = satchel_text("north-net");
  options.worker = slice(settings_.worker);
  options.base_url = slice(url);
  options.ca_file = slice(ca_file);
  options.tokens = {&settings_.token, give_token, nullptr};
  check(satchel_open(&options, &store_));
}

Tablet::~Tablet() {
  if (store_ != nullptr) satchel_error_free(satchel_close(store_));
}

json Tablet::transact(const json& changes) {
  const std::string text = changes.dump();
  satchel_buffer out;
  check(satchel_transact(store_, slice(text), &out));
  return parsed(out);
}

json Tablet::read(const std::string& collection, const std::string& record) const {
  satchel_buffer out;
  check(satchel_read(store_, slice(collection), slice(record), &out));
  return parsed(out);
}

json Tablet::query(const json& query) const {
  const std::string text = query.dump();
  satchel_buffer out;
  check(satchel_query(store_, slice(text), &out));
  return parsed(out);
}

json Tablet::conflicts() const {
  satchel_buffer out;
  check(satchel_conflicts(store_, &out));
  return parsed(out);
}

json Tablet::settle(const json& decision) {
  const std::string text = decision.dump();
  satchel_buffer out;
  check(satchel_settle(store_, slice(text), &out));
  return parsed(out);
}

json Tablet::history(const std::string& collection, const std::string& record, const std::string& field) const {
  satchel_buffer out;
  check(satchel_history(store_, slice(collection), slice(record), slice(field), &out));
  return parsed(out);
}

void Tablet::keep_history(const std::string& scope) { check(satchel_keep_history(store_, slice(scope), 1)); }

json Tablet::scopes() const {
  satchel_buffer out;
  check(satchel_scopes(store_, &out));
  return parsed(out);
}

json Tablet::status() const {
  satchel_buffer out;
  check(satchel_status(store_, &out));
  return parsed(out);
}

void Tablet::verify() const {
  satchel_buffer out;
  check(satchel_verify(store_, &out));
  satchel_buffer_free(&out);
}

std::string Tablet::sync() {
  satchel_buffer status;
  satchel_error* error = satchel_sync_wait(store_, 0, &status);
  if (error == nullptr) {
    satchel_buffer_free(&status);
    return "";
  }
  std::string message = satchel_error_message(error);
  satchel_error_free(error);
  return message;
}

}  // namespace satchel::demo
