// What is embedded in an app has to build by NDK r26 (clang 17, its libc++, bionic of Android 8) and Xcode 15 (libc++ of
// LLVM 16, deployed to iOS 15). The compilers here know more; this list is what they know and those do not.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "tests/layers/sources.hpp"

namespace {

using satchel::layers::Source;

struct Lacking {
  std::regex what;
  const char* where;
};

Lacking name(const std::string& names, const char* where) { return {std::regex("(^|[^\\w.>])(" + names + ")\\b"), where}; }
Lacking call(const std::string& names, const char* where) {
  return {std::regex("(^|[^\\w.>])(::)?(" + names + ")\\s*\\("), where};
}
Lacking header(const std::string& names, const char* where) { return {std::regex("#include <(" + names + ")>"), where}; }

const std::vector<Lacking>& lacking() {
  static const std::vector<Lacking> all = {
      header("format|expected|print|generator|flat_map|flat_set|mdspan|stacktrace|stop_token|syncstream|spanstream",
             "the libc++ of both"),
      name("std::(format|vformat|format_to|print|println|expected|unexpected|generator|flat_map|flat_set|mdspan|"
           "move_only_function|stop_token|stop_source|jthread|osyncstream|atomic_ref|execution|bind_back|"
           "basic_stacktrace|stacktrace|out_ptr|inout_ptr)",
           "the libc++ of both"),
      name("std::(pmr|strong_order|weak_order)", "iOS 15, where it is not deployed"),
      name("std::(ranges|views)::(to|zip|enumerate|chunk|chunk_by|slide|join_with|cartesian_product|stride|adjacent|"
           "contains|starts_with|ends_with|fold_left)",
           "the libc++ of both"),
      name("std::chrono::(parse|zoned_time|locate_zone|current_zone|get_tzdb|utc_clock|tai_clock|gps_clock)",
           "the libc++ of both"),
      name("std::lexicographical_compare_three_way", "the libc++ of Xcode 15"),
      // Of a std::array it would be deleted there; with the result named it follows from == and <.
      name("auto operator<=>\\([^)]*\\) const = default", "the libc++ of Xcode 15, for arrays"),
      name("std::atomic<std::(shared_ptr|weak_ptr)<", "the libc++ of both"),
      header("execinfo\\.h|error\\.h|malloc\\.h|gnu/[a-z-]+\\.h|sys/(inotify|epoll|eventfd|timerfd|signalfd|sendfile|"
             "random|statfs|prctl|syscall)\\.h|linux/[a-z_/]+\\.h|byteswap\\.h|endian\\.h|argp\\.h|obstack\\.h",
             "iOS, and some of them bionic"),
      call("backtrace|backtrace_symbols|secure_getenv|canonicalize_file_name|get_current_dir_name|qsort_r|strerrordesc_np|"
           "strerrorname_np|malloc_trim|mallinfo|mallinfo2|fopencookie|getrandom|pthread_cancel|pthread_setaffinity_np|"
           "pthread_timedjoin_np|sched_setaffinity|memfd_create|copy_file_range|sync_file_range|renameat2|statx|pipe2|"
           "accept4|dup3|epoll_create1|timerfd_create|eventfd|inotify_init1|inotify_add_watch|fdatasync|"
           "posix_fallocate|fallocate|clock_nanosleep|sem_timedwait|mremap|tgkill|gettid|prctl|euidaccess|"
           "random_r|srandom_r|sigqueue|posix_fadvise",
           "iOS, or bionic of Android 8"),
      name("program_invocation_name|program_invocation_short_name|O_TMPFILE|MSG_NOSIGNAL|SOCK_CLOEXEC|POLLRDHUP",
           "iOS, and some of them bionic"),
  };
  return all;
}

bool embedded(const std::string& path) {
  for (const char* part : {"core/", "proto/", "sync/", "platform/c/", "platform/android/"}) {
    if (path.starts_with(part)) return true;
  }
  return false;
}

// Lines that only a system that says so compiles: in a branch of #if that asks for one (and not in its #else).
class Asked {
 public:
  bool operator()(const std::string& line) {
    static const std::regex begins(R"(^\s*#\s*if)"), other(R"(^\s*#\s*(else|elif))"), ends(R"(^\s*#\s*endif)");
    static const std::regex asks(R"(__linux__|__ANDROID__|__GLIBC__|__APPLE__)");
    if (std::regex_search(line, begins)) open_.push_back(std::regex_search(line, asks));
    else if (std::regex_search(line, other) && !open_.empty()) open_.back() = std::regex_search(line, asks);
    else if (std::regex_search(line, ends) && !open_.empty()) open_.pop_back();
    return std::find(open_.begin(), open_.end(), true) != open_.end();
  }

