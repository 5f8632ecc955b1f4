#include "platform/android/src/main/cpp/callbacks.hpp"

#include <chrono>
#include <initializer_list>
#include <vector>

namespace satchel::jni {
namespace {

// Methods of Callbacks, Follower and Native. Set once, by JNI_OnLoad.
struct Methods {
  jmethodID wall_ms, monotonic_ms, log, token, send, cancel, online, secret_get, secret_put, secret_remove;
  jmethodID changed, failed, ended;
  jmethodID synced;
  jclass byte_array;
} methods;

jobject app(void* context) { return static_cast<jobject>(context); }

// Calls Kotlin. False: it could not be called, or an exception came out of it; that one ends here.
template <class Call>
bool call_app(Call&& call) {
  JNIEnv* env = environment();
  if (env == nullptr) return false;
  const LocalFrame frame(env, 16);
  if (frame.ok()) call(env);
  if (!env->ExceptionCheck()) return true;
  env->ExceptionClear();
  return false;
}

void destroy(void* context) {
  JNIEnv* env = environment();
  if (env == nullptr) return;  // the virtual machine goes down, and the reference with it
  env->DeleteGlobalRef(app(context));
  count_reference(-1);
}

void* keep(JNIEnv* env, jobject callbacks) {
  const jobject kept = env->NewGlobalRef(callbacks);
  if (kept != nullptr) count_reference(+1);
  return kept;
}

// ---- clock, logger, connectivity

int64_t wall_ms(void* context) {
  jlong now = 0;
  if (call_app([&](JNIEnv* env) { now = env->CallLongMethod(app(context), methods.wall_ms); })) return now;
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

int64_t monotonic_ms(void* context) {
  jlong now = 0;
  if (call_app([&](JNIEnv* env) { now = env->CallLongMethod(app(context), methods.monotonic_ms); })) return now;
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

void log(void* context, satchel_level level, satchel_slice event, satchel_slice fields) {
  call_app([&](JNIEnv* env) {
    const jbyteArray event_bytes = array(env, event);
    const jbyteArray field_bytes = event_bytes == nullptr ? nullptr : array(env, fields);
    if (field_bytes == nullptr) return;
    env->CallVoidMethod(app(context), methods.log, static_cast<jint>(level), event_bytes, field_bytes);
  });
}

bool online(void* context) {
  jboolean is = JNI_TRUE;
  const bool told = call_app([&](JNIEnv* env) { is = env->CallBooleanMethod(app(context), methods.online); });
  return !told || is == JNI_TRUE;
}

// ---- sign-in and HTTP: Kotlin owns the request once its method has returned

void request_token(void* context, satchel_token_request* request) {
  const bool taken = call_app([&](JNIEnv* env) {
    env->CallVoidMethod(app(context), methods.token, reinterpret_cast<jlong>(request));
  });
  if (!taken) satchel_token_refuse(request, SATCHEL_INTERNAL, satchel_text("The app could not be asked for a token."));
}

// Name, value, name, value. Null with an exception pending.
jobjectArray headers_of(JNIEnv* env, const satchel_http_request* request) {
  const size_t count = satchel_http_header_count(request);
  const jobjectArray out = env->NewObjectArray(static_cast<jsize>(2 * count), methods.byte_array, nullptr);
  if (out == nullptr) return nullptr;
  for (size_t i = 0; i < count; ++i) {
    const satchel_header header = satchel_http_header(request, i);
    jsize at = static_cast<jsize>(2 * i);
    for (const satchel_slice part : {header.name, header.value}) {
      const jbyteArray bytes = array(env, part);
      if (bytes == nullptr) return nullptr;
      env->SetObjectArrayElement(out, at++, bytes);
      env->DeleteLocalRef(bytes);
    }
  }
  return out;
}

void send(void* context, satchel_http_request* request) {
  const bool taken = call_app([&](JNIEnv* env) {
    const jbyteArray method = array(env, satchel_http_method(request));
    const jbyteArray path = method == nullptr ? nullptr : array(env, satchel_http_path(request));
    const jobjectArray headers = path == nullptr ? nullptr : headers_of(env, request);
    const jbyteArray body = headers == nullptr ? nullptr : array(env, satchel_http_body(request));
    if (body == nullptr) return;
    env->CallVoidMethod(app(context), methods.send, reinterpret_cast<jlong>(request),
                        static_cast<jlong>(satchel_http_id(request)), method, path, headers, body,
                        static_cast<jlong>(satchel_http_timeout_ms(request)));
  });
  if (!taken) satchel_http_fail(request, SATCHEL_INTERNAL, satchel_text("The app could not be asked to send."));
}

void cancel(void* context, uint64_t id) {
  call_app([&](JNIEnv* env) { env->CallVoidMethod(app(context), methods.cancel, static_cast<jlong>(id)); });
}

// ---- secrets: Kotlin answers with 0 or a code

int secret_get(void* context, satchel_slice name, unsigned char secret[SATCHEL_SECRET_BYTES]) {
  jint code = SATCHEL_IO;
  const bool told = call_app([&](JNIEnv* env) {
    const jbyteArray name_bytes = array(env, name);
    const jbyteArray out = name_bytes == nullptr ? nullptr : env->NewByteArray(SATCHEL_SECRET_BYTES);
    if (out == nullptr) return;
    code = env->CallIntMethod(app(context), methods.secret_get, name_bytes, out);
    if (env->ExceptionCheck() || code != 0) return;
    env->GetByteArrayRegion(out, 0, SATCHEL_SECRET_BYTES, reinterpret_cast<jbyte*>(secret));
  });
  return told ? code : SATCHEL_IO;
}

int secret_put(void* context, satchel_slice name, const unsigned char secret[SATCHEL_SECRET_BYTES]) {
  jint code = SATCHEL_IO;
  const bool told = call_app([&](JNIEnv* env) {
    const jbyteArray name_bytes = array(env, name);
    const satchel_slice bytes = {reinterpret_cast<const char*>(secret), SATCHEL_SECRET_BYTES};
    const jbyteArray secret_bytes = name_bytes == nullptr ? nullptr : array(env, bytes);
    if (secret_bytes == nullptr) return;
    code = env->CallIntMethod(app(context), methods.secret_put, name_bytes, secret_bytes);
  });
  return told ? code : SATCHEL_IO;
}

int secret_remove(void* context, satchel_slice name) {
  jint code = SATCHEL_IO;
  const bool told = call_app([&](JNIEnv* env) {
    const jbyteArray name_bytes = array(env, name);
    if (name_bytes != nullptr) code = env->CallIntMethod(app(context), methods.secret_remove, name_bytes);
  });
  return told ? code : SATCHEL_IO;
}

// ---- what a store tells

Following& following(void* context) { return *static_cast<Following*>(context); }

// A null exception: there was no memory to say more.
void tell_failed(Following& to, const satchel_error* error) {
  call_app([&](JNIEnv* env) {
    const jthrowable exception = error == nullptr ? nullptr : exception_of(env, error);
    if (env->ExceptionCheck()) env->ExceptionClear();
    env->CallVoidMethod(to.follower, methods.failed, exception);
  });
}

void changed(void* context, satchel_slice json) {
  Following& to = following(context);
  satchel_live_pause(*to.live);  // first: it may be resumed before the call returns
  const bool told = call_app([&](JNIEnv* env) {
    const jbyteArray bytes = array(env, json);
    if (bytes != nullptr) env->CallVoidMethod(to.follower, methods.changed, bytes);
  });
  if (!told) tell_failed(to, nullptr);  // a difference is lost
}

void failed(void* context, const satchel_error* error) { tell_failed(following(context), error); }

void let_go(void* context) {
  const std::unique_ptr<Following> owned(&following(context));
  call_app([&](JNIEnv* env) { env->CallVoidMethod(owned->follower, methods.ended); });
  destroy(owned->follower);
}

void synced(void* context, const satchel_error* error, satchel_slice json) {
  call_app([&](JNIEnv* env) {
    const jthrowable exception = error == nullptr ? nullptr : exception_of(env, error);
    const jbyteArray bytes = error != nullptr || env->ExceptionCheck() ? nullptr : array(env, json);
    if (env->ExceptionCheck()) env->ExceptionClear();  // no memory: told as neither
    env->CallStaticVoidMethod(native_class(), methods.synced, reinterpret_cast<jlong>(context), exception, bytes);
  });
}

}  // namespace

bool remember_callbacks(JNIEnv* env) {
  const LocalFrame frame(env, 4);
  if (!frame.ok()) return false;
  const jclass callbacks = env->FindClass("org/satchel/internal/Callbacks");
  if (callbacks == nullptr) return false;
  const jclass byte_array = env->FindClass("[B");
  if (byte_array == nullptr) return false;
  methods.byte_array = static_cast<jclass>(env->NewGlobalRef(byte_array));
  struct Wanted {
    jmethodID* method;
    const char *name, *signature;
  };
  for (const Wanted& wanted : std::initializer_list<Wanted>{
           {&methods.wall_ms, "wallMs", "()J"},
           {&methods.monotonic_ms, "monotonicMs", "()J"},
           {&methods.log, "log", "(I[B[B)V"},
           {&methods.token, "token", "(J)V"},
           {&methods.send, "send", "(JJ[B[B[[B[BJ)V"},
           {&methods.cancel, "cancel", "(J)V"},
           {&methods.online, "online", "()Z"},
           {&methods.secret_get, "secretGet", "([B[B)I"},
           {&methods.secret_put, "secretPut", "([B[B)I"},
           {&methods.secret_remove, "secretRemove", "([B)I"},
       }) {
    *wanted.method = env->GetMethodID(callbacks, wanted.name, wanted.signature);
    if (*wanted.method == nullptr) return false;
  }
  const jclass follower = env->FindClass("org/satchel/internal/Follower");
  if (follower == nullptr) return false;
  methods.changed = env->GetMethodID(follower, "changed", "([B)V");
  methods.failed = methods.changed == nullptr ? nullptr : env->GetMethodID(follower, "failed", "(Ljava/lang/Throwable;)V");
  methods.ended = methods.failed == nullptr ? nullptr : env->GetMethodID(follower, "ended", "()V");
  if (methods.ended == nullptr) return false;
  methods.synced = env->GetStaticMethodID(native_class(), "synced", "(JLjava/lang/Throwable;[B)V");
  return methods.synced != nullptr;
}

bool fill(JNIEnv* env, satchel_options& options, jobject callbacks, jint given) {
  std::vector<void*> kept;
  for (jint bit = http; bit <= secrets; bit *= 2) {
    kept.push_back((given & bit) != 0 ? keep(env, callbacks) : nullptr);
    if ((given & bit) == 0 || kept.back() != nullptr) continue;
    for (void* context : kept) {
      if (context != nullptr) destroy(context);
    }
    return false;
  }
  if (kept[0] != nullptr) options.http = {kept[0], send, cancel, destroy};
  if (kept[1] != nullptr) options.tokens = {kept[1], request_token, destroy};
  if (kept[2] != nullptr) options.connectivity = {kept[2], online, destroy};
  if (kept[3] != nullptr) options.clock = {kept[3], wall_ms, monotonic_ms, destroy};
  if (kept[4] != nullptr) options.logger = {kept[4], log, destroy};
  if (kept[5] != nullptr) options.secrets = {kept[5], secret_get, secret_put, secret_remove, destroy};
  return true;
}

Following* follow(JNIEnv* env, jobject follower) {
  auto made = std::make_unique<Following>();
  made->follower = static_cast<jobject>(keep(env, follower));
  return made->follower == nullptr ? nullptr : made.release();
}

satchel_live_observer observer_of(Following* following) { return {following, changed, failed, let_go}; }

satchel_done done_of(jlong id) { return {reinterpret_cast<void*>(id), synced, nullptr}; }

}  // namespace satchel::jni
