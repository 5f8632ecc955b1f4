#include "platform/cli/store.hpp"

#include <iostream>
#include <memory>
#include <string_view>
#include <vector>

namespace satchel_cli {
namespace {

using nlohmann::json;

// Answers sign-in requests from the configuration.
struct Tokens {
  Config config;

  static void request(void* context, satchel_token_request* request) {
    const auto& self = *static_cast<Tokens*>(context);
    try {
      const std::string token = self.config.token();
      satchel_token_give(request, slice(token));
    } catch (const std::exception& error) {
      satchel_token_refuse(request, SATCHEL_SIGN_IN, satchel_text(error.what()));
    }
  }
  static void destroy(void* context) { delete static_cast<Tokens*>(context); }
};

// What opening found is told at once: the next command is another process.
void on_log(satchel_slice event, satchel_slice fields, bool as_json) {
  if (std::string_view(event.data, event.size) != "store_notice") return;
  const json parsed = json::parse(std::string_view(fields.data, fields.size), nullptr, false);
  if (!parsed.is_object()) return;
  const std::string words = parsed.value("words", std::string());
  std::cerr << (as_json ? json{{"notice", words}}.dump() : words) << "\n";
}
void log_for_person(void*, satchel_level, satchel_slice event, satchel_slice fields) { on_log(event, fields, false); }
void log_as_json(void*, satchel_level, satchel_slice event, satchel_slice fields) { on_log(event, fields, true); }

// Options that point into `with` and `pins`, which must live until the call.
satchel_options options_of(const OpenWith& with, std::vector<satchel_slice>& pins) {
  satchel_options options = {};
  options.size = sizeof options;
  options.path = slice(with.path);
  options.schema = slice(with.schema);
  options.organisation = slice(with.organisation);
  options.worker = slice(with.worker);
  options.key = slice(with.key);
  options.must_exist = with.must_exist;
  options.durability = SATCHEL_EACH_COMMIT;
  options.base_url = slice(with.config.server);
  options.ca_file = slice(with.config.ca_file);
  for (const std::string& pin : with.config.pins) pins.push_back(slice(pin));
  options.pins = pins.data();
  options.pin_count = pins.size();
  options.proxy = slice(with.config.proxy);
  options.tokens = {new Tokens{with.config}, Tokens::request, Tokens::destroy};
  options.logger.log = with.json ? log_as_json : log_for_person;
  options.language = slice(with.language);
  return options;
}

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

Failure failure_of(const satchel_error* error) {
  return Failure(satchel_error_code(error), satchel_error_message(error), satchel_error_place(error),
                 satchel_error_retryable(error));
}

satchel_live_observer observer_of(Store::Heard heard) {
  using Heard = Store::Heard;
  const auto changed = [](void* context, satchel_slice text) {
    const json parsed = json::parse(std::string_view(text.data, text.size), nullptr, false);
    if (!parsed.is_discarded()) static_cast<Heard*>(context)->changed(parsed);
  };
  const auto failed = [](void* context, const satchel_error* error) {
    const auto& tell = static_cast<Heard*>(context)->failed;
    if (tell) tell(failure_of(error));
  };
  return {new Heard(std::move(heard)), changed, failed, [](void* context) { delete static_cast<Heard*>(context); }};
}

}  // namespace

void check(satchel_error* error) {
  if (error == nullptr) return;
  const Failure failure = failure_of(error);
  satchel_error_free(error);
  throw failure;
}

json take_json(satchel_buffer& buffer) {
  json parsed = json::parse(std::string_view(buffer.data, buffer.size), nullptr, false);
  satchel_buffer_free(&buffer);
  if (parsed.is_discarded()) throw Failure(SATCHEL_INTERNAL, "The library answered with something that is not JSON.");
  return parsed;
}

Store::Store(const OpenWith& with) {
  std::vector<satchel_slice> pins;
  const satchel_options options = options_of(with, pins);
  check(satchel_open(&options, &handle_));
}

Store::~Store() {
  if (handle_ != nullptr) satchel_error_free(satchel_close(handle_));
}

void Store::close() {
  satchel_store* handle = handle_;
  handle_ = nullptr;
  check(satchel_close(handle));
}

json Store::ask(Ask function) {
  satchel_buffer out = {};
  check(function(handle_, &out));
  return take_json(out);
}

json Store::ask(AskWith function, const json& input) {
  satchel_buffer out = {};
  const std::string text = dump(input);
  check(function(handle_, slice(text), &out));
  return take_json(out);
}

json Store::transact(const json& changes) { return ask(satchel_transact, changes); }
json Store::settle(const json& decision) { return ask(satchel_settle, decision); }
json Store::query(const json& query) { return ask(satchel_query, query); }
json Store::sql(const json& sql) { return ask(satchel_sql, sql); }
json Store::search(const json& search) { return ask(satchel_search, search); }
json Store::scopes() { return ask(satchel_scopes)["scopes"]; }
json Store::conflicts() { return ask(satchel_conflicts); }
json Store::set_aside() { return ask(satchel_set_aside)["set_aside"]; }
json Store::about() { return ask(satchel_about); }
json Store::status() { return ask(satchel_status); }
json Store::verify() { return ask(satchel_verify); }
void Store::copy(const std::string& path) { check(satchel_copy(handle_, slice(path))); }
void Store::watch_start() { check(satchel_watch_start(handle_)); }
void Store::watch_stop() { check(satchel_watch_stop(handle_)); }

json Store::read(const std::string& collection, const std::string& record) {
  satchel_buffer out = {};
  check(satchel_read(handle_, slice(collection), slice(record), &out));
  return take_json(out);
}

json Store::sync() {
  satchel_buffer out = {};
  check(satchel_sync_wait(handle_, 0, &out));
  return take_json(out);
}

json Store::sync_within(int64_t within_ms) {
  satchel_buffer out = {};
  check(satchel_sync_within_wait(handle_, within_ms, &out));
  return take_json(out);
}

json Store::history(const std::string& collection, const std::string& record, const std::string& field) {
  satchel_buffer out = {};
  check(satchel_history(handle_, slice(collection), slice(record), slice(field), &out));
  return take_json(out);
}

void Store::keep_history(const std::string& scope, bool keep) {
  check(satchel_keep_history(handle_, slice(scope), keep));
}

std::unique_ptr<Live> Store::follow(const json& query, Heard heard) {
  const std::string text = dump(query);
  satchel_live* live = nullptr;
  check(satchel_live_query(handle_, slice(text), observer_of(std::move(heard)), &live));
  return std::make_unique<Live>(live);
}

std::unique_ptr<Live> Store::follow_status(Heard heard) {
  satchel_live* live = nullptr;
  check(satchel_live_status(handle_, observer_of(std::move(heard)), &live));
  return std::make_unique<Live>(live);
}

std::unique_ptr<Live> Store::follow_changes(Heard heard) {
  satchel_live* live = nullptr;
  check(satchel_live_changes(handle_, observer_of(std::move(heard)), &live));
  return std::make_unique<Live>(live);
}

void rekey(const OpenWith& with, const std::string& new_key) {
  std::vector<satchel_slice> pins;
  const satchel_options options = options_of(with, pins);
  check(satchel_rekey(&options, slice(new_key)));
}

json rescue(const OpenWith& with) {
  std::vector<satchel_slice> pins;
  const satchel_options options = options_of(with, pins);
  satchel_buffer out = {};
  check(satchel_rescue(&options, &out));
  return take_json(out);
}

}  // namespace satchel_cli
