// store: satchel.h as C++ objects. Errors become Failure.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "platform/c/include/satchel.h"
#include "platform/cli/config.hpp"
#include "platform/cli/failure.hpp"

namespace satchel_cli {

inline satchel_slice slice(std::string_view text) { return {text.data(), text.size()}; }

// Throws the error as Failure and frees it; no effect on NULL.
void check(satchel_error* error);
// An owned buffer as JSON.
nlohmann::json take_json(satchel_buffer& buffer);

struct OpenWith {
  std::string path;
  std::string schema;        // JSON text; empty: the store's own
  std::string organisation, worker;
  std::string key;           // SATCHEL_KEY_BYTES of an encrypted store; empty: it is not
  bool must_exist = true;
  std::string language;      // "en", "cy"; empty: English
  bool json = false;         // notices are told as JSON too
  Config config;             // server and sign-in; not needed for work without it
};

// Something that is followed, until it is destroyed: then nobody hears of it any more.
class Live {
 public:
  explicit Live(satchel_live* handle) : handle_(handle) {}
  ~Live() { satchel_live_stop(handle_); }
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

 private:
  satchel_live* handle_;
};

class Store {
 public:
  explicit Store(const OpenWith& with);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  nlohmann::json transact(const nlohmann::json& changes);
  nlohmann::json settle(const nlohmann::json& decision);
  nlohmann::json read(const std::string& collection, const std::string& record);
  nlohmann::json query(const nlohmann::json& query);
  nlohmann::json sql(const nlohmann::json& sql);
  nlohmann::json search(const nlohmann::json& search);
  nlohmann::json scopes();
  nlohmann::json conflicts();
  nlohmann::json set_aside();
  nlohmann::json about();
  nlohmann::json status();
  nlohmann::json verify();
  void copy(const std::string& path);
  nlohmann::json sync();
  nlohmann::json sync_within(int64_t within_ms);  // how it ended and what is left
  nlohmann::json history(const std::string& collection, const std::string& record, const std::string& field);
  void keep_history(const std::string& scope, bool keep);
  void watch_start();
  void watch_stop();
  // Both on a thread of their own, one for all that is followed. After `failed` nothing more comes.
  struct Heard {
    std::function<void(const nlohmann::json&)> changed;
    std::function<void(const Failure&)> failed;
  };
  std::unique_ptr<Live> follow(const nlohmann::json& query, Heard heard);
  std::unique_ptr<Live> follow_status(Heard heard);
  std::unique_ptr<Live> follow_changes(Heard heard);
  void close();

  satchel_store* handle() const { return handle_; }

 private:
  using Ask = satchel_error* (*)(satchel_store*, satchel_buffer*);
  using AskWith = satchel_error* (*)(satchel_store*, satchel_slice, satchel_buffer*);
  nlohmann::json ask(Ask function);
  nlohmann::json ask(AskWith function, const nlohmann::json& input);
  satchel_store* handle_ = nullptr;
};

nlohmann::json rescue(const OpenWith& with);
void rekey(const OpenWith& with, const std::string& new_key);

}  // namespace satchel_cli
