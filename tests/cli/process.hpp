// Programs run as a person would: arguments in, output and exit code out.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace test {

struct Outcome {
  int code = -1;  // 128 + n: ended by signal n
  std::string out, err;
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

using Environment = std::vector<std::pair<std::string, std::string>>;

// A program that runs beside the test; killed when it still does at the end.
class Process {
 public:
  Process(const std::string& program, const std::vector<std::string>& arguments, const Environment& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  // Reads on until `text` has come out (of either stream) behind what an earlier call waited for; false when the
  // program ended or a minute passed before.
  bool wait_for(const std::string& text);
  void signal(int number) const;
  Outcome finish();  // reads to the end
  std::string seen() const { return out_ + err_; }

 private:
  bool read_some(int timeout_ms);
  pid_t pid_ = -1;
  int out_fd_ = -1, err_fd_ = -1;
  std::string out_, err_;
  size_t out_seen_ = 0, err_seen_ = 0;
};

// The command line on one store.
class Tablet {
 public:
  explicit Tablet(std::string store) : store_(std::move(store)) {}
  std::vector<std::string> arguments(std::vector<std::string> more) const;
  Outcome run(std::vector<std::string> more, const Environment& environment = {}) const;
  Outcome json(std::vector<std::string> more) const;  // with --json; must exit with 0
  const std::string& store() const { return store_; }

 private:
  std::string store_;
};

class Folder {
 public:
  Folder();
  ~Folder();
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Papers of one's own, no scope that only the centre opens: for tests without a centre.
std::string write_schema(const Folder& folder);
Tablet make_tablet(const Folder& folder, const std::string& name = "a.db");

}  // namespace test
