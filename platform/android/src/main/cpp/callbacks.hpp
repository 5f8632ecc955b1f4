// The app's callbacks: structs of satchel.h whose context is a global reference to org.satchel.internal.Callbacks.
#pragma once

#include "platform/android/src/main/cpp/jni_support.hpp"

namespace satchel::jni {

// Which callbacks an app gave; the same numbers as in Native.kt.
enum Given : jint { http = 1, tokens = 2, connectivity = 4, clock = 8, logger = 16, secrets = 32 };

bool remember_callbacks(JNIEnv* env);  // JNI_OnLoad; false with an exception pending

// Fills the callback structs of `options`; each owns a reference of its own from then on, which satchel_open or
// satchel_rescue lets go of, whether it fails or not. False with an exception pending: no memory, none is owned.
bool fill(JNIEnv* env, satchel_options& options, jobject callbacks, jint given);
bool fill(JNIEnv* env, satchel_observer& observer, jobject callbacks);
satchel_done done_of(jlong id);  // tells Native.synced(id, ...)

}  // namespace satchel::jni