 private:
  std::vector<bool> open_;
};

std::vector<std::string> missing_on_phones(const Source& source) {
  std::vector<std::string> found;
  std::istringstream lines(satchel::layers::bare(source, true));
  Asked asked;
  size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (asked(line)) continue;
    for (const Lacking& each : lacking()) {
      if (std::regex_search(line, each.what)) {
        found.push_back(source.path + ":" + std::to_string(number) + " uses what is missing in " + each.where + ":" + line);
      }
    }
  }
  return found;
}

}  // namespace

TEST_CASE("what is embedded in an app uses nothing that the compilers and systems of phones lack") {
  size_t seen = 0;
  for (const auto& source : satchel::layers::sources()) {
    if (!embedded(source.path)) continue;
    ++seen;
    for (const auto& found : missing_on_phones(source)) FAIL_CHECK(found);
  }
  CHECK(seen > 100);
}

TEST_CASE("the list of what phones lack is applied to code, not to words, and not to what asks for its system") {
  const auto count = [](std::vector<std::string> lines) { return missing_on_phones({"core/x.cpp", std::move(lines)}).size(); };
  CHECK(count({"#include <format>", "auto x = std::format(\"{}\", 1);"}) == 2);
  CHECK(count({"std::expected<int, int> f();"}) == 1);
  CHECK(count({"std::jthread worker;"}) == 1);
  CHECK(count({"const int events = ::eventfd(0, 0);"}) == 1);
  CHECK(count({"#include <execinfo.h>"}) == 1);
  CHECK(count({"// std::format would do", "const char* words = \"std::format(\";"}) == 0);
  CHECK(count({"log.format(1); watch->gettid(); my_gettid();"}) == 0);
  CHECK(count({"#if defined(__linux__)", "#include <sys/eventfd.h>", "#endif", "int x;"}) == 0);
  CHECK(count({"#if defined(__linux__)", "#else", "#include <sys/eventfd.h>", "#endif"}) == 1);
}

TEST_CASE("every dependency that is looked for is a port in vcpkg.json") {
  const std::string root = SATCHEL_SOURCE_DIR;
  std::ifstream file(root + "/vcpkg.json");
  const auto manifest = nlohmann::json::parse(file);
  std::set<std::string> ports;
  const auto take = [&](const nlohmann::json& dependencies) {
    for (const auto& each : dependencies) ports.insert(each.is_string() ? each.get<std::string>() : each["name"].get<std::string>());
  };
  take(manifest["dependencies"]);
  for (const auto& feature : manifest["features"]) take(feature["dependencies"]);
  const std::map<std::string, std::string> port_of = {
      {"SQLite3", "sqlite3"}, {"CURL", "curl"}, {"nlohmann_json", "nlohmann-json"}, {"sodium", "libsodium"},
      {"zstd", "zstd"}, {"CLI11", "cli11"}, {"OpenSSL", "openssl"}, {"Boost", "boost-asio"},
      {"Protobuf", "protobuf"}, {"ZLIB", "zlib"}, {"Catch2", "catch2"}};
  // The port of SQLCipher is for Windows alone: whoever builds with it for a phone brings it (docs/EMBEDDING.md).
  const std::set<std::string> of_the_system = {"PkgConfig", "Threads", "sqlcipher"};
  const std::regex looks(R"((find_package|pkg_check_modules)\((\w+))");
  size_t found = 0;
  for (const auto& line : satchel::layers::read_lines(root + "/cmake/SatchelPackages.cmake")) {
    std::smatch match;
    if (!std::regex_search(line, match, looks) || of_the_system.contains(match[2])) continue;
    INFO(match[2] << " is looked for in cmake/SatchelPackages.cmake");
    REQUIRE(port_of.contains(match[2]));
    CHECK(ports.contains(port_of.at(match[2])));
    ++found;
  }
  CHECK(found >= port_of.size());
}
