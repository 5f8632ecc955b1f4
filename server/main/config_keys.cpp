#include <charconv>
#include <utility>

#include "server/main/config.hpp"

namespace satchel::server::cli {
namespace {

using Type = ConfigKey::Type;

template <class Place>
ConfigKey text_key(std::string pointer, Type type, bool required, Place place, std::string meaning) {
  ConfigKey key;
  key.pointer = std::move(pointer);
  key.meaning = std::move(meaning);
  key.type = type;
  key.required = required;
  key.set = [place](Config& config, const std::string& text) { place(config) = text; };
  key.show = [place](const Config& config) { return place(const_cast<Config&>(config)); };
  return key;
}

template <class Place>
ConfigKey number_key(std::string pointer, int64_t least, int64_t most, Place place, std::string meaning) {
  ConfigKey key;
  key.pointer = std::move(pointer);
  key.meaning = std::move(meaning);
  key.type = Type::number;
  key.least = least;
  key.most = most;
  key.set = [place](Config& config, const std::string& text) {
    int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    auto& target = place(config);
    target = static_cast<std::remove_reference_t<decltype(target)>>(number);
  };
  key.show = [place](const Config& config) { return std::to_string(place(const_cast<Config&>(config))); };
  return key;
}

ConfigKey backup_key() {
  ConfigKey key;
  key.pointer = "/backup/configured";
  key.type = Type::boolean;
  key.meaning =
      "true: `satchel-server backup` runs regularly, and tablets keep what no verified backup covers yet. "
      "false: there is nothing to restore from.";
  key.set = [](Config& config, const std::string& text) { config.service.backup_configured = text == "true"; };
  key.show = [](const Config& config) { return config.service.backup_configured ? "true" : "false"; };
  return key;
}

ConfigKey level_key() {
  static const char* const names[] = {"debug", "info", "warning", "error"};
  ConfigKey key;
  key.pointer = "/log/level";
  key.type = Type::level;
  key.meaning = "Which lines are written: debug, info, warning or error.";
  key.set = [](Config& config, const std::string& text) {
    for (int level = 0; level < 4; ++level) {
      if (text == names[level]) config.log_level = static_cast<LogLevel>(level);
    }
  };
  key.show = [](const Config& config) { return names[static_cast<int>(config.log_level)]; };
  return key;
}

void add_files(std::vector<ConfigKey>& keys) {
  keys.push_back(text_key("/data_dir", Type::path, true, [](Config& c) -> auto& { return c.service.data_dir; },
                          "Directory of the central store: centre.db and what belongs beside it."));
  keys.push_back(text_key("/keys_dir", Type::path, true, [](Config& c) -> auto& { return c.service.keys_dir; },
                          "Directory of the centre's own key. Keep it out of the backups of data_dir."));
  keys.push_back(text_key("/schema_file", Type::path, true, [](Config& c) -> auto& { return c.schema_file; },
                          "The application's schema, the same as on the tablets."));
  keys.push_back(text_key("/organisation", Type::text, false, [](Config& c) -> auto& { return c.organisation; },
                          "Organisation that the commands mean when they are given no --org."));
  keys.push_back(text_key("/listen/address", Type::text, false, [](Config& c) -> auto& { return c.http.address; },
                          "IP address to listen on; 0.0.0.0 or :: for all."));
  keys.push_back(number_key("/listen/port", 0, 65'535, [](Config& c) -> auto& { return c.http.port; },
                            "TCP port to listen on; 0: any free one, named in the log line `listening`."));
  keys.push_back(text_key("/tls/certificate_file", Type::path, true,
                          [](Config& c) -> auto& { return c.http.certificate_file; },
                          "Certificate chain in PEM form, the server's own first. Read again when it changes."));
  keys.push_back(text_key("/tls/private_key_file", Type::path, true,
                          [](Config& c) -> auto& { return c.http.private_key_file; },
                          "Private key of that certificate in PEM form, without a passphrase."));
}

void add_sign_in(std::vector<ConfigKey>& keys) {
  keys.push_back(text_key("/sign_in/keys_file", Type::path, true,
                          [](Config& c) -> auto& { return c.sign_in.keys_file; },
                          "Public keys of the identity provider (JWK set). Read again when it changes."));
  keys.push_back(text_key("/sign_in/issuer", Type::text, true, [](Config& c) -> auto& { return c.sign_in.issuer; },
                          "What the claim `iss` of a token must be."));
  keys.push_back(text_key("/sign_in/audience", Type::text, true, [](Config& c) -> auto& { return c.sign_in.audience; },
                          "What the claim `aud` of a token must name."));
  keys.push_back(number_key("/sign_in/leeway_ms", 0, 600'000, [](Config& c) -> auto& { return c.sign_in.leeway_ms; },
                            "How far the provider's clock may be off, in milliseconds."));
  keys.push_back(number_key("/sign_in/session_ms", 1'000, 86'400'000,
                            [](Config& c) -> auto& { return c.service.session_ms; },
                            "How long a session lasts before the tablet signs in again by itself, in milliseconds."));
}

void add_limits(std::vector<ConfigKey>& keys) {
  const auto add = [&](std::string name, int64_t least, int64_t most, auto place, std::string meaning) {
    keys.push_back(number_key("/limits/" + name, least, most, place, std::move(meaning)));
  };
  add("connections", 1, 1'000'000, [](Config& c) -> auto& { return c.http.connections_most; },
      "Connections at once; above it a client is told to come back in a moment.");
  add("header_bytes", 1'024, 1 << 20, [](Config& c) -> auto& { return c.http.header_bytes_most; },
      "Size of a request's head.");
  add("body_bytes", 1 << 16, 1 << 30, [](Config& c) -> auto& { return c.http.body.body_bytes_most; },
      "Size of a request's body as it travels.");
  add("plain_bytes", 1 << 16, 1 << 30, [](Config& c) -> auto& { return c.http.body.plain_bytes_most; },
      "Size of a request's body once unpacked.");
  add("memory_bytes", 1 << 20, int64_t{1} << 40, [](Config& c) -> auto& { return c.http.memory_bytes_most; },
      "Bodies of all requests under way together; above it clients are told to come back in a moment.");
  add("push_bytes", 1 << 16, 1 << 30, [](Config& c) -> auto& { return c.service.push_bytes_most; },
      "Transactions taken from one request; the tablet sends the rest in its next one.");
  add("answer_bytes", 1 << 16, 1 << 30, [](Config& c) -> auto& { return c.service.answer_bytes_most; },
      "Size of one answer before it is packed; the rest follows in the next.");
  add("handshake_ms", 1, 600'000, [](Config& c) -> auto& { return c.http.handshake_ms; },
      "Time for a TLS handshake, in milliseconds.");
  add("header_ms", 1, 600'000, [](Config& c) -> auto& { return c.http.header_ms; },
      "Time from the first byte of a request to the end of its head, in milliseconds.");
  add("idle_ms", 1, 3'600'000, [](Config& c) -> auto& { return c.http.idle_ms; },
      "How long a connection is kept without a request, in milliseconds.");
  add("stall_ms", 1, 3'600'000, [](Config& c) -> auto& { return c.http.stall_ms; },
      "How long nothing of a body may move before the connection is given up, in milliseconds.");
  add("transfer_ms", 1, 86'400'000, [](Config& c) -> auto& { return c.http.transfer_ms; },
      "How long one whole body may take, either way, in milliseconds.");
  add("park_ms", 0, 600'000, [](Config& c) -> auto& { return c.http.queue.park_ms_most; },
      "How long a tablet that waits for news is kept waiting at most, in milliseconds.");
  add("shutdown_ms", 0, 600'000, [](Config& c) -> auto& { return c.http.shutdown_ms; },
      "On a stop, how long requests under way may take before they are cut off, in milliseconds.");
}

std::vector<ConfigKey> make_keys() {
  std::vector<ConfigKey> keys;
  add_files(keys);
  add_sign_in(keys);
  add_limits(keys);
  keys.push_back(backup_key());
  keys.push_back(text_key("/log/file", Type::path, false, [](Config& c) -> auto& { return c.log_file; },
                          "File for log lines; empty: standard error."));
  keys.push_back(level_key());
  return keys;
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> keys = make_keys();
  return keys;
}

}  // namespace satchel::server::cli
