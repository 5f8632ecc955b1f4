// The app's callbacks: structs of satchel.h whose context is a global reference to org.satchel.internal.Callbacks.
#pragma once

#include <memory>

#include "platform/android/src/main/cpp/jni_support.hpp"

namespace satchel::jni {

// Which callbacks an app gave; the same numbers as in Native.kt.
enum Given : jint { http = 1, tokens = 2, connectivity = 4, clock = 8, logger = 16, secrets = 32 };

bool remember_callbacks(JNIEnv* env);  // JNI_OnLoad; false with an exception pending

// Fills the callback structs of `options`; each owns a reference of its own from then on, which satchel_open or
// satchel_rescue lets go of, whether it fails or not. False with an exception pending: no memory, none is owned.
bool fill(JNIEnv* env, satchel_options& options, jobject callbacks, jint given);
satchel_done done_of(jlong id);  // tells Native.synced(id, ...)

// Tells an org.satchel.internal.Follower, one thing at a time: it is paused before each. satchel_live_* gives the observer back
// by its destroy, whether it fails or not.
struct Following {
  jobject follower = nullptr;
  std::shared_ptr<satchel_live*> live = std::make_shared<satchel_live*>();  // where satchel_live_* puts the handle
};
Following* follow(JNIEnv* env, jobject follower);  // null with an exception pending: no memory
satchel_live_observer observer_of(Following* following);

}  // namespace satchel::jni
