# The Kotlin half without Gradle: the compiler as tools/kotlin/toolchain.sh fetched it, called when a source has changed.
# Sets SATCHEL_JNI (is there a JDK and the compiler?), SATCHEL_KOTLIN_STATE (why not), SATCHEL_JAVA, and the function
# satchel_kotlin(). What is made lies in SATCHEL_KOTLIN_OUT. What tests/kotlin needs of it are global properties.
set(SATCHEL_KOTLIN_TOOLS "${PROJECT_SOURCE_DIR}/build/kotlin" CACHE PATH "Where tools/kotlin/toolchain.sh put the compiler")
set(SATCHEL_KOTLIN_OUT "${PROJECT_BINARY_DIR}/kotlin")
set(SATCHEL_JNI OFF)

if(NOT EXISTS "${SATCHEL_KOTLIN_TOOLS}/state")
  file(WRITE "${SATCHEL_KOTLIN_TOOLS}/state" "the Kotlin compiler has not been fetched: tools/kotlin/toolchain.sh build/kotlin\n")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${SATCHEL_KOTLIN_TOOLS}/state")
file(STRINGS "${SATCHEL_KOTLIN_TOOLS}/state" state)
list(GET state 0 SATCHEL_KOTLIN_STATE)
if(SATCHEL_SANITIZE)
  set(SATCHEL_KOTLIN_STATE "a Java virtual machine does not load libraries built with -fsanitize=${SATCHEL_SANITIZE}")
elseif(CMAKE_CROSSCOMPILING)
  set(SATCHEL_KOTLIN_STATE "the Java virtual machine here does not load libraries for ${CMAKE_SYSTEM_PROCESSOR}")
elseif(SATCHEL_KOTLIN_STATE STREQUAL "ready")
  list(GET state 1 java_home)
  set(SATCHEL_JNI ON)
  set(SATCHEL_JNI_INCLUDES "${java_home}/include" "${java_home}/include/linux")
  set(SATCHEL_JAVA "${java_home}/bin/java")
endif()
set_property(GLOBAL PROPERTY SATCHEL_KOTLIN_STATE "${SATCHEL_KOTLIN_STATE}")
if(NOT SATCHEL_JNI)
  return()
endif()

file(GLOB jars "${SATCHEL_KOTLIN_TOOLS}/lib/*.jar")
set(libraries ${jars})
list(FILTER libraries INCLUDE REGEX "/(kotlin-stdlib|annotations|kotlinx-)[^/]*$")
set(console ${jars})
list(FILTER console INCLUDE REGEX "/junit-platform-console-standalone[^/]*$")
list(JOIN jars ":" compiler_path)

# satchel_kotlin(name SOURCES ... [CLASSPATH jars...] [FRIEND jar] [FLAGS ...] [DEPENDS ...]): name.jar in SATCHEL_KOTLIN_OUT.
function(satchel_kotlin name)
  cmake_parse_arguments(KT "" "FRIEND" "SOURCES;CLASSPATH;FLAGS;DEPENDS" ${ARGN})
  set(jar "${SATCHEL_KOTLIN_OUT}/${name}.jar")
  list(JOIN KT_CLASSPATH ":" path)
  set(friend "")
  if(KT_FRIEND)
    set(friend "-Xfriend-paths=${KT_FRIEND}")
  endif()
  add_custom_command(OUTPUT ${jar}
    COMMAND ${SATCHEL_JAVA} -Xmx1g -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp ${compiler_path}
            org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib -no-reflect -jvm-target 17 -Werror ${KT_FLAGS} ${friend}
            -module-name ${name} -cp "${path}" -d ${jar} ${KT_SOURCES}
    DEPENDS ${KT_SOURCES} ${KT_CLASSPATH} ${KT_DEPENDS}
    COMMENT "Compiling Kotlin ${name}.jar" VERBATIM)
  add_custom_target(${name}_jar ALL DEPENDS ${jar})
endfunction()

file(GLOB_RECURSE library_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/main/kotlin/*.kt")
set(android_sources ${library_sources})
list(FILTER library_sources EXCLUDE REGEX "/org/satchel/android/")
list(FILTER android_sources INCLUDE REGEX "/org/satchel/android/")
set(library "${SATCHEL_KOTLIN_OUT}/satchel.jar")
satchel_kotlin(satchel SOURCES ${library_sources} CLASSPATH ${libraries} FLAGS -Xexplicit-api=strict)

# The one file for a device, against declarations of Android's API: it compiles, no more is known of it here.
set(android_api "${PROJECT_SOURCE_DIR}/tests/kotlin/android-api")
file(GLOB_RECURSE api_sources CONFIGURE_DEPENDS "${android_api}/*.java" "${android_api}/*.kt")
satchel_kotlin(satchel_android_check SOURCES ${android_sources} ${api_sources} CLASSPATH ${library} ${libraries}
               FLAGS -Xsuppress-version-warnings)

file(GLOB_RECURSE example_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/kotlin/*.kt")
set(examples "${SATCHEL_KOTLIN_OUT}/satchel_examples.jar")
file(GLOB_RECURSE test_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/test/kotlin/*.kt")
satchel_kotlin(satchel_examples SOURCES ${example_sources} CLASSPATH ${library} ${libraries})
# What satchel codegen writes of the domain's schema compiles, or the tests do not.
set(care "${SATCHEL_KOTLIN_OUT}/Care.kt")
add_custom_command(OUTPUT ${care}
  COMMAND satchel_cli codegen kotlin --schema "${PROJECT_SOURCE_DIR}/schema/satchel-domain.json" --package org.satchel.care
          --output "${care}"
  COMMAND ${CMAKE_COMMAND} -E touch "${care}"
  DEPENDS satchel_cli "${PROJECT_SOURCE_DIR}/schema/satchel-domain.json" VERBATIM)
satchel_kotlin(satchel_tests SOURCES ${test_sources} ${care} CLASSPATH ${library} ${examples} ${libraries} ${console}
               FRIEND ${library})
set_property(GLOBAL PROPERTY SATCHEL_KOTLIN_TEST_PATH ${SATCHEL_KOTLIN_OUT}/satchel_tests.jar ${library} ${examples}
             ${libraries} ${console})
set_property(GLOBAL PROPERTY SATCHEL_JAVA ${SATCHEL_JAVA})
