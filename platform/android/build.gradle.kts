// The AAR: the same Kotlin and C++ that the tests here run, for a device. `gradle assembleRelease` in this folder, with an
// Android SDK and NDK. The core's C libraries (SQLite, libsodium, zstd, curl, nlohmann-json) have to be there for each
// ABI: -PsatchelDependencies=DIR, with one installed tree per ABI below it, as vcpkg or Conan make them.
import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
}

android {
    namespace = "org.satchel"
    compileSdk = 36
    ndkVersion = "27.2.12479018"

    defaultConfig {
        minSdk = 26
        consumerProguardFiles("consumer-rules.pro")
        ndk { abiFilters += listOf("arm64-v8a", "armeabi-v7a", "x86_64") }
        externalNativeBuild {
            cmake {
                targets += listOf("satchel", "satchel_jni")
                arguments += listOf(
                    "-DANDROID_STL=c++_static", // the two libraries meet in C only
                    "-DSATCHEL_TESTS=OFF",
                    "-DSATCHEL_SERVER=OFF",
                    "-DSATCHEL_BENCH=OFF",
                    "-DSATCHEL_CLI=OFF",
                    "-DSATCHEL_ANDROID_DEPENDENCIES=" + (findProperty("satchelDependencies") ?: ""),
                )
            }
        }
    }
    externalNativeBuild {
        cmake {
            path = file("../../CMakeLists.txt")
            version = "3.25.0+"
        }
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin {
    explicitApi()
    compilerOptions { jvmTarget = JvmTarget.JVM_17 }
}

dependencies {
    api(libs.coroutines)
    api(libs.serialization.json)
    // Only for who subclasses SyncWorker: an app without it does not need WorkManager.
    compileOnly(libs.androidx.work)
}
