// What happens in a world, line by line. Off, it costs a branch; on, the same seed gives the same text byte for byte.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/logger.hpp"
#include "tests/sim/timeline.hpp"

namespace satchel::sim {

class Story {
 public:
  Story(const Timeline& timeline, bool on) : timeline_(timeline), on_(on) {}
  bool on() const { return on_; }
  void line(std::string_view who, std::string_view what);
  // A readable name for an id wherever it stands in the story.
  void name(const std::string& id, const std::string& name) { names_[id] = name; }
  std::string name_of(const std::string& id) const;
  std::string text() const;

 private:
  const Timeline& timeline_;
  const bool on_;
  std::string text_;
  std::map<std::string, std::string> names_;
};

// The log lines of one machine, as part of the story. Keeps the events that are faults by themselves.
class MachineLogger final : public Logger {
 public:
  MachineLogger(Story& story, std::string who) : story_(story), who_(std::move(who)) {}
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;
  const std::string& faults() const { return faults_; }  // "check_failed ...", "digests_differ ...": never in order
  uint64_t forks() const { return forks_; }              // new replica ids taken

 private:
  Story& story_;
  const std::string who_;
  std::string faults_;
  uint64_t forks_ = 0;
};

}  // namespace satchel::sim
