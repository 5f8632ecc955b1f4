// platform/android: the JNI half of the Kotlin library, over include/satchel.h alone. Owned invariants: text crosses as
// bytes of real UTF-8, never as JNI's modified one; no exception is left pending when native code goes on; every local
// reference made in a callback is gone when it returns; every global one goes with its callback struct.
// Holds no logic: what a call means is the C header's, what an app sees is Kotlin's.
//
// This file: bytes, errors, the environment of a thread.
#pragma once

#include <jni.h>

#include <cstdint>
#include <string>

#include "platform/c/include/satchel.h"

namespace satchel::jni {

// The environment of this thread. A thread of Satchel's is attached as a daemon at its first callback and detached when
// it ends. Null: the virtual machine goes down.
JNIEnv* environment();
bool remember(JavaVM* vm, JNIEnv* env);  // JNI_OnLoad; false with an exception pending
jclass native_class();                   // org.satchel.internal.Native

// Local references made while this lives are gone afterwards. ok() false: no memory, an exception is pending.
class LocalFrame {
 public:
  LocalFrame(JNIEnv* env, jint capacity) : env_(env), ok_(env->PushLocalFrame(capacity) == 0) {}
  ~LocalFrame() {
    if (ok_) env_->PopLocalFrame(nullptr);
  }
  LocalFrame(const LocalFrame&) = delete;
  LocalFrame& operator=(const LocalFrame&) = delete;
  bool ok() const { return ok_; }

 private:
  JNIEnv* env_;
  bool ok_;
};

inline satchel_slice slice(const std::string& text) { return {text.data(), text.size()}; }

std::string bytes(JNIEnv* env, jbyteArray array);        // null: empty
jbyteArray array(JNIEnv* env, satchel_slice bytes);      // null with an exception pending: no memory
jbyteArray take(JNIEnv* env, satchel_buffer& buffer);    // frees the buffer

// Throws what `error` says as a SatchelException and frees it. False: there was none.
bool raise(JNIEnv* env, satchel_error* error);
jthrowable exception_of(JNIEnv* env, const satchel_error* error);

// How many global references callbacks hold now; for tests.
jlong live_references();
void count_reference(int change);

}  // namespace satchel::jni
