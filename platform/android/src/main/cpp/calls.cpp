// The native methods of org.satchel.internal.Native: each turns its arguments, calls satchel.h, hands over the result.
#include <iterator>
#include <vector>

#include "platform/android/src/main/cpp/callbacks.hpp"

namespace satchel::jni {
namespace {

satchel_store* store_of(jlong handle) { return reinterpret_cast<satchel_store*>(handle); }

// An answer of the C interface as bytes, or its error as an exception.
template <class Call>
jbyteArray ask(JNIEnv* env, Call&& call) {
  satchel_buffer out = {};
  if (raise(env, call(&out))) return nullptr;
  return take(env, out);
}

// ---- options

enum Text { path, schema, organisation, worker, key, base_url, ca_file, proxy, language, text_count };
enum Flag : jint { must_exist = 1, grouped = 2 };

std::vector<std::string> texts_of(JNIEnv* env, jobjectArray list) {
  std::vector<std::string> out;
  const jsize count = list == nullptr ? 0 : env->GetArrayLength(list);
  for (jsize i = 0; i < count; ++i) {
    const auto one = static_cast<jbyteArray>(env->GetObjectArrayElement(list, i));
    out.push_back(bytes(env, one));
    env->DeleteLocalRef(one);
  }
  return out;
}

// Calls `work` with the options. False with an exception pending: it was not called.
template <class Work>
bool with_options(JNIEnv* env, jobjectArray texts, jobjectArray pins, jint flags, jobject callbacks, jint given, Work&& work) {
  std::vector<std::string> text = texts_of(env, texts);
  text.resize(text_count);
  const std::vector<std::string> pin_texts = texts_of(env, pins);
  std::vector<satchel_slice> pin_slices;
  for (const std::string& pin : pin_texts) pin_slices.push_back(slice(pin));
  satchel_options options = {};
  options.size = sizeof options;
  options.path = slice(text[path]);
  options.schema = slice(text[schema]);
  options.organisation = slice(text[organisation]);
  options.worker = slice(text[worker]);
  options.key = slice(text[key]);
  options.base_url = slice(text[base_url]);
  options.ca_file = slice(text[ca_file]);
  options.proxy = slice(text[proxy]);
  options.language = slice(text[language]);
  options.pins = pin_slices.data();
  options.pin_count = pin_slices.size();
  options.must_exist = (flags & must_exist) != 0;
  options.durability = (flags & grouped) != 0 ? SATCHEL_GROUPED : SATCHEL_EACH_COMMIT;
  if (!fill(env, options, callbacks, given)) return false;
  work(options);
  for (std::string& one : text) one.assign(one.size(), '\0');  // a key is among them
  return true;
}

jlong open(JNIEnv* env, jclass, jobjectArray texts, jobjectArray pins, jint flags, jobject callbacks, jint given) {
  satchel_store* store = nullptr;
  with_options(env, texts, pins, flags, callbacks, given,
               [&](const satchel_options& options) { raise(env, satchel_open(&options, &store)); });
  return reinterpret_cast<jlong>(store);
}

jbyteArray rescue(JNIEnv* env, jclass, jobjectArray texts, jint flags, jobject callbacks, jint given) {
  jbyteArray report = nullptr;
  with_options(env, texts, nullptr, flags, callbacks, given, [&](const satchel_options& options) {
    report = ask(env, [&](satchel_buffer* out) { return satchel_rescue(&options, out); });
  });
  return report;
}

void rekey(JNIEnv* env, jclass, jobjectArray texts, jbyteArray new_key, jint flags, jobject callbacks, jint given) {
  std::string key = bytes(env, new_key);
  with_options(env, texts, nullptr, flags, callbacks, given,
               [&](const satchel_options& options) { raise(env, satchel_rekey(&options, slice(key))); });
  key.assign(key.size(), '\0');
}

// ---- one store

void close(JNIEnv* env, jclass, jlong store) { raise(env, satchel_close(store_of(store))); }
void flush(JNIEnv* env, jclass, jlong store) { raise(env, satchel_flush(store_of(store))); }

jbyteArray transact(JNIEnv* env, jclass, jlong store, jbyteArray changes) {
  const std::string text = bytes(env, changes);
  return ask(env, [&](satchel_buffer* out) { return satchel_transact(store_of(store), slice(text), out); });
}

jbyteArray settle(JNIEnv* env, jclass, jlong store, jbyteArray decision) {
  const std::string text = bytes(env, decision);
  return ask(env, [&](satchel_buffer* out) { return satchel_settle(store_of(store), slice(text), out); });
}

jbyteArray read(JNIEnv* env, jclass, jlong store, jbyteArray collection, jbyteArray record) {
  const std::string name = bytes(env, collection), id = bytes(env, record);
  return ask(env, [&](satchel_buffer* out) { return satchel_read(store_of(store), slice(name), slice(id), out); });
}

jbyteArray query(JNIEnv* env, jclass, jlong store, jbyteArray query) {
  const std::string text = bytes(env, query);
  return ask(env, [&](satchel_buffer* out) { return satchel_query(store_of(store), slice(text), out); });
}

jbyteArray search(JNIEnv* env, jclass, jlong store, jbyteArray search) {
  const std::string text = bytes(env, search);
  return ask(env, [&](satchel_buffer* out) { return satchel_search(store_of(store), slice(text), out); });
}

jbyteArray sql(JNIEnv* env, jclass, jlong store, jbyteArray sql) {
  const std::string text = bytes(env, sql);
  return ask(env, [&](satchel_buffer* out) { return satchel_sql(store_of(store), slice(text), out); });
}

jbyteArray history(JNIEnv* env, jclass, jlong store, jbyteArray collection, jbyteArray record, jbyteArray field) {
  const std::string name = bytes(env, collection), id = bytes(env, record), field_name = bytes(env, field);
  return ask(env, [&](satchel_buffer* out) {
    return satchel_history(store_of(store), slice(name), slice(id), slice(field_name), out);
  });
}

template <satchel_error* (*function)(satchel_store*, satchel_buffer*)>
jbyteArray answer(JNIEnv* env, jclass, jlong store) {
  return ask(env, [&](satchel_buffer* out) { return function(store_of(store), out); });
}

void copy(JNIEnv* env, jclass, jlong store, jbyteArray path) {
  const std::string text = bytes(env, path);
  raise(env, satchel_copy(store_of(store), slice(text)));
}

void keep_history(JNIEnv* env, jclass, jlong store, jbyteArray scope, jboolean keep) {
  const std::string id = bytes(env, scope);
  raise(env, satchel_keep_history(store_of(store), slice(id), keep == JNI_TRUE));
}

// ---- sync

void sync(JNIEnv* env, jclass, jlong store, jlong id) { raise(env, satchel_sync(store_of(store), done_of(id))); }
void sync_cancel(JNIEnv* env, jclass, jlong store, jlong id) {
  raise(env, satchel_sync_cancel(store_of(store), done_of(id).context));
}
void sync_stop(JNIEnv* env, jclass, jlong store) { raise(env, satchel_sync_stop(store_of(store))); }
jbyteArray sync_wait(JNIEnv* env, jclass, jlong store, jlong timeout_ms) {
  return ask(env, [&](satchel_buffer* out) { return satchel_sync_wait(store_of(store), timeout_ms, out); });
}
jbyteArray enter_background(JNIEnv* env, jclass, jlong store, jlong within_ms) {
  return ask(env, [&](satchel_buffer* out) { return satchel_enter_background(store_of(store), within_ms, out); });
}
void sync_within(JNIEnv* env, jclass, jlong store, jlong within_ms, jlong id) {
  raise(env, satchel_sync_within(store_of(store), within_ms, done_of(id)));
}
jbyteArray sync_within_wait(JNIEnv* env, jclass, jlong store, jlong within_ms) {
  return ask(env, [&](satchel_buffer* out) { return satchel_sync_within_wait(store_of(store), within_ms, out); });
}
void watch_start(JNIEnv* env, jclass, jlong store) { raise(env, satchel_watch_start(store_of(store))); }
void watch_stop(JNIEnv* env, jclass, jlong store) { raise(env, satchel_watch_stop(store_of(store))); }
void network_changed(JNIEnv* env, jclass, jlong store, jboolean online) {
  raise(env, satchel_network_changed(store_of(store), online == JNI_TRUE));
}

// ---- what is followed. The handle that is given back is good until stop_following.

// `begin`: one of satchel_live_*, given the observer and where the handle goes.
template <class Begin>
jlong followed(JNIEnv* env, jobject follower, Begin&& begin) {
  Following* following = follow(env, follower);
  if (following == nullptr) return 0;
  const auto live = following->live;  // it may be let go of before `begin` returns
  raise(env, begin(observer_of(following), live.get()));
  return reinterpret_cast<jlong>(*live);
}

jlong follow_query(JNIEnv* env, jclass, jlong store, jbyteArray query, jobject follower) {
  const std::string text = bytes(env, query);
  return followed(env, follower, [&](satchel_live_observer observer, satchel_live** live) {
    return satchel_live_query(store_of(store), slice(text), observer, live);
  });
}

jlong follow_record(JNIEnv* env, jclass, jlong store, jbyteArray collection, jbyteArray record, jobject follower) {
  const std::string name = bytes(env, collection), id = bytes(env, record);
  return followed(env, follower, [&](satchel_live_observer observer, satchel_live** live) {
    return satchel_live_record(store_of(store), slice(name), slice(id), observer, live);
  });
}

template <satchel_error* (*function)(satchel_store*, satchel_live_observer, satchel_live**)>
jlong follow_all(JNIEnv* env, jclass, jlong store, jobject follower) {
  return followed(env, follower, [&](satchel_live_observer observer, satchel_live** live) {
    return function(store_of(store), observer, live);
  });
}

satchel_live* live_of(jlong live) { return reinterpret_cast<satchel_live*>(live); }
void resume_following(JNIEnv*, jclass, jlong live) { satchel_live_resume(live_of(live)); }
void stop_following(JNIEnv*, jclass, jlong live) { satchel_live_stop(live_of(live)); }

// ---- answers to callbacks

void token_give(JNIEnv* env, jclass, jlong request, jbyteArray jwt) {
  const std::string text = bytes(env, jwt);
  satchel_token_give(reinterpret_cast<satchel_token_request*>(request), slice(text));
}

void token_refuse(JNIEnv* env, jclass, jlong request, jint code, jbyteArray message) {
  const std::string text = bytes(env, message);
  satchel_token_refuse(reinterpret_cast<satchel_token_request*>(request), static_cast<satchel_code>(code), slice(text));
}

void http_respond(JNIEnv* env, jclass, jlong request, jint status, jobjectArray headers, jbyteArray body) {
  const std::vector<std::string> parts = texts_of(env, headers);
  std::vector<satchel_header> list;
  for (size_t i = 0; i + 1 < parts.size(); i += 2) list.push_back({slice(parts[i]), slice(parts[i + 1])});
  const std::string text = bytes(env, body);
  satchel_http_respond(reinterpret_cast<satchel_http_request*>(request), status, list.data(), list.size(), slice(text));
}

void http_fail(JNIEnv* env, jclass, jlong request, jint code, jbyteArray message) {
  const std::string text = bytes(env, message);
  satchel_http_fail(reinterpret_cast<satchel_http_request*>(request), static_cast<satchel_code>(code), slice(text));
}

void http_progress(JNIEnv*, jclass, jlong request, jlong sent, jlong to_send, jlong received, jlong to_receive) {
  satchel_http_progress(reinterpret_cast<satchel_http_request*>(request), static_cast<uint64_t>(sent),
                        static_cast<uint64_t>(to_send), static_cast<uint64_t>(received),
                        static_cast<uint64_t>(to_receive));
}

// ---- the library

jbyteArray version(JNIEnv* env, jclass) { return array(env, satchel_text(satchel_version())); }
jbyteArray code_name(JNIEnv* env, jclass, jint code) {
  return array(env, satchel_text(satchel_code_name(static_cast<satchel_code>(code))));
}
jlong reference_count(JNIEnv*, jclass) { return live_references(); }

// No exception of C++ leaves a native method: there is only one that can come, the lack of memory.
template <auto function>
struct Entry;
template <class Result, class... Arguments, Result (*function)(JNIEnv*, jclass, Arguments...)>
struct Entry<function> {
  static Result JNICALL call(JNIEnv* env, jclass type, Arguments... arguments) noexcept {
    try {
      return function(env, type, arguments...);
    } catch (...) {
      const jclass out_of_memory = env->FindClass("java/lang/OutOfMemoryError");
      if (out_of_memory != nullptr) env->ThrowNew(out_of_memory, "satchel");
      return Result();
    }
  }
};

template <auto function>
JNINativeMethod method(const char* name, const char* signature) {
  return {const_cast<char*>(name), const_cast<char*>(signature), reinterpret_cast<void*>(Entry<function>::call)};
}

bool register_methods(JNIEnv* env) {
  const JNINativeMethod list[] = {
      method<open>("open", "([[B[[BILorg/satchel/internal/Callbacks;I)J"),
      method<rescue>("rescue", "([[BILorg/satchel/internal/Callbacks;I)[B"),
      method<rekey>("rekey", "([[B[BILorg/satchel/internal/Callbacks;I)V"),
      method<close>("close", "(J)V"),
      method<flush>("flush", "(J)V"),
      method<transact>("transact", "(J[B)[B"),
      method<settle>("settle", "(J[B)[B"),
      method<read>("read", "(J[B[B)[B"),
      method<query>("query", "(J[B)[B"),
      method<search>("search", "(J[B)[B"),
      method<sql>("sql", "(J[B)[B"),
      method<history>("history", "(J[B[B[B)[B"),
      method<answer<satchel_scopes>>("scopes", "(J)[B"),
      method<answer<satchel_conflicts>>("conflicts", "(J)[B"),
      method<answer<satchel_set_aside>>("setAside", "(J)[B"),
      method<answer<satchel_about>>("about", "(J)[B"),
      method<answer<satchel_status>>("status", "(J)[B"),
      method<answer<satchel_verify>>("verify", "(J)[B"),
      method<copy>("copy", "(J[B)V"),
      method<keep_history>("keepHistory", "(J[BZ)V"),
      method<sync>("sync", "(JJ)V"),
      method<sync_cancel>("syncCancel", "(JJ)V"),
      method<sync_stop>("syncStop", "(J)V"),
      method<sync_wait>("syncWait", "(JJ)[B"),
      method<enter_background>("enterBackground", "(JJ)[B"),
      method<sync_within>("syncWithin", "(JJJ)V"),
      method<sync_within_wait>("syncWithinWait", "(JJ)[B"),
      method<watch_start>("watchStart", "(J)V"),
      method<watch_stop>("watchStop", "(J)V"),
      method<network_changed>("networkChanged", "(JZ)V"),
      method<follow_query>("followQuery", "(J[BLorg/satchel/internal/Follower;)J"),
      method<follow_record>("followRecord", "(J[B[BLorg/satchel/internal/Follower;)J"),
      method<follow_all<satchel_live_conflicts>>("followConflicts", "(JLorg/satchel/internal/Follower;)J"),
      method<follow_all<satchel_live_status>>("followStatus", "(JLorg/satchel/internal/Follower;)J"),
      method<follow_all<satchel_live_changes>>("followChanges", "(JLorg/satchel/internal/Follower;)J"),
      method<resume_following>("resumeFollowing", "(J)V"),
      method<stop_following>("stopFollowing", "(J)V"),
      method<token_give>("tokenGive", "(J[B)V"),
      method<token_refuse>("tokenRefuse", "(JI[B)V"),
      method<http_respond>("httpRespond", "(JI[[B[B)V"),
      method<http_fail>("httpFail", "(JI[B)V"),
      method<http_progress>("httpProgress", "(JJJJJ)V"),
      method<version>("version", "()[B"),
      method<code_name>("codeName", "(I)[B"),
      method<reference_count>("liveReferences", "()J"),
  };
  return env->RegisterNatives(native_class(), list, static_cast<jint>(std::size(list))) == 0;
}

}  // namespace
}  // namespace satchel::jni

extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* vm, void*) {
  void* env = nullptr;
  if (vm->GetEnv(&env, JNI_VERSION_1_6) != JNI_OK) return JNI_ERR;
  auto* jni = static_cast<JNIEnv*>(env);
  const bool ready = satchel::jni::remember(vm, jni) && satchel::jni::remember_callbacks(jni) &&
                     satchel::jni::register_methods(jni);
  return ready ? JNI_VERSION_1_6 : JNI_ERR;
}
