// print: the library's JSON as lines that a person can read.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace satchel_cli {

// One value in one line: a code as its words, a list with commas, nothing as "-".
std::string value_text(const nlohmann::json& value);
std::string count_of(uint64_t count, const char* one, const char* many);  // "1 record", "2 records"
void print_record(const nlohmann::json& record);
void print_row(const nlohmann::json& record);  // one line of a list
void print_conflict(const nlohmann::json& conflict, bool with_record);
void print_versions(const nlohmann::json& versions);  // of one field, numbered from 1
void print_scope(const nlohmann::json& scope);
void print_refused(const nlohmann::json& set_aside);
void print_status(const nlohmann::json& status);
void print_json(const nlohmann::json& value);  // one line

// A line on stderr that is drawn over itself while something long goes on; nothing when stderr is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(const std::string& words);
  // A bar when `total` is known.
  void show(const std::string& words, uint64_t done, uint64_t total);
  void clear();

 private:
  bool on_;
  bool drawn_ = false;
};
std::string bar(uint64_t done, uint64_t total, int width);
std::string bytes_text(uint64_t bytes);

}  // namespace satchel_cli
