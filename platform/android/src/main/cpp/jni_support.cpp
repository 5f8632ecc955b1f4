#include "platform/android/src/main/cpp/jni_support.hpp"

#include <atomic>
#include <cstring>

namespace satchel::jni {
namespace {

JavaVM* machine = nullptr;     // set once, by JNI_OnLoad
jclass native = nullptr;
jmethodID failure = nullptr;
std::atomic<jlong> held_references{0};

struct Attachment {
  bool made = false;
  ~Attachment() {
    if (made) machine->DetachCurrentThread();
  }
};

}  // namespace

JNIEnv* environment() {
  void* env = nullptr;
  if (machine->GetEnv(&env, JNI_VERSION_1_6) == JNI_OK) return static_cast<JNIEnv*>(env);
  thread_local Attachment attachment;
  char name[] = "satchel";
  JavaVMAttachArgs arguments = {JNI_VERSION_1_6, name, nullptr};
#if defined(__ANDROID__)
  JNIEnv* attached = nullptr;
  const jint result = machine->AttachCurrentThreadAsDaemon(&attached, &arguments);
#else
  void* attached = nullptr;
  const jint result = machine->AttachCurrentThreadAsDaemon(&attached, &arguments);
#endif
  if (result != JNI_OK) return nullptr;
  attachment.made = true;
  return static_cast<JNIEnv*>(attached);
}

bool remember(JavaVM* vm, JNIEnv* env) {
  machine = vm;
  const jclass local = env->FindClass("org/satchel/internal/Native");
  if (local == nullptr) return false;
  native = static_cast<jclass>(env->NewGlobalRef(local));
  env->DeleteLocalRef(local);
  if (native == nullptr) return false;
  failure = env->GetStaticMethodID(native, "failure", "(I[B[BZ)Ljava/lang/Throwable;");
  return failure != nullptr;
}

jclass native_class() { return native; }

std::string bytes(JNIEnv* env, jbyteArray array) {
  if (array == nullptr) return {};
  std::string out(static_cast<size_t>(env->GetArrayLength(array)), '\0');
  env->GetByteArrayRegion(array, 0, static_cast<jsize>(out.size()), reinterpret_cast<jbyte*>(out.data()));
  return out;
}

jbyteArray array(JNIEnv* env, satchel_slice bytes) {
  const auto size = static_cast<jsize>(bytes.size);
  const jbyteArray out = env->NewByteArray(size);
  if (out != nullptr && size > 0) {
    env->SetByteArrayRegion(out, 0, size, reinterpret_cast<const jbyte*>(bytes.data));
  }
  return out;
}

jbyteArray take(JNIEnv* env, satchel_buffer& buffer) {
  const jbyteArray out = array(env, {buffer.data, buffer.size});
  satchel_buffer_free(&buffer);
  return out;
}

jthrowable exception_of(JNIEnv* env, const satchel_error* error) {
  const jbyteArray message = array(env, satchel_text(satchel_error_message(error)));
  if (message == nullptr) return nullptr;
  const jbyteArray place = array(env, satchel_text(satchel_error_place(error)));
  if (place == nullptr) return nullptr;
  const jobject made = env->CallStaticObjectMethod(native, failure, static_cast<jint>(satchel_error_code(error)), message,
                                                   place, static_cast<jboolean>(satchel_error_retryable(error)));
  env->DeleteLocalRef(message);
  env->DeleteLocalRef(place);
  return static_cast<jthrowable>(made);
}

bool raise(JNIEnv* env, satchel_error* error) {
  if (error == nullptr) return false;
  const jthrowable exception = exception_of(env, error);
  satchel_error_free(error);
  if (exception != nullptr && !env->ExceptionCheck()) env->Throw(exception);
  if (exception != nullptr) env->DeleteLocalRef(exception);
  return true;
}

jlong live_references() { return held_references; }
void count_reference(int change) { held_references += change; }

}  // namespace satchel::jni
